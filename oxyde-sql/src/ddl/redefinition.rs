//! Defines a column again, as MySQL requires for any change of it.

use super::{SchemaError, column_sql};
use crate::dialect::DdlStyle;
use crate::schema::{Column, Table};

/// A statement that repeats the whole definition of a column.
///
/// What it does not repeat is lost, so the definition in the database is read before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redefinition {
    /// The table, quoted.
    pub owner: String,
    /// The column in the database whose definition is repeated.
    pub column: String,
    /// `MODIFY COLUMN`; `ADD COLUMN` if another column takes the definition.
    pub verb: &'static str,
    /// The table before the change.
    pub before: Table,
    /// The table after it.
    pub after: Table,
    /// The column before the change.
    pub from: Column,
    /// The new definition.
    pub to: Column,
    /// The statement if the database has nothing that the state does not know.
    pub sql: String,
}

impl Redefinition {
    /// Return the statement for a definition.
    ///
    /// # Errors
    /// As [`column_sql`].
    pub fn statement(&self, style: &DdlStyle, column: &Column) -> Result<String, SchemaError> {
        let definition = column_sql(style, &self.after, column)?;
        Ok(format!(
            "ALTER TABLE {} {} {definition}",
            self.owner, self.verb
        ))
    }
}
