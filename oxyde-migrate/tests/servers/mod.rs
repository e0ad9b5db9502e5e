//! The four live servers, each with an empty database of its own.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use oxyde_driver::{Pool, PoolSettings};
use oxyde_migrate::executor::{self, Context, MigrateError, Options};
use oxyde_migrate::file::Migration;
use oxyde_migrate::history::History;
use oxyde_migrate::operation::Operation;
use oxyde_migrate::plan::{PlannedMigration, Target};
use oxyde_migrate::session::{Access, Session};

pub const SERVERS: [&str; 4] = ["postgres", "sqlite", "mysql", "mariadb"];

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// An empty database, dropped at the end of the test.
pub struct Database {
    pub url: String,
    pub server: &'static str,
    admin: Option<(String, String)>,
    folder: Option<tempfile::TempDir>,
}

fn admin_url(server: &str) -> String {
    let (variable, usual) = match server {
        "postgres" => (
            "OXYDE_TEST_POSTGRES_URL",
            "postgresql://postgres@127.0.0.1:5432/postgres",
        ),
        "mysql" => ("OXYDE_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3307"),
        _ => ("OXYDE_TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306"),
    };
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}

fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    format!("{scheme}://{host}/{name}")
}

impl Database {
    pub async fn create(server: &'static str) -> Self {
        if server == "sqlite" {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:///{}/app.db", folder.path().display());
            return Database {
                url,
                server,
                admin: None,
                folder: Some(folder),
            };
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("oxyde_m_{}_{number}", std::process::id());
        let url = admin_url(server);
        let admin = if server == "postgres" {
            url.clone()
        } else {
            with_database(&url, "mysql")
        };
        let quote = if server == "postgres" { '"' } else { '`' };
        run(&admin, &format!("CREATE DATABASE {quote}{name}{quote}"))
            .await
            .unwrap_or_else(|error| panic!("{server}: {error}\nstart it: scripts/services start"));
        Database {
            url: with_database(&url, &name),
            server,
            admin: Some((admin, format!("DROP DATABASE {quote}{name}{quote}"))),
            folder: None,
        }
    }

    pub async fn drop(self) {
        if let Some((admin, sql)) = &self.admin {
            let force = if self.server == "postgres" {
                " WITH (FORCE)"
            } else {
                ""
            };
            run(admin, &format!("{sql}{force}")).await.unwrap();
        }
    }

    pub async fn run(&self, sql: &str) {
        run(&self.url, sql)
            .await
            .unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.server));
    }

    pub async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let session = self.session().await;
        let rows = session
            .rows(sql)
            .await
            .unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.server));
        session.close().await;
        rows
    }

    pub async fn session(&self) -> Session {
        Session::connect(&Access::new(&self.url), Duration::from_secs(20))
            .await
            .unwrap()
    }

    pub async fn migrate(
        &self,
        history: &History,
        target: Target,
    ) -> Result<Vec<PlannedMigration>, MigrateError> {
        let options = Options {
            target,
            ..Options::default()
        };
        let context = Context {
            progress: &|_| {},
            data_steps: None,
            root: Path::new("."),
        };
        executor::migrate(&Access::new(&self.url), history, &options, &context).await
    }
}

async fn run(url: &str, sql: &str) -> Result<(), oxyde_driver::DriverError> {
    let settings = PoolSettings {
        max_connections: 1,
        ..PoolSettings::default()
    };
    let pool = Pool::connect(url, settings).await?;
    let result = pool.simple(sql).await;
    pool.close().await;
    result
}

/// A history of migrations, each depending on the previous one.
pub fn history(migrations: Vec<(&str, Vec<Operation>)>) -> History {
    let mut before: Vec<String> = Vec::new();
    let migrations = migrations.into_iter().map(|(name, operations)| {
        let migration = Migration::new(name.to_owned(), before.clone(), operations);
        before = vec![name.to_owned()];
        migration
    });
    History::new(migrations.collect()).unwrap()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .unwrap()
}
