//! Derives the operations between two states of a schema.
//!
//! The operations are in an order that every database accepts: first drop parts of tables,
//! then drop and create tables, then change columns, then add what depends on them; foreign
//! keys come last, so that tables may refer to each other in cycles.

mod columns;
mod constraints;
mod distribution;
mod enums;
mod name_order;
mod others;
mod renames;
mod tables;
mod undeclared;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use oxyde_sql::schema::{Schema, Table};
pub use renames::{ColumnName, Renames};

use crate::operation::{Operation, OperationError};
use crate::state;

/// Information that the states do not contain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// Known renames.
    pub renames: Renames,
    /// Pairs that are not renames, so that no question is asked: (old, new), as in questions.
    pub not_renamed: BTreeSet<(String, String)>,
    /// SQL expressions for the value in existing rows, by "table.column".
    pub fills: BTreeMap<String, String>,
    /// The Python module of each table of the new state.
    pub modules: BTreeMap<String, String>,
    /// The Python module of each table of the old state, as recorded in the migrations.
    pub origins: BTreeMap<String, String>,
    /// The tables of the old state that no model has claimed: they stay as they are.
    pub unmanaged: BTreeSet<String>,
    /// The tables of models that others own (`managed = False`).
    pub others: Vec<Table>,
    /// The tables of the old state that others create; they are unmanaged, too.
    pub recorded: BTreeSet<String>,
    /// Whether the new state is that of models, which declare no comments on tables.
    pub of_models: bool,
    /// The loaded modules, with all their models; `None` if the new state is
    /// complete without them.
    pub loaded: Option<BTreeSet<String>>,
}

/// A question for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A table was dropped, and a similar one was added.
    TableRename {
        /// The dropped table.
        from: String,
        /// The added table.
        to: String,
    },
    /// A column was dropped, and one of the same type was added.
    ColumnRename {
        /// The table.
        table: String,
        /// The dropped column.
        from: String,
        /// The added column.
        to: String,
    },
    /// A label was dropped, and another was added.
    EnumValueRename {
        /// The type.
        ty: String,
        /// The dropped label.
        from: String,
        /// The added label.
        to: String,
    },
    /// Existing rows need a value.
    Fill {
        /// The table.
        table: String,
        /// The NOT NULL column.
        column: String,
        /// Whether the column is new (otherwise it was nullable before).
        new: bool,
    },
}

impl Question {
    /// Both names in the form of `--rename`; `None` for other questions.
    #[must_use]
    pub fn pair(&self) -> Option<(String, String)> {
        match self {
            Question::TableRename { from, to } => Some((from.clone(), to.clone())),
            Question::ColumnRename { table, from, to } => {
                Some((format!("{table}.{from}"), format!("{table}.{to}")))
            }
            Question::EnumValueRename { ty, from, to } => {
                Some((format!("{ty}.{from}"), format!("{ty}.{to}")))
            }
            Question::Fill { .. } => None,
        }
    }
}

/// The operations between two states, and the open questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// The operations; without an answer, a possible rename is a drop and an add.
    pub operations: Vec<Operation>,
    /// The open questions.
    pub questions: Vec<Question>,
}

/// The operations between two states cannot be derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// A given rename does not match the states.
    #[error("cannot rename `{from}` to `{to}`: {why}")]
    Rename {
        /// The old name, as given.
        from: String,
        /// The new name, as given.
        to: String,
        /// The reason.
        why: String,
    },
    /// A table would be dropped whose module was not loaded.
    #[error("table `{table}` has no model, and its module `{module}` was not loaded")]
    ModuleNotLoaded {
        /// The table.
        table: String,
        /// The module.
        module: String,
    },
    /// The new state is inconsistent.
    #[error(transparent)]
    State(#[from] OperationError),
}

impl DetectError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Rename { .. } => {
                "pass `--rename old:new` for a table, `--rename table.old:table.new` for a column"
                    .into()
            }
            Self::ModuleNotLoaded { module, table } => format!(
                "add `{module}` to `models` in the configuration; if the module was deleted, \
                 pass `--drop {table}`"
            ),
            Self::State(error) => error.hint(),
        }
    }
}

/// Derive the operations from `old` to `new`. The result is deterministic.
///
/// # Errors
/// A given rename does not match the states, a table would be dropped whose module was not loaded,
/// or the new state is inconsistent.
pub fn detect(old: &Schema, new: &Schema, knowledge: &Knowledge) -> Result<Detection, DetectError> {
    let wanted = with_unmanaged(old, new, knowledge);
    let mut renamer = Detector {
        state: old.clone(),
        new: &wanted,
        knowledge,
        found: Detection::default(),
    };
    renamer.claimed_tables(new)?;
    renamer.others(new)?;
    renamer.renames()?;
    let wanted = with_others(&renamer.state, &wanted, knowledge);
    let wanted = undeclared::with_undeclared(&renamer.state, &wanted, knowledge);
    let mut detector = Detector {
        new: &wanted,
        ..renamer
    };
    detector.enums()?;
    detector.leaving_constraints()?;
    detector.dropped_tables()?;
    detector.created_tables()?;
    detector.columns()?;
    detector.distributions()?;
    detector.coming_constraints()?;
    Ok(detector.found)
}

/// The new state, with the tables that stay as they are.
fn with_unmanaged<'a>(old: &Schema, new: &'a Schema, knowledge: &Knowledge) -> Cow<'a, Schema> {
    let mut wanted = Cow::Borrowed(new);
    for table in &old.tables {
        let name = state::label_of(table);
        if knowledge.unmanaged.contains(&name)
            && !knowledge.renames.tables.contains_key(&name)
            && state::position(new, table.schema.as_deref(), &table.name).is_none()
        {
            wanted.to_mut().tables.push(table.clone());
        }
    }
    wanted
}

/// The new state, with the tables of others as they are known.
fn with_others<'a>(now: &Schema, new: &'a Schema, knowledge: &Knowledge) -> Cow<'a, Schema> {
    let mut wanted = Cow::Borrowed(new);
    for other in &knowledge.others {
        let (schema, name) = (other.schema.as_deref(), other.name.as_str());
        let Ok(known) = state::find(now, schema, name) else {
            continue;
        };
        match state::position(new, schema, name) {
            Some(at) => wanted.to_mut().tables[at].clone_from(known),
            None => wanted.to_mut().tables.push(known.clone()),
        }
    }
    wanted
}

struct Detector<'a> {
    /// Return the state after the operations so far.
    state: Schema,
    new: &'a Schema,
    knowledge: &'a Knowledge,
    found: Detection,
}

impl Detector<'_> {
    fn push(&mut self, operation: impl Into<Operation>) -> Result<(), OperationError> {
        let operation = operation.into();
        operation.apply(&mut self.state)?;
        self.found.operations.push(operation);
        Ok(())
    }

    fn ask(&mut self, question: Question) {
        let known = question
            .pair()
            .is_some_and(|pair| self.knowledge.not_renamed.contains(&pair));
        if !known && !self.found.questions.contains(&question) {
            self.found.questions.push(question);
        }
    }

    /// Positions of the tables that exist in both states: (current, new).
    fn kept(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (at, table) in self.new.tables.iter().enumerate() {
            let same = |other: &oxyde_sql::schema::Table| {
                other.name == table.name && other.schema == table.schema
            };
            pairs.extend(self.state.tables.iter().position(same).map(|now| (now, at)));
        }
        pairs
    }
}
