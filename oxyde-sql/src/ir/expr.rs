use serde::{Deserialize, Serialize};

use super::{Order, Predicate, Search, Select};
use crate::types::ColumnType;

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expr {
    /// A column of a table in scope.
    Column {
        /// Alias of the table, as declared in this statement or an outer one; empty for a bare
        /// name (an assignment's own table).
        table: String,
        /// Column name.
        name: String,
        /// Its type.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// A param: a position in the list of values.
    Param {
        /// Index into the values of each run.
        index: u32,
        /// The type that it is sent as; for a list, the type of an item.
        #[serde(rename = "type")]
        ty: ColumnType,
        /// Whether the value is a list (`in`).
        list: bool,
    },
    /// A constant that is part of the query's shape.
    Literal(Literal),
    /// `left op right`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// The type of the result.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// A function by its registered name (`lower`, `coalesce`, `now` …).
    Function {
        /// Name in the table of functions.
        name: String,
        /// Arguments in order.
        arguments: Vec<Expr>,
        /// The type of the result.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// An aggregate.
    Aggregate(Box<Aggregate>),
    /// `CASE WHEN … END`.
    Case(Box<Case>),
    /// `CAST(expr AS type)`.
    Cast {
        /// The converted expression.
        operand: Box<Expr>,
        /// The target type.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// A part of a JSON document.
    JsonPath {
        /// The document.
        operand: Box<Expr>,
        /// Keys and indexes from the root.
        path: Vec<PathItem>,
        /// The type that the part is read as; `json` for the part itself.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// A scalar subquery.
    Subquery {
        /// The query; it has one output.
        select: Box<Select>,
        /// The type of the result.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
    /// A predicate as a value.
    Predicate(Box<Predicate>),
    /// A function over a window.
    Window(Box<Window>),
    /// A full-text search.
    Search(Box<Search>),
    /// Raw SQL of the user (`RawSQL`), with the user's expressions in between.
    Raw {
        /// Text and expressions, in order.
        parts: Vec<RawPart>,
        /// The type of the result.
        #[serde(rename = "type")]
        ty: ColumnType,
    },
}

/// A constant of the query's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Literal {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// A small integer.
    Int(i64),
    /// `DEFAULT`, in an insert or an assignment.
    Default,
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryOp {
    /// `+`, also of dates and intervals
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// True division, also of two integers, as in Python.
    Divide,
    /// Division rounded towards minus infinity, as in Python.
    FloorDivide,
    /// Remainder with the sign of the divisor, as in Python.
    Modulo,
    /// Power.
    Power,
    /// Concatenation.
    Concat,
    /// Bitwise and.
    BitAnd,
    /// Bitwise or.
    BitOr,
}

/// An aggregate over a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Name in the table of aggregates (`count`, `sum`, `avg`, `min`, `max` …).
    pub name: String,
    /// Arguments; none for `COUNT(*)`.
    pub arguments: Vec<Expr>,
    /// Distinct values only.
    pub distinct: bool,
    /// Only rows that match this condition.
    #[serde(deserialize_with = "Option::deserialize")]
    pub filter: Option<Predicate>,
    /// Order inside the aggregate (`string_agg`).
    pub order_by: Vec<Order>,
    /// The type of the result.
    #[serde(rename = "type")]
    pub ty: ColumnType,
}

/// `CASE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The branches in order.
    pub whens: Vec<When>,
    /// The value if no branch matches.
    #[serde(deserialize_with = "Option::deserialize")]
    pub otherwise: Option<Expr>,
    /// The type of the result.
    #[serde(rename = "type")]
    pub ty: ColumnType,
}

/// One branch of a `CASE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The condition.
    pub condition: Predicate,
    /// The value if the condition is true.
    pub then: Expr,
}

/// A step into a JSON document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PathItem {
    /// A member of an object.
    Key(String),
    /// An item of an array, from 0.
    Index(i64),
    /// A number that is a key of an object or an index of an array, depending on the container.
    Member {
        /// The number.
        number: u32,
        /// Whether an update creates an array if the container is missing.
        list: bool,
    },
}

/// `function OVER (…)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// A window function by name with arguments, or an aggregate.
    pub function: Expr,
    /// `PARTITION BY`.
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`.
    pub order_by: Vec<Order>,
    /// The frame.
    #[serde(deserialize_with = "Option::deserialize")]
    pub frame: Option<Frame>,
}

/// The rows of a window that a function uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// `ROWS`, `RANGE` or `GROUPS`.
    pub unit: FrameUnit,
    /// Where it starts.
    pub start: FrameBound,
    /// Where it ends.
    pub end: FrameBound,
}

/// The unit of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Values of the order.
    Range,
    /// Groups of peers.
    Groups,
}

/// One end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(u32),
    /// `CURRENT ROW`
    CurrentRow,
    /// `n FOLLOWING`
    Following(u32),
    /// `UNBOUNDED FOLLOWING`
    UnboundedFollowing,
}

/// A part of raw SQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RawPart {
    /// Text, sent unchanged.
    Text(String),
    /// A name, quoted as an identifier.
    Name(String),
    /// An expression in between (usually a param).
    Expr(Expr),
}
