//! What `migrate` will do, before anything is done.

mod error;

pub use error::PlanError;
use std::collections::BTreeSet;

use oxyde_sql::ddl::Step as Ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;

use crate::file::Migration;
use crate::history::{self, History, HistoryError};
use crate::ledger::{Record, RecordState};
use crate::operation::{Lowered, Operation};

/// How far to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything.
    Latest,
    /// Nothing: take all back.
    Zero,
    /// This migration (or the beginning of its name) and what it depends on, and nothing that
    /// depends on it.
    Migration(String),
}

impl Target {
    /// `None`, `zero` or a name, as the command takes it.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            None => Target::Latest,
            Some("zero") => Target::Zero,
            Some(name) => Target::Migration(name.to_owned()),
        }
    }
}

/// The way a migration is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Forwards.
    Up,
    /// Backwards.
    Down,
}

/// One statement or function, and the operation that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Place of the operation in the direction of the run, from 0.
    pub operation: usize,
    /// The last operation that it stands for: several rebuilds of a table are one.
    pub through: usize,
    /// What is run.
    pub lowered: Lowered,
    /// The state that the operation starts from: what a Python step's models look like.
    pub state: Option<Schema>,
    /// The index that a step outside a transaction makes or drops, in quotes.
    pub index: Option<String>,
}

impl Step {
    /// Whether the step must run outside a transaction.
    #[must_use]
    pub const fn is_alone(&self) -> bool {
        matches!(self.lowered, Lowered::Ddl(Ddl::Alone(_)))
    }
}

/// One migration of a plan.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the run"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMigration {
    /// Its name.
    pub name: String,
    /// Its file's checksum.
    pub checksum: String,
    /// Forwards or backwards.
    pub direction: Direction,
    /// Whether it is one transaction, where the database can do that.
    pub atomic: bool,
    /// What its operations do, in the order of the run.
    pub descriptions: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Steps done by an earlier run that did not come to its end.
    pub done: usize,
    /// Whether the step after those was begun, so that it may be done too.
    pub begun: bool,
    /// Whether only the ledger is written: a squash whose parts are applied.
    pub record_only: bool,
    /// Whether a row that is there already is written anew (`--fake`).
    pub recorded_anew: bool,
}

impl PlannedMigration {
    /// A migration of which only the ledger is told.
    #[must_use]
    pub fn recorded(migration: &Migration, direction: Direction) -> Self {
        PlannedMigration {
            recorded_anew: true,
            ..named(migration, direction)
        }
    }

    /// A checksum of the first steps: an unfinished migration may be corrected where it has not
    /// run yet, not where it has.
    #[must_use]
    pub fn checksum_of(&self, steps: usize) -> String {
        let done = &self.steps[..steps.min(self.steps.len())];
        let texts: Vec<String> = done
            .iter()
            .map(|step| format!("{:?}", step.lowered))
            .collect();
        crate::file::checksum(&texts.join("\n"))
    }

    /// Whether one of its steps is a Python function.
    #[must_use]
    pub fn needs_python(&self) -> bool {
        self.steps
            .iter()
            .skip(self.done)
            .any(|s| matches!(s.lowered, Lowered::Python(_)))
    }
}

/// The migrations to run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationPlan {
    /// In the order of the run.
    pub migrations: Vec<PlannedMigration>,
}

/// Check the ledger against the files, and find the history that counts here.
///
/// # Errors
/// An applied file is missing or edited, or an order was broken. `edited_is_fine` leaves the
/// checksums alone.
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

/// Whether a migration is applied, by itself or by all that it replaces.
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

/// Plan the way to a target. `history` is what [`reconcile`] found.
///
/// # Errors
/// The target is unknown, something cannot be reversed, or the database cannot do it.
pub fn plan(
    history: &History,
    ledger: &[Record],
    target: &Target,
    style: &DdlStyle,
) -> Result<MigrationPlan, PlanError> {
    history.head()?;
    let done = |name: &str| is_done(history, ledger, name);
    let wanted: BTreeSet<String> = match target {
        Target::Latest => history
            .migrations()
            .iter()
            .map(|m| m.name.clone())
            .collect(),
        Target::Zero => BTreeSet::new(),
        Target::Migration(name) => history.ancestors(&history.find(name)?.name),
    };
    let half = |name: &str| {
        ledger
            .iter()
            .find(|record| record.name == name && record.state != RecordState::Applied)
    };
    let mut planned = MigrationPlan::default();
    // Backwards, last first: all that is applied and not wanted.
    let (mut states, mut state) = (Vec::new(), Schema::default());
    for migration in history.migrations() {
        states.push(state.clone());
        if done(&migration.name) || half(&migration.name).is_some() {
            history::apply(migration, &mut state)?;
        }
    }
    for (at, migration) in history.migrations().iter().enumerate().rev() {
        let half = half(&migration.name);
        let reverting = half.is_some_and(|record| record.state == RecordState::Reverting);
        if reverting && wanted.contains(&migration.name) {
            return Err(PlanError::Half {
                name: migration.name.clone(),
                done: "reversed",
            });
        }
        if half.is_some_and(|record| record.state == RecordState::Applying)
            && !wanted.contains(&migration.name)
        {
            return Err(PlanError::Half {
                name: migration.name.clone(),
                done: "applied",
            });
        }
        if wanted.contains(&migration.name) || !(done(&migration.name) || reverting) {
            continue;
        }
        let mut item = backwards(migration, &states[at], style)?;
        resume(&mut item, half)?;
        planned.migrations.push(item);
    }
    // Forwards: all that is wanted and not applied.
    let mut state = Schema::default();
    for migration in history.migrations() {
        let is_wanted = wanted.contains(&migration.name);
        if !is_wanted {
            continue;
        }
        if done(&migration.name) {
            if !ledger.iter().any(|record| record.name == migration.name) {
                let mut item = named(migration, Direction::Up);
                item.record_only = true;
                planned.migrations.push(item);
            }
            history::apply(migration, &mut state)?;
            continue;
        }
        let mut item = forwards(migration, &mut state, style)?;
        resume(&mut item, half(&migration.name))?;
        planned.migrations.push(item);
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
        steps: Vec::new(),
        done: 0,
        begun: false,
        record_only: false,
        recorded_anew: false,
    }
}

/// A migration forwards: the steps for a database; `state` is changed to the state after it.
///
/// # Errors
/// An operation does not fit, or the database cannot do it.
pub fn forwards(
    migration: &Migration,
    state: &mut Schema,
    style: &DdlStyle,
) -> Result<PlannedMigration, PlanError> {
    let mut item = named(migration, Direction::Up);
    for (number, operation) in migration.operations.iter().enumerate() {
        run(&mut item, operation, number, state, style)?;
    }
    Ok(item)
}

/// A migration backwards, from the state before it.
///
/// # Errors
/// An operation cannot be reversed, or the database cannot do it.
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
            .map_err(|error| HistoryError::Operation {
                migration: migration.name.clone(),
                number: at + 1,
                operation: operation.describe(),
                error: Box::new(error),
            })?;
    }
    for (at, operation) in reversed.iter().rev().enumerate() {
        run(&mut item, operation, at, &mut state, style)?;
    }
    Ok(item)
}

fn run(
    item: &mut PlannedMigration,
    operation: &Operation,
    at: usize,
    state: &mut Schema,
    style: &DdlStyle,
) -> Result<(), PlanError> {
    let before = state.clone();
    operation
        .apply(state)
        .map_err(|error| HistoryError::Operation {
            migration: item.name.clone(),
            number: at + 1,
            operation: operation.describe(),
            error: Box::new(error),
        })?;
    let lowered = operation
        .lower(&before, state, style)
        .map_err(|error| PlanError::Lower {
            name: item.name.clone(),
            number: at + 1,
            operation: operation.describe(),
            error: Box::new(error),
        })?;
    item.descriptions.push(operation.describe());
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
            state: matches!(lowered, Lowered::Python(_)).then(|| before.clone()),
            index: index.clone(),
            lowered,
        });
    }
    Ok(())
}
