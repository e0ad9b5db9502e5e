//! Runs a plan. Only one migrator runs at a time, and the next run completes an unfinished one.

mod cluster;
mod error;
mod lock;
mod ranges;
mod rebuild;
mod redefine;
mod run;
mod values;

use std::path::Path;
use std::time::Duration;

pub use error::{FailedStep, LostValues, MigrateError, Outcome};
use oxyde_driver::Transaction;
use oxyde_sql::schema::Schema;

use crate::history::History;
use crate::ledger;
use crate::plan::{self, Direction, MigrationPlan, PlannedMigration, Target};
use crate::server::{self, Limits};
use crate::session::{Access, Session};
use lock::Lock;

/// Options of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The target.
    pub target: Target,
    /// Only write the ledger.
    pub fake: bool,
    /// Maximum wait for another migrator, and for the locks of each statement.
    pub lock_timeout: Duration,
    /// Maximum duration of a statement.
    pub statement_timeout: Option<Duration>,
    /// Whether a migration is refused that is older, by its name, than an applied one.
    pub refuses_late: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: Target::Latest,
            fake: false,
            lock_timeout: Duration::from_mins(1),
            statement_timeout: None,
            refuses_late: false,
        }
    }
}

/// Progress events of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Waiting for another migrator.
    Waiting,
    /// Another migrator has ended without giving its lease back, and this one goes on.
    TookOver,
    /// A migration will be applied that is older, by its name, than an applied one.
    Late {
        /// The migration.
        item: &'a PlannedMigration,
        /// The newest applied one.
        after: &'a str,
    },
    /// A migration starts.
    Started {
        /// The migration.
        item: &'a PlannedMigration,
    },
    /// A statement starts, in a migration that does not run in one transaction.
    Step {
        /// The migration.
        item: &'a PlannedMigration,
        /// Its position, from 1.
        number: usize,
    },
    /// A range of keys of a step is complete.
    Range {
        /// The migration.
        item: &'a PlannedMigration,
        /// The number of rows of the step so far, in this run.
        rows: u64,
    },
    /// A migration is complete.
    Finished {
        /// The migration.
        item: &'a PlannedMigration,
        /// Its duration.
        took: Duration,
        /// Whether only the ledger was written.
        fake: bool,
    },
    /// Another migrator applied it in the meantime.
    Skipped {
        /// The migration.
        item: &'a PlannedMigration,
    },
}

/// A call of a function of `run_python`.
#[derive(Clone, Copy, Debug)]
pub struct DataStep<'a> {
    /// `module:function`.
    pub function: &'a str,
    /// The state at this point of the history, from which the models are built.
    pub schema: Option<&'a Schema>,
    /// The rows that the call is about, if the function runs for ranges of keys.
    pub range: Option<&'a KeyRange>,
    /// The project folder.
    pub root: &'a Path,
}

/// A range of keys of a table. The keys are JSON: an integer, or a string (also of a UUID).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The table, with its schema as prefix, if it has one.
    pub table: String,
    /// The column of the key.
    pub column: String,
    /// The first key.
    pub first: String,
    /// The last key.
    pub last: String,
}

/// Runs the functions of `run_python`.
pub trait DataSteps: Sync {
    /// Run a function inside the transaction.
    ///
    /// # Errors
    /// The function does not exist or raises; the error is its message.
    fn run(&self, step: &DataStep<'_>, transaction: Transaction) -> Result<(), String>;
}

/// The context of a run.
pub struct Context<'a> {
    /// Receives the events.
    pub progress: &'a (dyn Fn(Event<'_>) + Sync),
    /// Runs the functions of `run_python`, if Python is available.
    pub data_steps: Option<&'a dyn DataSteps>,
    /// The project folder.
    pub root: &'a Path,
}

/// Nobody watches, and there is no Python: for a program with migrations of its own.
impl Default for Context<'_> {
    fn default() -> Self {
        Context {
            progress: &|_| (),
            data_steps: None,
            root: Path::new("."),
        }
    }
}

/// Return what `migrate` would do, without doing it.
///
/// # Errors
/// The connection is lost, or planning fails.
pub async fn preview(
    session: &Session,
    history: &History,
    target: &Target,
) -> Result<MigrationPlan, MigrateError> {
    let records = ledger::read(session).await?;
    let resolved = plan::reconcile(history, &records, false)?;
    Ok(plan::plan(&resolved, &records, target, session.style())?)
}

/// Migrate the database to the target. Returns the migrations that were run.
///
/// # Errors
/// The database cannot be reached, another migrator does not finish, planning fails, or a step
/// fails; the message says which steps were applied.
pub async fn migrate(
    access: &Access,
    history: &History,
    options: &Options,
    context: &Context<'_>,
) -> Result<Vec<PlannedMigration>, MigrateError> {
    let mut session = Session::connect(access, options.lock_timeout).await?;
    let result = match Lock::acquire(&mut session, access, options, context).await {
        Ok(lock) => {
            let result = limited(&session, history, options, context).await;
            lock.release(&session.to_clean_up()).await;
            result
        }
        Err(error) => Err(error),
    };
    session.close().await;
    result
}

async fn limited(
    session: &Session,
    history: &History,
    options: &Options,
    context: &Context<'_>,
) -> Result<Vec<PlannedMigration>, MigrateError> {
    let limits = Limits {
        lock: options.lock_timeout,
        statement: options.statement_timeout,
    };
    server::of(session.style()).limit(session, limits).await?;
    planned(session, history, options, context).await
}

async fn planned(
    session: &Session,
    history: &History,
    options: &Options,
    context: &Context<'_>,
) -> Result<Vec<PlannedMigration>, MigrateError> {
    let style = session.style();
    let records = ledger::read(session).await?;
    let resolved = plan::reconcile(history, &records, options.fake)?;
    let planned = if options.fake {
        fake_plan(&resolved, &records, &options.target)?
    } else {
        plan::plan(&resolved, &records, &options.target, style)?
    };
    if planned.migrations.is_empty() {
        return Ok(Vec::new());
    }
    late(&planned, &records, options, context)?;
    if context.data_steps.is_none()
        && let Some(item) = planned.migrations.iter().find(|item| item.needs_python())
    {
        return Err(MigrateError::NoPython {
            migration: item.name.clone(),
        });
    }
    cluster::check(session, &planned).await?;
    session.run(&session.ledger().create()).await?;
    let mut done = Vec::with_capacity(planned.migrations.len());
    for item in planned.migrations {
        if !Lock::is_held(session).await? {
            return Err(MigrateError::LockLost {
                migration: item.name,
            });
        }
        if run::migration(session, &item, options.fake, context).await? {
            done.push(item);
        }
    }
    Ok(done)
}

/// Report the planned migrations that are older, by their names, than an applied one, or refuse them.
fn late(
    planned: &MigrationPlan,
    records: &[ledger::Record],
    options: &Options,
    context: &Context<'_>,
) -> Result<(), MigrateError> {
    let Some(newest) = records.iter().map(|record| record.name.as_str()).max() else {
        return Ok(());
    };
    let is_late = |item: &&PlannedMigration| {
        item.direction == Direction::Up
            && item.name.as_str() < newest
            && !records.iter().any(|record| record.name == item.name)
            && !item.record_only
    };
    for item in planned.migrations.iter().filter(is_late) {
        if options.refuses_late && !options.fake {
            return Err(MigrateError::Late {
                migration: item.name.clone(),
                after: newest.to_owned(),
            });
        }
        (context.progress)(Event::Late {
            item,
            after: newest,
        });
    }
    Ok(())
}

/// Without running anything: which migrations are recorded and which are removed from the
/// ledger. A target whose file was edited is recorded again.
fn fake_plan(
    history: &History,
    records: &[ledger::Record],
    target: &Target,
) -> Result<MigrationPlan, MigrateError> {
    let wanted = match target {
        Target::Latest => history
            .migrations()
            .iter()
            .map(|m| m.name.clone())
            .collect(),
        Target::Zero => std::collections::BTreeSet::new(),
        Target::Migration(name) => {
            history.ancestors(&history.find(name).map_err(plan::PlanError::from)?.name)
        }
    };
    let mut planned = MigrationPlan::default();
    for migration in history.migrations().iter().rev() {
        if !wanted.contains(&migration.name) && records.iter().any(|r| r.name == migration.name) {
            planned
                .migrations
                .push(PlannedMigration::recorded(migration, Direction::Down));
        }
    }
    for migration in history.migrations() {
        let is_same = |record: &&ledger::Record| {
            record.name == migration.name
                && record.checksum == migration.checksum
                && record.state == ledger::RecordState::Applied
        };
        if wanted.contains(&migration.name) && !records.iter().any(|r| is_same(&r)) {
            planned
                .migrations
                .push(PlannedMigration::recorded(migration, Direction::Up));
        }
    }
    Ok(planned)
}
