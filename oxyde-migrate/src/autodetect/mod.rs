//! From two states of a schema to the operations between them.
//!
//! The operations come in an order that every database takes: what is no longer there is
//! taken from tables first, then tables go and come, then columns, then what stands on them;
//! foreign keys last, so that cycles of tables are no matter.

mod columns;
mod constraints;
mod enums;
mod renames;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use oxyde_sql::schema::Schema;
pub use renames::{ColumnName, Renames};

use crate::operation::{Operation, OperationError};

/// What the states do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// Which old name became which new one.
    pub renames: Renames,
    /// Pairs that are no renames, so that they are not asked about: (old, new), as in questions.
    pub not_renamed: BTreeSet<(String, String)>,
    /// SQL for the rows that are there, by "table.column".
    pub fills: BTreeMap<String, String>,
    /// The Python module of each table of the new state.
    pub modules: BTreeMap<String, String>,
    /// The Python module of each table of the old state, as the migrations noted it.
    pub origins: BTreeMap<String, String>,
    /// The modules that were loaded, with all their models; `None` when the new state is
    /// complete by itself.
    pub loaded: Option<BTreeSet<String>>,
}

/// What somebody has to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// One table went, one like it came.
    TableRename {
        /// The table that went.
        from: String,
        /// The table that came.
        to: String,
    },
    /// One column went, one of its type came.
    ColumnRename {
        /// The table.
        table: String,
        /// The column that went.
        from: String,
        /// The column that came.
        to: String,
    },
    /// One label went, one came.
    EnumValueRename {
        /// The type.
        ty: String,
        /// The label that went.
        from: String,
        /// The label that came.
        to: String,
    },
    /// Rows that are there need a value.
    Fill {
        /// The table.
        table: String,
        /// The column that does not take NULL.
        column: String,
        /// Whether the column is new (else it took NULL before).
        new: bool,
    },
}

impl Question {
    /// Both names, as `--rename` takes them; `None` for a question of another kind.
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

/// The operations between two states, and what was not clear about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// The operations; without an answer a possible rename is a drop and an add.
    pub operations: Vec<Operation>,
    /// What to ask.
    pub questions: Vec<Question>,
}

/// Two states between which no operations can be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetectError {
    /// A rename that was given does not fit.
    #[error("cannot rename `{from}` to `{to}`: {why}")]
    Rename {
        /// The old name, as given.
        from: String,
        /// The new name, as given.
        to: String,
        /// What does not fit.
        why: String,
    },
    /// A table would be dropped whose module was not loaded.
    #[error("table `{table}` is not among the models, and its module `{module}` was not loaded")]
    ModuleNotLoaded {
        /// The table.
        table: String,
        /// The module.
        module: String,
    },
    /// The new state contradicts itself.
    #[error(transparent)]
    State(#[from] OperationError),
}

impl DetectError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Rename { .. } => {
                "write `--rename old:new` for a table, `--rename table.old:table.new` for a column"
                    .into()
            }
            Self::ModuleNotLoaded { module, table } => format!(
                "add `{module}` to `models` in the configuration; if the module is gone for good, \
                 say `--drop {table}`"
            ),
            Self::State(error) => error.hint(),
        }
    }
}

/// Find the operations from `old` to `new`. The same states give the same operations.
///
/// # Errors
/// A given rename does not fit, a table would be dropped whose module was not loaded, or the
/// new state contradicts itself.
pub fn detect(old: &Schema, new: &Schema, knowledge: &Knowledge) -> Result<Detection, DetectError> {
    let mut detector = Detector {
        state: old.clone(),
        new,
        knowledge,
        found: Detection::default(),
    };
    detector.renames()?;
    detector.enums()?;
    detector.leaving_constraints()?;
    detector.dropped_tables()?;
    detector.created_tables()?;
    detector.columns()?;
    detector.coming_constraints()?;
    Ok(detector.found)
}

struct Detector<'a> {
    /// The state after the operations so far.
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

    /// Places of the tables that are in both states: (now, new).
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
