//! Short ways to write a statement in Rust. Each gives a plain value of the types beside it,
//! whose fields can be set further.

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
    /// The value at that position of those that come with each run.
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

    /// A small integer that is part of the shape.
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

    /// The value under a name, as a column of the answer.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Output {
        Output {
            expr: self,
            name: name.into(),
        }
    }

    /// An order by it, smallest first, NULLs where the database puts them.
    #[must_use]
    pub const fn asc(self) -> Order {
        Order {
            expr: self,
            direction: Direction::Asc,
            nulls: None,
        }
    }

    /// The same, largest first.
    #[must_use]
    pub const fn desc(self) -> Order {
        Order {
            expr: self,
            direction: Direction::Desc,
            nulls: None,
        }
    }
}

impl Predicate {
    /// Both hold.
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

    /// At least one holds.
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

    /// It does not hold.
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

    /// A query of nothing, without columns yet.
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

    /// Gives back a column of the table under its own name.
    #[must_use]
    pub fn column(self, table: &Table, name: &str, ty: ColumnType) -> Self {
        let output = table.col(name, ty).named(name);
        self.output(output)
    }

    /// Gives back a value.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        self.outputs.push(output);
        self
    }

    /// Only rows for which this holds too.
    #[must_use]
    pub fn filter(mut self, condition: Predicate) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(filter) => filter.and(condition),
            None => condition,
        });
        self
    }

    /// With a further table.
    #[must_use]
    pub fn join(mut self, kind: JoinKind, table: &Table, on: Predicate) -> Self {
        self.joins.push(Join {
            kind,
            source: Source::Table(table.clone()),
            on,
        });
        self
    }

    /// Ordered by this, after what came before.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order_by.push(order);
        self
    }
}

impl Insert {
    /// One row into these columns; the values are the params in the columns' order.
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
    /// A column that is written.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }
}

impl Update {
    /// An update that assigns nothing yet.
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

    /// Gives a column a new value.
    #[must_use]
    pub fn set(mut self, column: InsertColumn, value: Expr) -> Self {
        self.assignments.push(super::Assignment { column, value });
        self
    }
}

impl Delete {
    /// A delete of these rows.
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
