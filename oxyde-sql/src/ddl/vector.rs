//! Vectors, which an extension of the database makes known.

use crate::dialect::DdlStyle;
use crate::schema::Table;
use crate::types::ColumnType;

/// What a database needs before it takes the vectors of these tables; `None` where there are none,
/// or the dialect refuses them anyway.
#[must_use]
pub fn create_vectors(style: &DdlStyle, tables: &[Table]) -> Option<&'static str> {
    let has = |table: &Table| table.columns.iter().any(|column| is_vector(&column.ty));
    style.create_vectors.filter(|_| tables.iter().any(has))
}

pub(super) const fn is_vector(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Vector { .. })
}
