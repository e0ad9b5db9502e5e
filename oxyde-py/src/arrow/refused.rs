//! Why rows do not become columns.

use arrow_schema::{ArrowError, DataType};
use oxyde_driver::Cell;
use thiserror::Error;

/// A column that cannot be made.
#[derive(Debug, Error)]
#[error("column `{column}`: {cause}")]
pub(super) struct Refused {
    column: String,
    pub(super) cause: Cause,
}

/// What is wrong with it.
#[derive(Debug, Error)]
pub(super) enum Cause {
    /// A value that its Arrow type does not hold.
    #[error("{value} does not fit Arrow's {wanted}")]
    Value {
        /// The value, shortened.
        value: String,
        /// The type.
        wanted: DataType,
    },
    /// Texts, bytes or items that need more than 32 bits to count.
    #[error("a value of 2 GiB or more does not fit an Arrow column")]
    Long,
    /// What Arrow itself refused.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl Cause {
    /// Of a column.
    pub(super) fn of(self, column: &str) -> Refused {
        Refused {
            column: column.to_owned(),
            cause: self,
        }
    }

    /// A value that does not fit.
    pub(super) fn value(cell: &Cell<'_>, wanted: &DataType) -> Self {
        let value = match cell {
            Cell::Int(value) => value.to_string(),
            Cell::Decimal(text) => (*text).to_owned(),
            other => format!("{other:?}").chars().take(80).collect(),
        };
        Self::Value {
            value,
            wanted: wanted.clone(),
        }
    }
}
