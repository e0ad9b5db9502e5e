//! Squashes several migrations into one.

use std::collections::BTreeSet;

use oxyde_sql::schema::Schema;

use crate::autodetect::{DetectError, Knowledge, detect};
use crate::file::Migration;
use crate::history::{self, History, HistoryError};
use crate::operation::{Operation, set_unmanaged};
use crate::state::{canonical, label};

/// Migrations that cannot be squashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SquashError {
    /// The migrations do not form a history, or one does not exist.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The operations between the states cannot be derived.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// The migrations are not a sequence.
    #[error("{why}")]
    NotARow {
        /// The reason.
        why: String,
    },
    /// The squash would not produce the same schema. This is a bug in Oxyde, so nothing is
    /// written.
    #[error("the squashed migration would produce a different schema")]
    Differs,
}

impl SquashError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::History(error) => error.hint(),
            Self::Detect(error) => error.hint(),
            Self::NotARow { .. } => {
                "name the first and the last migration of a sequence without branches".to_owned()
            }
            Self::Differs => {
                "nothing was written; this is a bug in Oxyde, please report it".to_owned()
            }
        }
    }
}

/// Squash the sequence from `first` to `last` into one migration. The operations between data
/// steps are derived again from the states around them, data steps stay where they are, and the
/// result is checked to produce the same schema.
///
/// # Errors
/// The migrations are not a sequence, or the result would differ.
pub fn squash(
    history: &History,
    first: &str,
    last: &str,
    name: String,
) -> Result<Migration, SquashError> {
    let (first, last) = (history.find(first)?, history.find(last)?);
    let place = |name: &str| history.migrations().iter().position(|m| m.name == name);
    let (Some(from), Some(to)) = (place(&first.name), place(&last.name)) else {
        return Err(SquashError::NotARow {
            why: "they are not in the same history".to_owned(),
        });
    };
    if from >= to {
        return Err(SquashError::NotARow {
            why: format!("`{}` does not come before `{}`", first.name, last.name),
        });
    }
    let row = &history.migrations()[from..=to];
    for pair in row.windows(2) {
        if pair[1].depends_on != [pair[0].name.clone()] {
            return Err(SquashError::NotARow {
                why: format!("`{}` must depend on `{}` only", pair[1].name, pair[0].name),
            });
        }
    }
    let before = history.ancestors(&first.name);
    let start = history
        .state(&|migration| before.contains(&migration.name) && migration.name != first.name)?;
    let modules = history.origins();
    let recorded = history.recorded();
    let mut operations = Vec::new();
    let (mut base, mut state) = (start.clone(), start.clone());
    for migration in row {
        for (at, operation) in migration.operations.iter().enumerate() {
            if operation.is_data() {
                operations.extend(between(&base, &state, &modules)?);
                operations.push(operation.clone());
                base = state.clone();
                continue;
            }
            if is_rename(operation) || needs_data(operation) || is_owner(operation, &recorded) {
                // Deriving it again would give a drop and an add, or lose its SQL or who owns a table.
                operations.extend(between(&base, &state, &modules)?);
                operations.push(operation.clone());
                apply(operation, migration, at, &mut state)?;
                base = state.clone();
                continue;
            }
            apply(operation, migration, at, &mut state)?;
        }
    }
    operations.extend(between(&base, &state, &modules)?);
    let end = History::new(history.migrations()[..=to].to_vec())?;
    set_unmanaged(&mut operations, &end.unmanaged());
    let mut squashed = Migration::new(name, first.depends_on.clone(), operations);
    squashed.replaces = row.iter().map(|migration| migration.name.clone()).collect();
    squashed.atomic = row.iter().all(|migration| migration.atomic);
    squashed.seal();
    let mut check = start;
    history::apply(&squashed, &mut check)?;
    if canonical(&check) != canonical(&state) {
        return Err(SquashError::Differs);
    }
    Ok(squashed)
}

fn apply(
    operation: &Operation,
    migration: &Migration,
    at: usize,
    state: &mut Schema,
) -> Result<(), SquashError> {
    operation.apply(state).map_err(|error| {
        SquashError::History(HistoryError::operation(
            &migration.name,
            at,
            operation,
            error,
        ))
    })
}

fn between(
    old: &Schema,
    new: &Schema,
    modules: &std::collections::BTreeMap<String, String>,
) -> Result<Vec<Operation>, SquashError> {
    let knowledge = Knowledge {
        modules: modules.clone(),
        ..Knowledge::default()
    };
    Ok(detect(old, new, &knowledge)?.operations)
}

const fn is_rename(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::RenameTable(_) | Operation::RenameColumn(_) | Operation::RenameEnumValue(_)
    )
}

/// Whether the operation says who owns a table that others created.
fn is_owner(operation: &Operation, recorded: &BTreeSet<String>) -> bool {
    let is = |schema: &Option<String>, name| recorded.contains(&label(schema.as_deref(), name));
    match operation {
        Operation::RecordTable(record) => is(&record.schema, &record.name),
        Operation::ClaimTable(claim) => is(&claim.schema, &claim.name),
        Operation::ReleaseTable(release) => is(&release.schema, &release.name),
        _ => false,
    }
}

/// Whether the operation contains more information than the states around it.
fn needs_data(operation: &Operation) -> bool {
    match operation {
        Operation::AddColumn(add) => add.backfill.is_some(),
        Operation::AlterColumn(alter) => {
            alter.using.is_some()
                || alter.using_back.is_some()
                || alter.backfill.is_some()
                || alter.backfill_back.is_some()
        }
        Operation::DropColumn(drop) => drop.restore.is_some(),
        Operation::DropEnumValue(drop) => drop.replace.is_some(),
        other => other.is_concurrent(),
    }
}
