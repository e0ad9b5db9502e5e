//! `oxyde create-database` and `oxyde drop-database`.

use std::path::{Path, PathBuf};

use oxyde_driver::{server_of, sqlite_file, with_database};
use oxyde_migrate::session::Session;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use serde_json::json;

use super::{BUSY, Project, tenants};
use crate::args::{CreateDatabase, DropDatabase};
use crate::error::CliError;
use crate::output::Look;

/// What is created or dropped.
enum Thing {
    /// A database of a server; the URL is that of another database, to which one connects.
    Database { name: String, url: String },
    /// A schema of a database of PostgreSQL.
    Schema { name: String, url: String },
    /// A file of SQLite.
    File { path: PathBuf, url: String },
}

impl Thing {
    fn find(schema: Option<&str>, project: &Project<'_>) -> Result<Self, CliError> {
        project.one_database()?;
        let mut url = project.url()?;
        let mut schema = schema;
        if tenants::has_place(&url) {
            let tenant = schema
                .take()
                .ok_or_else(|| tenants::unchosen(&project.database))?;
            url = tenants::url_of(&url, tenant)?;
        }
        let dialect = project.dialect(None)?;
        if let Some((file, _)) = sqlite_file(&url) {
            return match schema {
                None => Ok(Thing::File { path: file, url }),
                Some(_) => Err(CliError::new("SQLite has no schemas")
                    .hint("use a file for each tenant, without --schema")),
            };
        }
        let Some((server, _)) = server_of(&url)? else {
            return Err(
                CliError::new("a database in memory cannot be created or dropped")
                    .hint("name a file in the URL: sqlite:///app.db"),
            );
        };
        if dialect == Dialect::Postgres
            && let Some(schema) = schema
        {
            return Ok(Thing::Schema {
                name: schema.to_owned(),
                url,
            });
        }
        let name = schema
            .map(str::to_owned)
            .or(server.database)
            .ok_or_else(|| {
                CliError::new("the URL names no database").hint("add its name: …://host/name")
            })?;
        let url = with_database(&url, maintenance_database(dialect))?;
        Ok(Thing::Database { name, url })
    }

    fn described(&self) -> String {
        match self {
            Thing::Database { name, .. } => format!("database `{name}`"),
            Thing::Schema { name, .. } => format!("schema `{name}`"),
            Thing::File { path, .. } => format!("database `{}`", path.display()),
        }
    }

    /// The query that finds it.
    fn there(&self, style: &DdlStyle) -> String {
        let (catalogue, name) = match (self, style.dialect) {
            (Thing::Schema { name, .. }, _) => ("pg_namespace WHERE nspname", name.as_str()),
            (Thing::Database { name, .. }, Dialect::Postgres) => {
                ("pg_database WHERE datname", name.as_str())
            }
            (Thing::Database { name, .. }, _) => (
                "information_schema.schemata WHERE schema_name",
                name.as_str(),
            ),
            (Thing::File { .. }, _) => return "SELECT 1".to_owned(),
        };
        format!("SELECT 1 FROM {catalogue} = {}", style.literal(name))
    }
}

/// The database to connect to for work on others; `None` means none.
pub(super) fn maintenance_database(dialect: Dialect) -> Option<&'static str> {
    (dialect == Dialect::Postgres).then_some("postgres")
}

pub(super) fn create(args: &CreateDatabase, project: &Project<'_>) -> Result<i32, CliError> {
    let thing = Thing::find(args.schema.as_deref(), project)?;
    let is_new = match &thing {
        Thing::File { path, url } => {
            let is_new = !path.exists();
            let access = project.access_of(url);
            project.block_on(async {
                Session::connect(&access, BUSY).await?.close().await;
                Ok(())
            })?;
            is_new
        }
        Thing::Database { name, url } => on_server(&thing, url, project, false, |style| {
            format!("CREATE DATABASE {}", style.quoted(name))
        })?,
        Thing::Schema { name, url } => on_server(&thing, url, project, false, |style| {
            format!("CREATE SCHEMA {}", style.quoted(name))
        })?,
    };
    report(&thing, project, if is_new { "created" } else { "exists" });
    Ok(crate::DONE)
}

pub(super) fn drop(args: &DropDatabase, project: &Project<'_>) -> Result<i32, CliError> {
    let thing = Thing::find(args.schema.as_deref(), project)?;
    if !args.yes {
        confirm(&thing, project)?;
    }
    let was_there = match &thing {
        Thing::File { path, .. } => remove(path)?,
        Thing::Database { name, url } => on_server(&thing, url, project, true, |style| {
            format!("DROP DATABASE {}", style.quoted(name))
        })?,
        Thing::Schema { name, url } => on_server(&thing, url, project, true, |style| {
            format!("DROP SCHEMA {} CASCADE", style.quoted(name))
        })?,
    };
    report(
        &thing,
        project,
        if was_there { "dropped" } else { "missing" },
    );
    Ok(crate::DONE)
}

/// Run a statement if the thing is there, or is not; returns whether it was run.
fn on_server(
    thing: &Thing,
    url: &str,
    project: &Project<'_>,
    expected: bool,
    statement: impl Fn(&DdlStyle) -> String,
) -> Result<bool, CliError> {
    let access = project.access_of(url);
    project.block_on(async {
        let session = Session::connect(&access, BUSY).await?;
        let style = session.style();
        let result = async {
            let exists = session.scalar(&thing.there(style)).await?.is_some();
            if exists == expected {
                session.run(&statement(style)).await?;
            }
            Ok(exists == expected)
        }
        .await;
        session.close().await;
        result
    })
}

fn confirm(thing: &Thing, project: &Project<'_>) -> Result<(), CliError> {
    let what = thing.described();
    let answer = project
        .output
        .host
        .ask(&format!("Drop the {what} with all its data? [y/N] "));
    match answer.as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        Some(_) => {
            Err(CliError::new(format!("the {what} was not dropped")).hint("answer y to drop it"))
        }
        None => Err(
            CliError::new(format!("dropping the {what} needs an answer"))
                .hint("pass --yes to drop it without the question"),
        ),
    }
}

/// Remove the file of SQLite and those beside it; returns whether there was one.
fn remove(file: &Path) -> Result<bool, CliError> {
    let mut was_there = false;
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Ok(()) => was_there |= ending.is_empty(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(
                    CliError::new(format!("cannot remove {}: {error}", name.display()))
                        .hint("check the folder and its permissions"),
                );
            }
        }
    }
    Ok(was_there)
}

fn report(thing: &Thing, project: &Project<'_>, state: &str) {
    let (output, what) = (project.output, thing.described());
    if output.is_json() {
        let name = match thing {
            Thing::Database { name, .. } | Thing::Schema { name, .. } => name.clone(),
            Thing::File { path, .. } => path.display().to_string(),
        };
        output.answer(&json!({ "name": name, "state": state }));
        return;
    }
    match state {
        "exists" => output.line(&format!("the {what} exists already")),
        "missing" => output.line(&format!("there is no {what}")),
        done => output.line(&format!("{} the {what}", output.paint(Look::Good, done))),
    }
}
