use serde::{Deserialize, Serialize};

use super::{Expr, Join, Predicate};

/// `SELECT`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// `WITH`.
    pub ctes: Vec<Cte>,
    /// The first table; `None` for a select without one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub from: Option<Source>,
    /// Further tables.
    pub joins: Vec<Join>,
    /// The result columns, in order.
    pub outputs: Vec<Output>,
    /// Distinct rows only.
    pub distinct: Distinct,
    /// `WHERE`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub filter: Option<Predicate>,
    /// `GROUP BY`.
    pub group_by: Vec<Expr>,
    /// `HAVING`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub having: Option<Predicate>,
    /// `UNION`, `INTERSECT`, `EXCEPT`: applied in order to the rows so far. Order, limit and
    /// offset below then apply to the whole; `order_by` names outputs by `Expr::Column` with an
    /// empty table.
    pub compounds: Vec<Compound>,
    /// `ORDER BY`.
    pub order_by: Vec<Order>,
    /// Maximum number of rows: an integer param or literal.
    #[serde(deserialize_with = "Option::deserialize")]
    pub limit: Option<Expr>,
    /// Number of skipped rows: an integer param or literal.
    #[serde(deserialize_with = "Option::deserialize")]
    pub offset: Option<Expr>,
    /// Row locks.
    #[serde(deserialize_with = "Option::deserialize")]
    pub lock: Option<Lock>,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cte {
    /// Its name.
    pub name: String,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Whether it refers to itself; its query is then a compound.
    pub recursive: bool,
    /// The query.
    pub select: Select,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A table, or a CTE by name.
    Table(Table),
    /// A derived table.
    Subquery {
        /// The query.
        select: Box<Select>,
        /// Its alias.
        alias: String,
    },
}

/// A table under an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its schema; `None` means the connection's default schema.
    #[serde(deserialize_with = "Option::deserialize")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The alias that `Expr::Column` refers to; may equal the name.
    pub alias: String,
}

/// A result column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The expression.
    pub expr: Expr,
    /// Its name.
    pub name: String,
}

/// Whether rows are distinct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distinct {
    /// All rows.
    All,
    /// Distinct rows only.
    Rows,
    /// The first row for each value of these expressions.
    On(Vec<Expr>),
}

/// A further query of a compound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compound {
    /// The set operator.
    pub operator: SetOperator,
    /// The query.
    pub select: Select,
}

/// A set operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetOperator {
    /// Rows of both, distinct.
    Union,
    /// Rows of both.
    UnionAll,
    /// Rows in both.
    Intersect,
    /// Rows of the first that are not in the second.
    Except,
}

/// A term of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The expression.
    pub expr: Expr,
    /// The direction.
    pub direction: Direction,
    /// The position of NULLs; `None` means the database's default.
    #[serde(deserialize_with = "Option::deserialize")]
    pub nulls: Option<Nulls>,
    /// Whether an index of the table begins with the column.
    pub indexed: bool,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// The position of NULLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// First.
    First,
    /// Last.
    Last,
}

/// Row locks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// `FOR UPDATE` or `FOR SHARE`.
    pub strength: LockStrength,
    /// What to do about rows that others have locked.
    pub wait: LockWait,
    /// Only rows of these aliases; of all tables when empty.
    pub of: Vec<String>,
}

/// The strength of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockStrength {
    /// Blocks writers and other locks.
    Update,
    /// Blocks writers.
    Share,
}

/// What to do about rows that others have locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockWait {
    /// Wait.
    Wait,
    /// Fail immediately.
    NoWait,
    /// Skip them.
    SkipLocked,
}
