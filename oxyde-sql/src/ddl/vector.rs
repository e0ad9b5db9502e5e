//! Vectors, which an extension of the database provides.

use crate::dialect::DdlStyle;
use crate::schema::{Column, Table};
use crate::types::ColumnType;

/// Return the statement that a database needs before it accepts the vectors of these tables; `None`
/// without vectors, or if the dialect does not support them.
#[must_use]
pub fn create_vectors<'a>(
    style: &DdlStyle,
    tables: impl IntoIterator<Item = &'a Table>,
) -> Option<&'static str> {
    let is_vector = |column: &Column| matches!(column.ty, ColumnType::Vector { .. });
    let has = |table: &Table| table.columns.iter().any(is_vector);
    style.create_vectors.filter(|_| tables.into_iter().any(has))
}
