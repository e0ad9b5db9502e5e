//! Errors of the conversion to columns.

use arrow_schema::{ArrowError, DataType};
use oxyde_driver::Cell;
use thiserror::Error;

/// A column that cannot be built.
#[derive(Debug, Error)]
#[error("column `{column}`: {cause}")]
pub(crate) struct ExportError {
    column: String,
    pub(super) cause: Cause,
}

/// What is wrong with it.
#[derive(Debug, Error)]
pub(crate) enum Cause {
    /// A value that its Arrow type cannot represent.
    #[error("{value} does not fit Arrow's {wanted}")]
    Value {
        /// The value, shortened.
        value: String,
        /// The type.
        wanted: DataType,
    },
    /// Strings, bytes or items that exceed 32-bit offsets.
    #[error("a value of 2 GiB or more does not fit an Arrow column")]
    Long,
    /// An error of Arrow itself.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

impl Cause {
    /// Create an error of a column.
    pub(super) fn of(self, column: &str) -> ExportError {
        ExportError {
            column: column.to_owned(),
            cause: self,
        }
    }

    /// Create an error of a value that does not fit.
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
