//! The databases of a command that works on several: those of the configuration, or the schemas of
//! tenants.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use oxyde_migrate::session::Access;

use super::{Project, runtime};
use crate::args::Targets;
use crate::error::CliError;

/// A database, or one schema of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The database's name in the configuration.
    pub(super) database: String,
    /// The tenant's schema.
    pub(super) schema: Option<String>,
}

impl Target {
    /// Its name in messages.
    pub(super) fn label(&self) -> &str {
        self.schema.as_deref().unwrap_or(&self.database)
    }

    /// Return how to reach it.
    pub(super) fn access(&self, project: &Project<'_>) -> Result<Access, CliError> {
        Ok(Access {
            schema: self.schema.clone(),
            ..project.of(&self.database).access()?
        })
    }

    /// Its fields of an answer.
    pub(super) fn described(&self) -> serde_json::Value {
        serde_json::json!({ "database": self.database, "schema": self.schema })
    }
}

/// Return the databases that the flags ask for.
pub(super) fn resolve(args: &Targets, project: &Project<'_>) -> Result<Vec<Target>, CliError> {
    let names: Vec<String> = if args.all {
        let names = project.config.databases();
        names.into_iter().map(str::to_owned).collect()
    } else {
        project.global.database.clone()
    };
    if names.is_empty() {
        return Err(CliError::new("no databases are configured")
            .hint("write [databases] in the configuration, or omit --all"));
    }
    let mut targets = Vec::new();
    for database in names {
        if args.schema.is_empty() && args.schemas_from.is_none() {
            targets.push(Target {
                database,
                schema: None,
            });
            continue;
        }
        let mut schemas = args.schema.clone();
        if let Some(sql) = &args.schemas_from {
            schemas.extend(listed(&project.of(&database), sql)?);
        }
        for schema in schemas {
            let target = Target {
                database: database.clone(),
                schema: Some(schema),
            };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

/// Return the first column of a query.
fn listed(project: &Project<'_>, sql: &str) -> Result<Vec<String>, CliError> {
    let access = project.access()?;
    let rows = project.block_on(async {
        let session =
            oxyde_migrate::session::Session::connect_to_read(&access, super::BUSY).await?;
        let rows = session.rows(sql).await;
        session.close().await;
        rows.map_err(|error| {
            CliError::new(format!("--schemas-from: {error}"))
                .hint("pass a query whose first column lists the schemas of the tenants")
        })
    })?;
    let names: Vec<String> = rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect();
    Ok(names)
}

/// Do something for each database, `jobs` at a time, and return the results in the same order. A
/// failure does not stop the others; a signal does.
pub(super) fn each<T: Send>(
    targets: &[Target],
    jobs: u16,
    project: &Project<'_>,
    work: impl AsyncFn(&Target) -> Result<T, CliError> + Sync,
) -> Result<Vec<Result<T, CliError>>, CliError> {
    let runtime = runtime()?;
    let interrupt = project.output.host.interrupt();
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..targets.len()).collect());
    let results: Mutex<Vec<Option<Result<T, CliError>>>> =
        Mutex::new(targets.iter().map(|_| None).collect());
    interrupt.during(|| {
        std::thread::scope(|scope| {
            for _ in 0..usize::from(jobs).min(targets.len()) {
                scope.spawn(|| {
                    while let Some(at) = locked(&waiting).pop_front() {
                        let result = if interrupt.signal().is_some() {
                            Err(CliError::new("was not started"))
                        } else {
                            runtime.block_on(work(&targets[at]))
                        };
                        locked(&results)[at] = Some(result);
                    }
                });
            }
        });
    });
    runtime.shutdown_background();
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.into_iter().flatten().collect())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
