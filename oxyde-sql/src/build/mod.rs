//! Builds statements in Rust, with the values where they are used.
//!
//! [`table!`](crate::table) declares a table; its columns know the Rust type of their values, and
//! give expressions and conditions. A finished [`Query`] is compiled for a database: to a
//! [`Plan`](crate::plan::Plan) and the values that it binds, in order. What a database or its version
//! lacks is an error then, as it is for each statement of the [IR](crate::ir), which this builds.
//!
//! ```
//! use oxyde_sql::build::*;
//! use oxyde_sql::dialect::{Dialect, Features};
//! use oxyde_sql::value::Value;
//!
//! oxyde_sql::table! {
//!     struct Users("users") {
//!         id: i64,
//!         name: String,
//!         age: Option<i64>,
//!     }
//! }
//!
//! let users = Users::table();
//! let query = users
//!     .select()
//!     .columns((users.id, users.name))
//!     .filter(users.age.gte(18).or(users.age.is_null()))
//!     .order_by(users.id.desc())
//!     .limit(10);
//!
//! let (plan, values) = query.compile(&Features::of(Dialect::Mysql))?;
//! assert_eq!(
//!     plan.sql,
//!     "SELECT `users`.`id` AS `id`, `users`.`name` AS `name` FROM `users` \
//!      WHERE `users`.`age` >= ? OR `users`.`age` IS NULL ORDER BY `users`.`id` DESC LIMIT ?",
//! );
//! assert_eq!(values, [Value::Int(18), Value::Int(10)]);
//! # Ok::<(), oxyde_sql::SqlError>(())
//! ```
//!
//! Names of tables and columns are part of the program. For those that are known only when it runs,
//! build the [IR](crate::ir) itself: [`Expr::of`] and [`Condition::of`] take parts of it.

mod aggregate;
mod case;
mod changed;
mod column;
mod condition;
mod conflict;
mod delete;
mod expr;
mod expression;
mod insert;
mod json;
mod list;
mod moment;
mod number;
mod operand;
mod output;
mod part;
mod query;
mod row;
mod select;
mod sql_type;
mod table;
mod text;
mod update;
mod window;

pub use aggregate::{Aggregate, AggregateExpression, aggregate, count};
pub use case::Case;
pub use column::Column;
pub use condition::Condition;
pub use conflict::{ConflictUpdate, OnConflict};
pub use delete::Delete;
pub use expr::{AnyExpr, Expr};
pub use expression::{Expression, function};
pub use insert::{Insert, InsertRows, Target};
pub use json::DocumentExpression;
pub use list::List;
pub use moment::DatedExpression;
pub use number::NumberExpression;
pub use operand::{IntoOperand, IntoValue, Operand};
pub use output::{Order, Output};
pub use query::Query;
pub use row::RowOf;
pub use select::Select;
pub use sql_type::{Dated, Document, Field, Number, SqlType, Text};
pub use table::Table;
pub use text::TextExpression;
pub use update::Update;
pub use window::Over;
use window::Window;
