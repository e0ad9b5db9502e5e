//! The typed statement: the input, without SQL text and without user values.
//!
//! Python sends it as MessagePack, once per query shape. Values are sent separately: an
//! [`Expr::Param`] is a position in the list of values of each run.
//! Unknown keys are errors, so that a misspelt key never widens a statement.

mod builder;
mod column_type;
mod delete;
mod expr;
mod insert;
mod join;
mod params;
mod predicate;
mod search;
mod select;
mod update;

pub use delete::Delete;
pub use expr::{
    Aggregate, BinaryOp, Case, Expr, Frame, FrameBound, FrameUnit, Literal, PathItem, RawPart,
    When, Window,
};
pub use insert::{Conflict, ConflictAction, ConflictTarget, Insert, InsertColumn, InsertSource};
pub use join::{Join, JoinKind};
pub(crate) use params::Params;
pub use predicate::Predicate;
pub use search::{Search, SearchIndex, SearchResult};
pub use select::{
    Compound, Cte, Direction, Distinct, Lock, LockStrength, LockWait, Nulls, Order, Output, Select,
    SetOperator, Source, Table,
};
use serde::{Deserialize, Serialize};
pub use update::{Assignment, BulkUpdate, Scope, Update};

/// The version of this format; a message with another version is refused.
pub const IR_VERSION: u32 = 1;

/// The message from Python: the version and one statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Must be [`IR_VERSION`].
    pub version: u32,
    /// The statement to compile.
    pub statement: Statement,
}

/// A complete statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Statement {
    /// Read rows.
    Select(Box<Select>),
    /// Add rows.
    Insert(Box<Insert>),
    /// Change rows.
    Update(Box<Update>),
    /// Change many rows, each to its own values.
    BulkUpdate(Box<BulkUpdate>),
    /// Remove rows.
    Delete(Box<Delete>),
}
