//! The databases that the tests run on.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use oxyde_driver::{Pool, PoolSettings};
use oxyde_sql::types::ColumnType;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// One of the four servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
}

impl Server {
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Mysql, Self::Mariadb, Self::Sqlite];

    /// The URL without a database.
    pub fn url(self) -> String {
        let (variable, default) = match self {
            Self::Postgres => (
                "OXYDE_TEST_POSTGRES_URL",
                "postgresql://postgres@127.0.0.1:5432",
            ),
            Self::Mysql => ("OXYDE_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3307"),
            Self::Mariadb => ("OXYDE_TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306"),
            Self::Sqlite => return "sqlite://".to_owned(),
        };
        std::env::var(variable).unwrap_or_else(|_| default.to_owned())
    }

    async fn administrator(self) -> Pool {
        let base = self.url();
        let url = if self == Self::Postgres {
            format!("{}/postgres", base.trim_end_matches('/'))
        } else {
            base
        };
        let settings = PoolSettings {
            max_connections: 1,
            ..PoolSettings::default()
        };
        Pool::connect(&url, settings)
            .await
            .unwrap_or_else(|problem| {
                panic!(
                    "{self:?} does not answer ({problem}); start it with: scripts/services start"
                )
            })
    }
}

/// A database for one test.
pub struct Database {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    pub async fn pool(&self, settings: PoolSettings) -> Pool {
        Pool::connect(&self.url, settings).await.unwrap()
    }
}

/// Runs a test on a database of its own.
pub async fn with_database<F: Future<Output = ()>>(
    server: Server,
    test: impl FnOnce(Database) -> F,
) {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("oxyde_drv_{}_{number}", std::process::id());
    if server == Server::Sqlite {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:///{}", folder.path().join("test.db").display());
        test(Database {
            url,
            _folder: Some(folder),
        })
        .await;
        return;
    }
    let administrator = server.administrator().await;
    run(&administrator, &format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", server.url().trim_end_matches('/'));
    let database = Database { url, _folder: None };
    let outcome =
        futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(test(database))).await;
    let drop = if server == Server::Postgres {
        format!("DROP DATABASE {name} WITH (FORCE)")
    } else {
        format!("DROP DATABASE {name}")
    };
    run(&administrator, &drop).await;
    administrator.close().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs SQL of which only the effect matters.
pub async fn run(pool: &Pool, sql: &str) {
    pool.script_plain(&[sql.to_owned()])
        .await
        .unwrap_or_else(|problem| panic!("{sql}: {problem}"));
}

/// Create a table of columns with these types.
pub async fn create(pool: &Pool, table: &str, columns: &[(&str, ColumnType)]) {
    let definitions: Vec<String> = columns
        .iter()
        .map(|(name, ty)| format!("{name} {}", ty.storage(pool.dialect(), false)))
        .collect();
    run(
        pool,
        &format!("CREATE TABLE {table} ({})", definitions.join(", ")),
    )
    .await;
}

/// One test per server.
macro_rules! on_each_server {
    ($($name:ident: $test:ident on $server:ident;)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $test($crate::server::Server::$server).await;
        })+
    };
}

pub(crate) use on_each_server;
