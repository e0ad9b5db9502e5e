use super::part::{Part, add};
use super::{AnyExpr, Condition, Expr, IntoOperand, List, Order, Output, Query, SqlType, Table};
use crate::error::SqlError;
use crate::ir::{self, JoinKind, SetOperator, Statement};
use crate::types::ColumnType;
use crate::value::Value;

/// `SELECT`, from [`Table::select`].
///
/// ```
/// use oxyde_sql::build::*;
///
/// oxyde_sql::table! { struct Users("users") { id: i64, name: String } }
/// oxyde_sql::table! { struct Posts("posts") { id: i64, author_id: i64, views: i64 } }
///
/// let (users, posts) = (Users::table(), Posts::table());
/// let query = users
///     .select()
///     .columns((users.name, count().named("posts"), posts.views.sum().named("views")))
///     .join(&posts, posts.author_id.eq(users.id))
///     .group_by((users.id, users.name))
///     .having(posts.views.sum().gt(100))
///     .order_by(posts.views.sum().desc())
///     .limit(10);
/// ```
#[derive(Clone, Debug)]
pub struct Select {
    node: ir::Select,
    /// The columns of the first table, for a query that does not say which.
    all: Vec<ir::Output>,
    values: Vec<Value>,
}

impl Select {
    pub(super) fn from_table(table: &impl Table) -> Self {
        Self {
            node: ir::Select::from_table(&table.source()),
            all: plain(table.columns()),
            values: Vec::new(),
        }
    }

    /// A query without tables.
    #[must_use]
    pub const fn values() -> Self {
        Self {
            node: ir::Select::empty(),
            all: Vec::new(),
            values: Vec::new(),
        }
    }

    /// A query of the rows of another, under an alias; [`Column::new`](super::Column::new) gives
    /// their columns.
    ///
    /// ```
    /// # use oxyde_sql::build::*;
    /// # oxyde_sql::table! { struct Posts("posts") { id: i64, author_id: i64 } }
    /// # let posts = Posts::table();
    /// let per_author = posts
    ///     .select()
    ///     .columns((posts.author_id, count().named("posts")))
    ///     .group_by(posts.author_id);
    /// let posts = Column::<i64>::new("per_author", "posts");
    /// let most = Select::from_query(per_author, "per_author").columns(posts.max().named("most"));
    /// ```
    #[must_use]
    pub fn from_query(query: Self, alias: &str) -> Self {
        let outputs = query.outputs().to_vec();
        let part = query.into_part();
        Self {
            all: outputs
                .into_iter()
                .map(|output| {
                    let ty = output.expr.column_type().cloned();
                    let column = ir::Expr::Column {
                        table: alias.to_owned(),
                        name: output.name.clone(),
                        ty: ty.unwrap_or(ColumnType::Text),
                    };
                    column.named(output.name)
                })
                .collect(),
            node: ir::Select {
                from: Some(ir::Source::Subquery {
                    select: Box::new(part.node),
                    alias: alias.to_owned(),
                }),
                ..ir::Select::empty()
            },
            values: part.values,
        }
    }

    /// Add result columns.
    #[must_use]
    pub fn columns(mut self, outputs: impl List<Output>) -> Self {
        let outputs = add(&mut self.values, Output::all(outputs));
        self.node.outputs.extend(outputs);
        self
    }

    /// Only distinct rows.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.node.distinct = ir::Distinct::Rows;
        self
    }

    /// Only the first row for each value of these expressions, where the database can do that.
    #[must_use]
    pub fn distinct_on(mut self, by: impl List<AnyExpr>) -> Self {
        self.node.distinct = ir::Distinct::On(self.exprs(by));
        self
    }

    /// Join the rows of another table for which the condition is true.
    #[must_use]
    pub fn join(self, table: &impl Table, on: impl Into<Condition>) -> Self {
        let source = Part::plain(ir::Source::Table(table.source()));
        self.joined(JoinKind::Inner, source, on.into())
    }

    /// The same, with NULLs for rows that have none.
    #[must_use]
    pub fn left_join(self, table: &impl Table, on: impl Into<Condition>) -> Self {
        let source = Part::plain(ir::Source::Table(table.source()));
        self.joined(JoinKind::Left, source, on.into())
    }

    /// Join the rows of a query, under an alias.
    #[must_use]
    pub fn join_query(
        self,
        kind: JoinKind,
        query: Self,
        alias: &str,
        on: impl Into<Condition>,
    ) -> Self {
        let source = query.into_part().map(|select| ir::Source::Subquery {
            select: Box::new(select),
            alias: alias.to_owned(),
        });
        self.joined(kind, source, on.into())
    }

    fn joined(mut self, kind: JoinKind, source: Part<ir::Source>, on: Condition) -> Self {
        let source = add(&mut self.values, source);
        let on = add(&mut self.values, on.0);
        self.node.joins.push(ir::Join { kind, source, on });
        self
    }

    /// Only rows for which the condition is true, and those of earlier calls.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Condition>) -> Self {
        let condition = add(&mut self.values, condition.into().0);
        self.node = self.node.filter(condition);
        self
    }

    /// One row for each group of rows with the same values of these expressions.
    #[must_use]
    pub fn group_by(mut self, by: impl List<AnyExpr>) -> Self {
        let by = self.exprs(by);
        self.node.group_by.extend(by);
        self
    }

    /// Only groups for which the condition is true, and those of earlier calls.
    #[must_use]
    pub fn having(mut self, condition: impl Into<Condition>) -> Self {
        let condition = add(&mut self.values, condition.into().0);
        ir::Predicate::narrow(&mut self.node.having, condition);
        self
    }

    /// Add terms to the order.
    #[must_use]
    pub fn order_by(mut self, order: impl List<Order>) -> Self {
        let order = Part::all(order.into_items().into_iter().map(|order| order.0));
        let order = add(&mut self.values, order);
        self.node.order_by.extend(order);
        self
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: impl IntoOperand<i64>) -> Self {
        let rows = rows.into_operand().typed(&ColumnType::BigInt);
        self.node.limit = Some(add(&mut self.values, rows));
        self
    }

    /// Without the first rows.
    #[must_use]
    pub fn offset(mut self, rows: impl IntoOperand<i64>) -> Self {
        let rows = rows.into_operand().typed(&ColumnType::BigInt);
        self.node.offset = Some(add(&mut self.values, rows));
        self
    }

    /// Lock the rows against changes and other locks until the transaction ends.
    #[must_use]
    pub fn for_update(self) -> Self {
        self.lock(ir::Lock {
            strength: ir::LockStrength::Update,
            wait: ir::LockWait::Wait,
            of: Vec::new(),
        })
    }

    /// Lock the rows in another way.
    #[must_use]
    pub fn lock(mut self, lock: ir::Lock) -> Self {
        self.node.lock = Some(lock);
        self
    }

    /// The distinct rows of both. The order and limit of the whole come after this; the order
    /// names columns without a table: `Column::<i64>::new("", "id")`.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.compound(SetOperator::Union, other)
    }

    /// The rows of both.
    #[must_use]
    pub fn union_all(self, other: Self) -> Self {
        self.compound(SetOperator::UnionAll, other)
    }

    /// The rows that are in both.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        self.compound(SetOperator::Intersect, other)
    }

    /// The rows that are not in the other.
    #[must_use]
    pub fn except(self, other: Self) -> Self {
        self.compound(SetOperator::Except, other)
    }

    fn compound(mut self, operator: SetOperator, other: Self) -> Self {
        let select = add(&mut self.values, other.into_part());
        self.node.compounds.push(ir::Compound { operator, select });
        self
    }

    /// A query that this one reads by name, like a table: `WITH`.
    #[must_use]
    pub fn with(self, name: &str, query: Self) -> Self {
        self.cte(name, Vec::new(), query, false)
    }

    /// The same for a query that reads itself: a union of the first rows with those that follow
    /// from rows so far.
    ///
    /// ```
    /// use oxyde_sql::build::*;
    ///
    /// oxyde_sql::table! { struct Nodes("nodes") { id: i64, parent_id: Option<i64> } }
    /// oxyde_sql::table! { struct Below("below") { id: i64 } }
    ///
    /// let (nodes, below) = (Nodes::table(), Below::table());
    /// let children = nodes
    ///     .select()
    ///     .columns(nodes.id)
    ///     .join(&below, nodes.parent_id.eq(below.id));
    /// let rows = nodes.select().columns(nodes.id).filter(nodes.id.eq(1)).union_all(children);
    /// let query = below.select().with_recursive("below", ["id"], rows);
    /// ```
    #[must_use]
    pub fn with_recursive<'n>(
        self,
        name: &str,
        columns: impl IntoIterator<Item = &'n str>,
        query: Self,
    ) -> Self {
        let columns = columns.into_iter().map(str::to_owned).collect();
        self.cte(name, columns, query, true)
    }

    fn cte(mut self, name: &str, columns: Vec<String>, query: Self, recursive: bool) -> Self {
        let select = add(&mut self.values, query.into_part());
        self.node.ctes.push(ir::Cte {
            name: name.to_owned(),
            columns,
            recursive,
            select,
        });
        self
    }

    /// Whether the query has rows.
    #[must_use]
    pub fn exists(self) -> Condition {
        let part = self.into_part();
        Condition(part.map(|select| ir::Predicate::Exists(Box::new(select))))
    }

    /// The value of the query's only row and column; NULL without rows.
    #[must_use]
    pub fn value<T: SqlType>(self) -> Expr<T> {
        let column = self.outputs().first();
        let ty = column.and_then(|output| output.expr.column_type());
        let ty = ty.cloned().unwrap_or_else(T::column_type);
        Expr::new(self.into_part().map(|select| ir::Expr::Subquery {
            select: Box::new(select),
            ty,
        }))
    }

    fn exprs(&mut self, list: impl List<AnyExpr>) -> Vec<ir::Expr> {
        let list = Part::all(list.into_items().into_iter().map(|item| item.0));
        add(&mut self.values, list)
    }

    fn outputs(&self) -> &[ir::Output] {
        if self.node.outputs.is_empty() {
            &self.all
        } else {
            &self.node.outputs
        }
    }

    pub(super) fn into_part(self) -> Part<ir::Select> {
        let mut select = self.node;
        if select.outputs.is_empty() {
            select.outputs = self.all;
        }
        Part {
            node: select,
            values: self.values,
        }
    }
}

/// The nodes of columns, which have no values.
pub(super) fn plain(outputs: Vec<Output>) -> Vec<ir::Output> {
    outputs.into_iter().map(|output| output.0.node).collect()
}

impl Query for Select {
    fn statement(&self) -> Result<(Statement, Vec<Value>), SqlError> {
        let part = self.clone().into_part();
        Ok((part.node.into(), part.values))
    }
}
