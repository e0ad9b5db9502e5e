//! Shorthands to write a statement in Rust. Each returns a plain value of the IR types,
//! whose fields can be changed further.

use super::{
    Delete, Direction, Distinct, Expr, Insert, InsertColumn, InsertSource, Join, JoinKind, Literal,
    Order, Output, Predicate, Scope, Select, Source, Statement, Table, Update,
};
use crate::types::ColumnType;

impl Table {
    /// A table of the connection's schema, under its own name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            schema: None,
            alias: name.clone(),
            name,
        }
    }

    /// The same under an alias.
    #[must_use]
    pub fn aliased(mut self, alias: impl Into<String>) -> Self {
        self.alias = alias.into();
        self
    }

    /// The same in a schema of the database.
    #[must_use]
    pub fn in_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// One of its columns.
    #[must_use]
    pub fn col(&self, name: impl Into<String>, ty: ColumnType) -> Expr {
        Expr::Column {
            table: self.alias.clone(),
            name: name.into(),
            ty,
        }
    }
}

impl Expr {
    /// The value at that position in the list of values of each run.
    #[must_use]
    pub const fn param(index: u32, ty: ColumnType) -> Self {
        Self::Param {
            index,
            ty,
            list: false,
        }
    }

    /// The same for a list (`in`); the type is that of an item.
    #[must_use]
    pub const fn list_param(index: u32, ty: ColumnType) -> Self {
        Self::Param {
            index,
            ty,
            list: true,
        }
    }

    /// A small integer that is part of the query's shape.
    #[must_use]
    pub const fn int(number: i64) -> Self {
        Self::Literal(Literal::Int(number))
    }

    /// A call of a function by its name in the table of functions.
    #[must_use]
    pub fn call(
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = Expr>,
        ty: ColumnType,
    ) -> Self {
        Self::Function {
            name: name.into(),
            arguments: arguments.into_iter().collect(),
            ty,
        }
    }

    /// A lookup by its name.
    #[must_use]
    pub fn lookup(
        self,
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = Expr>,
    ) -> Predicate {
        Predicate::Lookup {
            name: name.into(),
            operand: self,
            arguments: arguments.into_iter().collect(),
        }
    }

    /// The value under a name, as a result column.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Output {
        Output {
            expr: self,
            name: name.into(),
        }
    }

    /// Ascending order by it, NULLs in the database's default position.
    #[must_use]
    pub const fn asc(self) -> Order {
        Order {
            expr: self,
            direction: Direction::Asc,
            nulls: None,
            indexed: false,
        }
    }

    /// The same, descending.
    #[must_use]
    pub const fn desc(self) -> Order {
        Order {
            expr: self,
            direction: Direction::Desc,
            nulls: None,
            indexed: false,
        }
    }
}

impl Predicate {
    /// Add a condition to a clause that may have none yet.
    pub(crate) fn narrow(clause: &mut Option<Self>, condition: Self) {
        *clause = Some(match clause.take() {
            Some(before) => before.and(condition),
            None => condition,
        });
    }

    /// Both are true.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut items) => {
                items.push(other);
                Self::And(items)
            }
            first => Self::And(vec![first, other]),
        }
    }

    /// At least one is true.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut items) => {
                items.push(other);
                Self::Or(items)
            }
            first => Self::Or(vec![first, other]),
        }
    }

    /// It is not true.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl Select {
    /// A query of one table, without columns yet.
    #[must_use]
    pub fn from_table(table: &Table) -> Self {
        Self {
            from: Some(Source::Table(table.clone())),
            ..Self::empty()
        }
    }

    /// A query without tables, without columns yet.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            ctes: Vec::new(),
            from: None,
            joins: Vec::new(),
            outputs: Vec::new(),
            distinct: Distinct::All,
            filter: None,
            group_by: Vec::new(),
            having: None,
            compounds: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }
    }

    /// Add a column of the table to the result, under its own name.
    #[must_use]
    pub fn column(self, table: &Table, name: &str, ty: ColumnType) -> Self {
        let output = table.col(name, ty).named(name);
        self.output(output)
    }

    /// Add a value to the result.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        self.outputs.push(output);
        self
    }

    /// Add a condition.
    #[must_use]
    pub fn filter(mut self, condition: Predicate) -> Self {
        Predicate::narrow(&mut self.filter, condition);
        self
    }

    /// Add a join.
    #[must_use]
    pub fn join(mut self, kind: JoinKind, table: &Table, on: Predicate) -> Self {
        self.joins.push(Join {
            kind,
            source: Source::Table(table.clone()),
            on,
        });
        self
    }

    /// Add a term to the order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order_by.push(order);
        self
    }
}

impl Insert {
    /// Insert one row into these columns; the values are the params in the columns' order.
    #[must_use]
    pub fn row(table: Table, columns: impl IntoIterator<Item = InsertColumn>) -> Self {
        Self {
            table,
            columns: columns.into_iter().collect(),
            source: InsertSource::Row,
            conflict: None,
            returning: Vec::new(),
        }
    }

    /// The same for any number of rows.
    #[must_use]
    pub fn rows(table: Table, columns: impl IntoIterator<Item = InsertColumn>) -> Self {
        Self {
            source: InsertSource::Rows,
            ..Self::row(table, columns)
        }
    }
}

impl InsertColumn {
    /// A column to write.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }
}

impl Update {
    /// An update without assignments yet.
    #[must_use]
    pub const fn new(table: Table, scope: Scope) -> Self {
        Self {
            table,
            joins: Vec::new(),
            assignments: Vec::new(),
            scope,
            returning: Vec::new(),
        }
    }

    /// Add an assignment.
    #[must_use]
    pub fn set(mut self, column: InsertColumn, value: Expr) -> Self {
        self.assignments.push(super::Assignment { column, value });
        self
    }
}

impl Delete {
    /// Delete the rows that match.
    #[must_use]
    pub const fn new(table: Table, scope: Scope) -> Self {
        Self {
            table,
            scope,
            returning: Vec::new(),
        }
    }
}

impl From<Select> for Statement {
    fn from(select: Select) -> Self {
        Self::Select(Box::new(select))
    }
}

impl From<Insert> for Statement {
    fn from(insert: Insert) -> Self {
        Self::Insert(Box::new(insert))
    }
}

impl From<Update> for Statement {
    fn from(update: Update) -> Self {
        Self::Update(Box::new(update))
    }
}

impl From<Delete> for Statement {
    fn from(delete: Delete) -> Self {
        Self::Delete(Box::new(delete))
    }
}
