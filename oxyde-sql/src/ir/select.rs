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
    /// What comes back, in order.
    pub outputs: Vec<Output>,
    /// Equal rows once.
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
    /// offset below then hold for the whole; `order_by` names outputs by `Expr::Column` with an
    /// empty table.
    pub compounds: Vec<Compound>,
    /// `ORDER BY`.
    pub order_by: Vec<Order>,
    /// Most rows: an integer param or literal.
    #[serde(deserialize_with = "Option::deserialize")]
    pub limit: Option<Expr>,
    /// Rows left out first: an integer param or literal.
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
    /// Its schema, where it is not the connection's.
    #[serde(deserialize_with = "Option::deserialize")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The alias that `Expr::Column` refers to; may equal the name.
    pub alias: String,
}

/// One column of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// What.
    pub expr: Expr,
    /// Under which name.
    pub name: String,
}

/// Whether equal rows come once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distinct {
    /// All rows.
    All,
    /// Equal rows once.
    Rows,
    /// The first row for each value of these.
    On(Vec<Expr>),
}

/// A further query of a compound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compound {
    /// How the rows are put together.
    pub operator: SetOperator,
    /// The rows.
    pub select: Select,
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetOperator {
    /// Both, equal rows once.
    Union,
    /// Both.
    UnionAll,
    /// Rows in both.
    Intersect,
    /// Rows of the first that are not in the second.
    Except,
}

/// One term of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// By what.
    pub expr: Expr,
    /// Which way.
    pub direction: Direction,
    /// Where NULLs go; the database's own place when `None`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub nulls: Option<Nulls>,
}

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// Where NULLs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Before all.
    First,
    /// After all.
    Last,
}

/// Row locks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// `FOR UPDATE` or `FOR SHARE`.
    pub strength: LockStrength,
    /// What to do about rows that others hold.
    pub wait: LockWait,
    /// Only rows of these aliases; of all tables when empty.
    pub of: Vec<String>,
}

/// How strong a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockStrength {
    /// Against writers and lockers.
    Update,
    /// Against writers.
    Share,
}

/// What to do about rows that others hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockWait {
    /// Wait.
    Wait,
    /// Fail at once.
    NoWait,
    /// Leave them out.
    SkipLocked,
}
