use super::changed::Changed;
use super::part::add;
use super::{Column, Condition, Field, IntoOperand, List, Output, Query, Table};
use crate::error::SqlError;
use crate::ir::{self, JoinKind, Statement};
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
    rows: Changed,
    joins: Vec<ir::Join>,
    assignments: Vec<ir::Assignment>,
}

impl Update {
    pub(super) fn of_table(table: &impl Table) -> Self {
        Self {
            rows: Changed::of(table),
            joins: Vec::new(),
            assignments: Vec::new(),
        }
    }

    /// Set a column to a value.
    #[must_use]
    pub fn set<F: Field>(mut self, column: Column<F>, value: impl IntoOperand<F>) -> Self {
        let assignment = assignment(&mut self.rows.values, column, value);
        self.assignments.push(assignment);
        self
    }

    /// Read another table for the values or the filter; rows without a match stay as they are.
    #[must_use]
    pub fn join(mut self, table: &impl Table, on: impl Into<Condition>) -> Self {
        let on = add(&mut self.rows.values, on.into().0);
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
        self.rows.filter(condition);
        self
    }

    /// Every row of the table.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.rows.all();
        self
    }

    /// Return these columns of the changed rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        self.rows.returning(outputs);
        self
    }
}

impl Query for Update {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let scope = self.rows.scope()?;
        let Self {
            rows,
            joins,
            assignments,
        } = self.clone();
        let update = ir::Update {
            table: rows.table,
            joins,
            assignments,
            scope,
            returning: rows.returning,
        };
        Ok((update.into(), rows.values))
    }
}

/// The assignment of a value, which is added to those of a statement.
pub(super) fn assignment<F: Field>(
    values: &mut Vec<Value>,
    column: Column<F>,
    value: impl IntoOperand<F>,
) -> ir::Assignment {
    let value = value.into_operand().typed(&column.column_type());
    ir::Assignment {
        column: column.target(),
        value: add(values, value),
    }
}
