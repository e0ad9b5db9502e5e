//! The databases of a command that works on several: those of the configuration, or the schemas of
//! tenants.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use oxyde_migrate::history::History;
use oxyde_migrate::session::Access;

use super::{Project, runtime, tenants};
use crate::args::Targets;
use crate::error::CliError;

/// A database, or that of one tenant, or its schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    /// The database's name in the configuration.
    pub(super) database: String,
    /// The tenant: its schema, or what stands for `{tenant}` in the URL.
    pub(super) tenant: Option<String>,
}

impl Target {
    /// Its name in messages.
    pub(super) fn label(&self) -> &str {
        self.tenant.as_deref().unwrap_or(&self.database)
    }

    /// Return how to reach it.
    pub(super) fn access(&self, project: &Project<'_>) -> Result<Access, CliError> {
        let project = project.of(&self.database);
        let url = project.url()?;
        match &self.tenant {
            Some(tenant) if tenants::has_place(&url) => {
                Ok(project.access_of(&tenants::url_of(&url, tenant)?))
            }
            tenant => Ok(Access {
                schema: tenant.clone(),
                ..project.access()?
            }),
        }
    }

    /// Its fields of an answer.
    pub(super) fn described(&self) -> serde_json::Value {
        serde_json::json!({ "database": self.database, "schema": self.tenant })
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
        if args.schema.is_empty() && !args.are_listed() {
            targets.push(Target {
                database,
                tenant: None,
            });
            continue;
        }
        let mut found = args.schema.clone();
        if let Some(sql) = &args.schemas_from {
            found.extend(listed(&project.of(&database), sql)?);
        }
        if let Some(pattern) = &args.each {
            found.extend(tenants::matching(&project.of(&database), pattern)?);
        }
        targets.extend(found.into_iter().map(|tenant| Target {
            database: database.clone(),
            tenant: Some(tenant),
        }));
    }
    let mut known = HashSet::new();
    targets.retain(|target| known.insert(target.clone()));
    Ok(targets)
}

/// Read the migrations of each database once, whatever the number of its tenants.
pub(super) fn histories(
    targets: &[Target],
    project: &Project<'_>,
) -> Result<BTreeMap<String, History>, CliError> {
    let mut histories = BTreeMap::new();
    for target in targets {
        if !histories.contains_key(&target.database) {
            let history = project.of(&target.database).existing_history()?;
            histories.insert(target.database.clone(), history);
        }
    }
    Ok(histories)
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
