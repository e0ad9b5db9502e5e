use super::part::{Part, add};
use super::{Column, Field, IntoValue, List, OnConflict, Output, Query, RowOf, Select, Table};
use crate::dialect::Features;
use crate::error::SqlError;
use crate::ir::{self, InsertSource, Statement};
use crate::plan::Plan;
use crate::value::Value;

/// A column by its name, in a list of columns to write.
#[derive(Clone, Debug)]
pub struct Target(pub(super) ir::InsertColumn);

impl<F: Field> From<Column<F>> for Target {
    fn from(column: Column<F>) -> Self {
        Self(column.target())
    }
}

/// `INSERT` of one row, or of the rows of a query, from [`Table::insert`].
///
/// ```
/// use oxyde_sql::build::*;
///
/// oxyde_sql::table! { struct Users("users") { id: i64, name: String, visits: i64 } }
///
/// let users = Users::table();
/// let insert = users
///     .insert()
///     .set(users.name, "Alice")
///     .set(users.visits, 1)
///     .on_conflict(users.name, OnConflict::update(()).set(users.visits, users.visits + 1))
///     .returning(users.id);
/// ```
#[derive(Clone, Debug)]
pub struct Insert {
    table: ir::Table,
    columns: Vec<ir::InsertColumn>,
    source: Part<InsertSource>,
    tail: Tail,
}

/// What follows the rows of an insert.
#[derive(Clone, Debug)]
struct Tail {
    conflict: Part<Option<ir::Conflict>>,
    returning: Part<Vec<ir::Output>>,
}

impl Tail {
    const EMPTY: Self = Self {
        conflict: Part::plain(None),
        returning: Part::plain(Vec::new()),
    };

    fn on_conflict(&mut self, target: ir::ConflictTarget, action: impl Into<OnConflict>) {
        let conflict = |action| Some(ir::Conflict { target, action });
        self.conflict = action.into().0.map(conflict);
    }

    fn returning(&mut self, outputs: impl List<Output>) {
        let outputs = add(&mut self.returning.values, Output::all(outputs));
        self.returning.node.extend(outputs);
    }
}

impl Insert {
    pub(super) fn into_table(table: &impl Table) -> Self {
        Self {
            table: table.source(),
            columns: Vec::new(),
            source: Part::plain(InsertSource::Row),
            tail: Tail::EMPTY,
        }
    }

    /// Give the row's column a value; columns without one get their default.
    #[must_use]
    pub fn set<F: Field>(mut self, column: Column<F>, value: impl IntoValue<F>) -> Self {
        self.columns.push(column.target());
        self.source.values.push(value.into_value());
        self
    }

    /// Insert the rows of a query instead, whose columns are the values of these.
    #[must_use]
    pub fn from_query(mut self, columns: impl List<Target>, query: Select) -> Self {
        self.columns = targets(columns);
        let source = |select| InsertSource::Select(Box::new(select));
        self.source = query.into_part().map(source);
        self
    }

    /// What to do if a row has the same values in these columns, which are a unique key.
    #[must_use]
    pub fn on_conflict(
        mut self,
        columns: impl List<Target>,
        action: impl Into<OnConflict>,
    ) -> Self {
        self.tail.on_conflict(key(columns), action);
        self
    }

    /// What to do if a row has the same value of any unique key.
    #[must_use]
    pub fn on_any_conflict(mut self, action: impl Into<OnConflict>) -> Self {
        self.tail.on_conflict(ir::ConflictTarget::Any, action);
        self
    }

    /// Return these columns of the inserted rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        self.tail.returning(outputs);
        self
    }
}

impl Query for Insert {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let this = self.clone();
        let mut values = this.source.values;
        let insert = ir::Insert {
            table: this.table,
            columns: this.columns,
            source: this.source.node,
            conflict: add(&mut values, this.tail.conflict),
            returning: add(&mut values, this.tail.returning),
        };
        Ok((insert.into(), values))
    }
}

/// `INSERT` of any number of rows, from [`Table::insert_rows`]: sent in as few statements as the
/// database allows.
#[derive(Clone, Debug)]
pub struct InsertRows {
    table: ir::Table,
    columns: Vec<ir::InsertColumn>,
    rows: Vec<Vec<Value>>,
    tail: Tail,
}

impl InsertRows {
    pub(super) fn into_table<R, C: RowOf<R>>(
        table: &impl Table,
        columns: &C,
        rows: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            table: table.source(),
            columns: columns
                .targets()
                .into_iter()
                .map(|column| column.0)
                .collect(),
            rows: rows.into_iter().map(C::values).collect(),
            tail: Tail::EMPTY,
        }
    }

    /// What to do with a row that has the same values as an existing one in these columns, which
    /// are a unique key. The action may not have values of its own.
    #[must_use]
    pub fn on_conflict(
        mut self,
        columns: impl List<Target>,
        action: impl Into<OnConflict>,
    ) -> Self {
        self.tail.on_conflict(key(columns), action);
        self
    }

    /// Return these columns of the inserted rows, where the database can do that.
    #[must_use]
    pub fn returning(mut self, outputs: impl List<Output>) -> Self {
        self.tail.returning(outputs);
        self
    }

    /// The statement and the values of each row.
    #[must_use]
    pub fn statement(&self) -> (Statement, Vec<Vec<Value>>) {
        let this = self.clone();
        let insert = ir::Insert {
            table: this.table,
            columns: this.columns,
            source: InsertSource::Rows,
            conflict: this.tail.conflict.node,
            returning: this.tail.returning.node,
        };
        (insert.into(), this.rows)
    }

    /// The statement's plan for a database, and the values of each row.
    ///
    /// # Errors
    /// As [`compile`](crate::compile).
    pub fn compile(&self, features: &Features) -> Result<(Plan, Vec<Vec<Value>>), SqlError> {
        let (statement, rows) = self.statement();
        Ok((crate::compile(&statement, features)?, rows))
    }
}

fn targets(columns: impl List<Target>) -> Vec<ir::InsertColumn> {
    let columns = columns.into_items().into_iter();
    columns.map(|column| column.0).collect()
}

fn key(columns: impl List<Target>) -> ir::ConflictTarget {
    let columns = targets(columns).into_iter();
    ir::ConflictTarget::Columns(columns.map(|column| column.name).collect())
}
