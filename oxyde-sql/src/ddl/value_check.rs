//! Counts the values that a new type of a column cannot take.

use super::type_sql;
use crate::dialect::{AlterStyle, DdlStyle};
use crate::schema::{Column, Table};
use crate::types::as_text;

/// The queries that find values which a change of type would refuse or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCheck {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The new type, as in a definition.
    pub ty: String,
    /// Columns of the primary key, which name an example.
    pub key: Vec<String>,
    /// Keeps others from writing values between the check and the change; `None` if nobody else can.
    pub lock: Option<String>,
    /// Counts the values.
    pub count: String,
    /// Finds the key of one of them; `None` if the table has no key.
    pub example: Option<String>,
}

impl ValueCheck {
    /// Return the check of a change of type, if some values may not fit.
    #[must_use]
    pub fn between(
        style: &DdlStyle,
        (before, from): (&Table, &Column),
        (after, to): (&Table, &Column),
    ) -> Option<Self> {
        let quoted = style.quoted(&from.name);
        let misfits = from.ty.misfits(&to.ty, &quoted, style.dialect)?;
        let owner = style.qualified(before.schema.as_deref(), &before.name);
        let rows = format!("FROM {owner} WHERE {quoted} IS NOT NULL AND ({misfits})");
        let key = &before.primary_key;
        let cells: Vec<String> = key
            .iter()
            .map(|name| as_text(&style.quoted(name), style.dialect))
            .collect();
        let example = (!key.is_empty()).then(|| {
            let order = style.quoted_list(key);
            format!(
                "SELECT {} {rows} ORDER BY {order} LIMIT 1",
                cells.join(", ")
            )
        });
        Some(ValueCheck {
            table: before.name.clone(),
            column: from.name.clone(),
            ty: type_sql(style, after, to),
            key: key.clone(),
            lock: (style.alter == AlterStyle::Clauses)
                .then(|| format!("LOCK TABLE {owner} IN ACCESS EXCLUSIVE MODE")),
            count: format!("SELECT count(*) {rows}"),
            example,
        })
    }
}
