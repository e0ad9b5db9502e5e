use super::changed::Changed;
use super::{Condition, List, Output, Query, Table};
use crate::error::SqlError;
use crate::ir::{self, Statement};
use crate::value::Value;

/// `DELETE`, from [`Table::delete`]. It needs [`Delete::filter`] or [`Delete::all`].
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Users("users") { id: i64, name: String } }
/// # let users = Users::table();
/// let delete = users.delete().filter(users.name.is_in(["Alice", "Bob"]));
/// ```
#[derive(Clone, Debug)]
pub struct Delete {
    rows: Changed,
}

impl Delete {
    pub(super) fn from_table(table: &impl Table) -> Self {
        Self {
            rows: Changed::of(table),
        }
    }

    /// Only rows for which the condition is true, and those of earlier calls.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Condition>) -> Self {
        self.rows.filter(condition);
        self
    }

    /// Every row of the table.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.rows.all();
        self
    }

    /// Return these columns of the removed rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        self.rows.returning(outputs);
        self
    }
}

impl Query for Delete {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let scope = self.rows.scope()?;
        let rows = self.rows.clone();
        let delete = ir::Delete {
            table: rows.table,
            scope,
            returning: rows.returning,
        };
        Ok((delete.into(), rows.values))
    }
}
