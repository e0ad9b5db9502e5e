use super::part::{Part, add};
use super::update::{NO_SCOPE, narrowed};
use super::{Condition, List, Output, Query, Table};
use crate::error::SqlError;
use crate::ir::{self, Scope, Statement};
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
    table: ir::Table,
    scope: Option<Scope>,
    returning: Vec<ir::Output>,
    values: Vec<Value>,
}

impl Delete {
    pub(super) fn from_table(table: &impl Table) -> Self {
        Self {
            table: table.source(),
            scope: None,
            returning: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Only rows for which the condition is true, and those of earlier calls.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Condition>) -> Self {
        let condition = add(&mut self.values, condition.into().0);
        self.scope = Some(narrowed(self.scope.take(), condition));
        self
    }

    /// Every row of the table.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.scope.get_or_insert(Scope::All);
        self
    }

    /// Return these columns of the removed rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        let outputs = Part::all(outputs.into_items().into_iter().map(|output| output.0));
        let outputs = add(&mut self.values, outputs);
        self.returning.extend(outputs);
        self
    }
}

impl Query for Delete {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let this = self.clone();
        let delete = ir::Delete {
            table: this.table,
            scope: this.scope.ok_or(NO_SCOPE)?,
            returning: this.returning,
        };
        Ok((delete.into(), this.values))
    }
}
