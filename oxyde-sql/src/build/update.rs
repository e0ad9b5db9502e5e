use super::part::{Part, add};
use super::{Column, Condition, Field, IntoOperand, List, Output, Query, Table};
use crate::error::SqlError;
use crate::ir::{self, JoinKind, Scope, Statement};
use crate::value::Value;

/// `UPDATE`, from [`Table::update`]. It needs [`Update::filter`] or [`Update::all`].
///
/// ```
/// use oxyde_sql::build::*;
///
/// oxyde_sql::table! { struct Users("users") { id: i64, visits: i64, note: Option<String> } }
///
/// let users = Users::table();
/// let update = users
///     .update()
///     .set(users.visits, users.visits + 1)
///     .set(users.note, None)
///     .filter(users.id.eq(3));
/// ```
#[derive(Clone, Debug)]
pub struct Update {
    table: ir::Table,
    joins: Vec<ir::Join>,
    assignments: Vec<ir::Assignment>,
    scope: Option<Scope>,
    returning: Vec<ir::Output>,
    values: Vec<Value>,
}

impl Update {
    pub(super) fn of_table(table: &impl Table) -> Self {
        Self {
            table: table.source(),
            joins: Vec::new(),
            assignments: Vec::new(),
            scope: None,
            returning: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Set a column to a value.
    #[must_use]
    pub fn set<F: Field>(mut self, column: Column<F>, value: impl IntoOperand<F>) -> Self {
        let value = value.into_operand().typed(&column.column_type());
        let value = add(&mut self.values, value);
        let column = column.target();
        self.assignments.push(ir::Assignment { column, value });
        self
    }

    /// Read another table for the values or the filter; rows without a match stay as they are.
    #[must_use]
    pub fn join(mut self, table: &impl Table, on: impl Into<Condition>) -> Self {
        let on = add(&mut self.values, on.into().0);
        self.joins.push(ir::Join {
            kind: JoinKind::Inner,
            source: ir::Source::Table(table.source()),
            on,
        });
        self
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

    /// Return these columns of the changed rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        let outputs = Part::all(outputs.into_items().into_iter().map(|output| output.0));
        let outputs = add(&mut self.values, outputs);
        self.returning.extend(outputs);
        self
    }
}

impl Query for Update {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let this = self.clone();
        let update = ir::Update {
            table: this.table,
            joins: this.joins,
            assignments: this.assignments,
            scope: this.scope.ok_or(NO_SCOPE)?,
            returning: this.returning,
        };
        Ok((update.into(), this.values))
    }
}

/// The scope of a statement with a further condition.
pub(super) fn narrowed(scope: Option<Scope>, condition: ir::Predicate) -> Scope {
    Scope::Where(match scope {
        Some(Scope::Where(filter)) => filter.and(condition),
        Some(Scope::All) | None => condition,
    })
}

/// A forgotten filter must not change every row.
pub(super) const NO_SCOPE: SqlError = SqlError::Invalid {
    what: "an update or a delete that does not say which rows",
    hint: "call filter(…), or all() for every row of the table",
};
