//! Plans what `migrate` will do.

mod error;
mod take_back;

pub use error::PlanError;
use std::collections::BTreeSet;
pub use take_back::TakingBack;

use oxyde_sql::ddl::Step as Ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;

use crate::file::Migration;
use crate::history::{self, History, HistoryError};
use crate::impact::{self, Effect};
use crate::ledger::{Record, RecordState};
use crate::operation::{Lowered, Operation};

/// The target of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Apply all migrations.
    Latest,
    /// Reverse all migrations.
    Zero,
    /// This migration (or the beginning of its name) and its dependencies, but nothing that
    /// depends on it.
    Migration(String),
}

impl Target {
    /// Parse `None`, `zero` or a name, as the command line accepts it.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            None => Target::Latest,
            Some("zero") => Target::Zero,
            Some(name) => Target::Migration(name.to_owned()),
        }
    }
}

/// The direction in which a migration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Forward.
    Up,
    /// Backward.
    Down,
}

/// One statement or function, and the operation that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Position of the operation in the direction of the run, from 0.
    pub operation: usize,
    /// The last operation that it covers: several rebuilds of a table become one.
    pub through: usize,
    /// The statement or function.
    pub lowered: Lowered,
    /// The state before the operation, from which the models of a Python step are built.
    pub state: Option<Schema>,
    /// The index that a step outside a transaction creates or drops, quoted.
    pub index: Option<String>,
}

impl Step {
    /// Whether the step must run outside the migration's transaction.
    #[must_use]
    pub const fn is_alone(&self) -> bool {
        matches!(
            self.lowered,
            Lowered::Ddl(Ddl::Alone(_)) | Lowered::PythonByRange(..)
        )
    }
}

/// One migration of a plan.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about the run"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMigration {
    /// Its name.
    pub name: String,
    /// The checksum of its file.
    pub checksum: String,
    /// Its direction.
    pub direction: Direction,
    /// Whether it runs in one transaction, if the database supports that.
    pub atomic: bool,
    /// Descriptions of its operations, in the order of the run.
    pub descriptions: Vec<String>,
    /// The effect of each operation on other users, in the same order.
    pub effects: Vec<Option<Effect>>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether an operation changes how the rows of a table are divided over the nodes of a cluster.
    pub distributes: bool,
    /// Number of steps that an earlier, unfinished run completed.
    pub done: usize,
    /// Whether the next step was started, so that it may be complete too.
    pub begun: bool,
    /// The unfinished forward run that this takes back.
    pub taking_back: Option<TakingBack>,
    /// Whether only the ledger is written: a squash whose originals are applied.
    pub record_only: bool,
    /// Whether an existing row of the ledger is overwritten (`--fake`).
    pub recorded_anew: bool,
}

impl PlannedMigration {
    /// A migration that is only recorded in the ledger.
    #[must_use]
    pub fn recorded(migration: &Migration, direction: Direction) -> Self {
        PlannedMigration {
            recorded_anew: true,
            ..named(migration, direction)
        }
    }

    /// A checksum of the first steps: steps of an unfinished migration that have not run yet may be
    /// edited, completed ones may not.
    #[must_use]
    pub fn checksum_of(&self, steps: usize) -> String {
        let done = &self.steps[..steps.min(self.steps.len())];
        let texts: Vec<String> = done
            .iter()
            .map(|step| format!("{:?}", step.lowered))
            .collect();
        crate::file::checksum(&texts.join("\n"))
    }

    /// Whether an earlier run may have completed this step.
    #[must_use]
    pub fn may_be_done(&self, step: usize) -> bool {
        self.begun
            && match self.taking_back {
                Some(_) => self.steps[step].operation == 0,
                None => step == self.done,
            }
    }

    /// Whether one of its steps is a Python function.
    #[must_use]
    pub fn needs_python(&self) -> bool {
        self.steps
            .iter()
            .skip(self.done)
            .any(|step| step.lowered.python().is_some())
    }
}

/// The migrations to run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationPlan {
    /// In the order of the run.
    pub migrations: Vec<PlannedMigration>,
}

/// Check the ledger against the files, and return the history that applies to this database.
///
/// # Errors
/// An applied file is missing or edited, or a dependency is not applied. `edited_is_fine` skips
/// the checksums.
pub fn reconcile(
    history: &History,
    ledger: &[Record],
    edited_is_fine: bool,
) -> Result<History, PlanError> {
    let applied: BTreeSet<String> = ledger.iter().map(|record| record.name.clone()).collect();
    let resolved = history.resolve(&applied)?;
    let replaced: BTreeSet<&String> = history
        .migrations()
        .iter()
        .flat_map(|migration| &migration.replaces)
        .collect();
    for record in ledger {
        match history.get(&record.name) {
            None if replaced.contains(&record.name) => {}
            None => {
                return Err(PlanError::MissingFile {
                    name: record.name.clone(),
                });
            }
            Some(migration)
                if record.state == RecordState::Applied
                    && migration.checksum != record.checksum
                    && !edited_is_fine =>
            {
                return Err(PlanError::Edited {
                    name: record.name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    let is_applied = |name: &str| is_done(&resolved, ledger, name);
    for migration in resolved.migrations() {
        if ledger
            .iter()
            .any(|r| r.name == migration.name && r.state == RecordState::Applied)
            && let Some(missing) = migration.depends_on.iter().find(|name| !is_applied(name))
        {
            return Err(PlanError::OutOfOrder {
                name: migration.name.clone(),
                missing: missing.clone(),
            });
        }
    }
    Ok(resolved)
}

/// Whether a migration is applied, itself or through all migrations that it replaces.
#[must_use]
pub fn is_done(history: &History, ledger: &[Record], name: &str) -> bool {
    let recorded = |name: &str| {
        ledger
            .iter()
            .any(|record| record.name == name && record.state == RecordState::Applied)
    };
    recorded(name)
        || history.get(name).is_some_and(|migration| {
            !migration.replaces.is_empty() && migration.replaces.iter().all(|part| recorded(part))
        })
}

/// Plan the migrations to a target. `history` is the result of [`reconcile`].
///
/// # Errors
/// The target is unknown, an operation cannot be reversed, or the database does not support one.
pub fn plan(
    history: &History,
    ledger: &[Record],
    target: &Target,
    style: &DdlStyle,
) -> Result<MigrationPlan, PlanError> {
    history.head()?;
    let wanted: BTreeSet<String> = match target {
        Target::Latest => history
            .migrations()
            .iter()
            .map(|m| m.name.clone())
            .collect(),
        Target::Zero => BTreeSet::new(),
        Target::Migration(name) => history.ancestors(&history.find(name)?.name),
    };
    let mut migrations = to_reverse(history, ledger, &wanted, style)?;
    migrations.extend(to_apply(history, ledger, &wanted, style)?);
    Ok(MigrationPlan { migrations })
}

/// The record of a migration that was interrupted.
fn half_done<'a>(ledger: &'a [Record], name: &str) -> Option<&'a Record> {
    ledger
        .iter()
        .find(|record| record.name == name && record.state != RecordState::Applied)
}

/// All migrations that are applied, as a whole or in part, and not wanted, last first.
fn to_reverse(
    history: &History,
    ledger: &[Record],
    wanted: &BTreeSet<String>,
    style: &DdlStyle,
) -> Result<Vec<PlannedMigration>, PlanError> {
    let (mut leaving, mut state) = (Vec::new(), Schema::default());
    for migration in history.migrations() {
        let half = half_done(ledger, &migration.name);
        let is_wanted = wanted.contains(&migration.name);
        if is_wanted && half.is_some_and(|record| record.state == RecordState::Reverting) {
            return Err(PlanError::HalfReversed {
                name: migration.name.clone(),
            });
        }
        if half.is_some() || is_done(history, ledger, &migration.name) {
            if !is_wanted {
                leaving.push((migration, state.clone(), half));
            }
            history::apply(migration, &mut state)?;
        }
    }
    let mut planned = Vec::with_capacity(leaving.len());
    for (migration, before, half) in leaving.into_iter().rev() {
        planned.push(match half {
            Some(record) if record.state == RecordState::Applying => {
                take_back::take_back(migration, &before, record, style)?
            }
            _ => {
                let mut item = backwards(migration, &before, style)?;
                resume(&mut item, half)?;
                item
            }
        });
    }
    Ok(planned)
}

/// All wanted migrations that are not applied, first first.
fn to_apply(
    history: &History,
    ledger: &[Record],
    wanted: &BTreeSet<String>,
    style: &DdlStyle,
) -> Result<Vec<PlannedMigration>, PlanError> {
    let mut planned = Vec::new();
    let (mut before, mut state) = (Schema::default(), Schema::default());
    for migration in history.migrations() {
        if !wanted.contains(&migration.name) {
            continue;
        }
        if is_done(history, ledger, &migration.name) {
            if !ledger.iter().any(|record| record.name == migration.name) {
                let mut item = named(migration, Direction::Up);
                item.record_only = true;
                planned.push(item);
            }
            history::apply(migration, &mut before)?;
            history::apply(migration, &mut state)?;
            continue;
        }
        let mut item = forwards_from((&mut before, &mut state), migration, style)?;
        resume(&mut item, half_done(ledger, &migration.name))?;
        planned.push(item);
    }
    Ok(planned)
}

fn resume(item: &mut PlannedMigration, half: Option<&Record>) -> Result<(), PlanError> {
    let Some(record) = half else {
        return Ok(());
    };
    let same = record.step == 0
        || (record.step <= item.steps.len() && item.checksum_of(record.step) == record.checksum);
    if !same {
        return Err(PlanError::EditedDone {
            name: item.name.clone(),
            done: record.step,
        });
    }
    item.done = record.step;
    item.begun = record.begun;
    Ok(())
}

fn named(migration: &Migration, direction: Direction) -> PlannedMigration {
    PlannedMigration {
        name: migration.name.clone(),
        checksum: migration.checksum.clone(),
        direction,
        atomic: migration.atomic,
        descriptions: Vec::new(),
        effects: Vec::new(),
        steps: Vec::new(),
        distributes: false,
        done: 0,
        begun: false,
        taking_back: None,
        record_only: false,
        recorded_anew: false,
    }
}

/// Plan a migration forward: its steps for a database. Changes `state` to the state after it.
///
/// # Errors
/// An operation does not match the state, or the database does not support it.
pub fn forwards(
    migration: &Migration,
    state: &mut Schema,
    style: &DdlStyle,
) -> Result<PlannedMigration, PlanError> {
    forwards_from((&mut state.clone(), state), migration, style)
}

/// Both states are those before it, and then those after it.
fn forwards_from(
    (before, state): (&mut Schema, &mut Schema),
    migration: &Migration,
    style: &DdlStyle,
) -> Result<PlannedMigration, PlanError> {
    let mut item = named(migration, Direction::Up);
    for (number, operation) in migration.operations.iter().enumerate() {
        run(&mut item, operation, number, (before, state), style)?;
    }
    Ok(item)
}

/// Plan a migration backward, from the state before it.
///
/// # Errors
/// An operation cannot be reversed, or the database does not support it.
pub fn backwards(
    migration: &Migration,
    before: &Schema,
    style: &DdlStyle,
) -> Result<PlannedMigration, PlanError> {
    let mut item = named(migration, Direction::Down);
    let mut state = before.clone();
    let mut reversed = Vec::with_capacity(migration.operations.len());
    for (at, operation) in migration.operations.iter().enumerate() {
        let reverse = operation
            .reverse(&state)
            .map_err(|error| PlanError::Irreversible {
                name: migration.name.clone(),
                error: Box::new(error),
            })?;
        reversed.push(reverse);
        operation
            .apply(&mut state)
            .map_err(|error| HistoryError::operation(&migration.name, at, operation, error))?;
    }
    let mut before = state.clone();
    for (at, operation) in reversed.iter().rev().enumerate() {
        run(&mut item, operation, at, (&mut before, &mut state), style)?;
    }
    Ok(item)
}

/// Plan one operation. Both states are those before it, and then those after it: a copy of a whole
/// state for each operation would take quadratic time.
fn run(
    item: &mut PlannedMigration,
    operation: &Operation,
    at: usize,
    (before, state): (&mut Schema, &mut Schema),
    style: &DdlStyle,
) -> Result<(), PlanError> {
    let refused = |error| HistoryError::operation(&item.name, at, operation, error);
    operation.apply(state).map_err(refused)?;
    let lowered = operation
        .lower(before, state, style)
        .map_err(|error| PlanError::Lower {
            name: item.name.clone(),
            number: at + 1,
            operation: operation.describe(),
            error: Box::new(error),
        })?;
    item.descriptions.push(operation.describe());
    item.distributes |= operation.is_distribution();
    item.effects.push(impact::effect(operation, before, style));
    let index = match operation {
        Operation::AddIndex(add) => Some((&add.schema, &add.index.name)),
        Operation::DropIndex(drop) => Some((&drop.schema, &drop.name)),
        _ => None,
    };
    let index = index.map(|(schema, name)| style.qualified(schema.as_deref(), name));
    for lowered in lowered {
        if let Lowered::Ddl(Ddl::Rebuild(next)) = &lowered
            && let Some(last) = item.steps.last_mut()
            && let Lowered::Ddl(Ddl::Rebuild(before)) = &last.lowered
            && item.atomic
            && let Some(both) = before.followed_by(next)
        {
            last.lowered = Lowered::Ddl(Ddl::Rebuild(Box::new(both)));
            last.through = at;
            continue;
        }
        item.steps.push(Step {
            operation: at,
            through: at,
            state: lowered.python().map(|_| before.clone()),
            index: index.clone(),
            lowered,
        });
    }
    let refused = |error| HistoryError::operation(&item.name, at, operation, error);
    operation.apply(before).map_err(refused)?;
    Ok(())
}
