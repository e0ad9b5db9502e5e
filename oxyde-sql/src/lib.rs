//! Compiles typed statements to SQL text and a bind recipe.
//!
//! Pure: no I/O, no async, no Python. [`build`] makes a statement with the values where they are
//! used; it is then compiled for a database, to a [`Plan`](plan::Plan): the SQL text, which value is
//! bound to which placeholder as which type, and the columns of the rows. The SQL text never contains
//! a user's value. [`schema`] and [`ddl`] do the same for tables.
//!
//! # Example: one statement for three databases
//!
//! ```
//! use oxyde_sql::build::*;
//! use oxyde_sql::dialect::{Dialect, Features};
//!
//! oxyde_sql::table! {
//!     struct Users("users") {
//!         id: i64,
//!         name: String,
//!     }
//! }
//!
//! let users = Users::table();
//! let query = users
//!     .select()
//!     .columns(users.id)
//!     .filter(users.name.icontains("ali"))
//!     .order_by(users.id.desc());
//!
//! let sql = |dialect| query.compile(&Features::of(dialect)).map(|(plan, _)| plan.sql);
//! assert_eq!(
//!     sql(Dialect::Postgres)?,
//!     r#"SELECT "users"."id" AS "id" FROM "users" WHERE "users"."name" ILIKE $1 ORDER BY "users"."id" DESC"#,
//! );
//! assert_eq!(
//!     sql(Dialect::Sqlite)?,
//!     r#"SELECT "users"."id" AS "id" FROM "users" WHERE instr(oxyde_casefold("users"."name"), oxyde_casefold(?)) > 0 ORDER BY "users"."id" DESC"#,
//! );
//! assert_eq!(
//!     sql(Dialect::Mysql)?,
//!     "SELECT `users`.`id` AS `id` FROM `users` WHERE LOWER(`users`.`name`) LIKE LOWER(?) ORDER BY `users`.`id` DESC",
//! );
//! # Ok::<(), oxyde_sql::SqlError>(())
//! ```
//!
//! A [`Statement`](ir::Statement) of the [`ir`] is what a builder makes, and what [`compile`] takes. It
//! has no values: a [param](ir::Expr::param) is a position in a list of values, so that a statement can
//! be compiled once and run with many lists.
//!
//! # SQLite
//!
//! SQLite has few functions, so the text for it calls functions and collations of Oxyde, such as
//! `oxyde_casefold` above. [`SqliteNeeds::of`](dialect::SqliteNeeds::of) tells which a text needs,
//! [`SQLITE_FUNCTIONS`](dialect::SQLITE_FUNCTIONS) and
//! [`SQLITE_COLLATIONS`](dialect::SQLITE_COLLATIONS) are all of them, with what they do. The pools of
//! `oxyde-driver` have them; its `register_sqlite_functions` adds them to a connection of another driver.
//! The text needs SQLite 3.44 ([`Dialect::oldest`](dialect::Dialect::oldest)), and foreign keys need
//! `PRAGMA foreign_keys = ON`.
//!
//! # Features
//!
//! A dialect is a few tables and adds no dependency, so no feature leaves one out. `chrono`, `time`, `uuid`,
//! `rust_decimal` and `serde_json` make [`Value`](value::Value)s of these crates' types.

pub mod aggregate;
pub mod build;
pub mod ddl;
pub mod dialect;
pub mod error;
pub mod function;
pub mod ir;
pub mod lookup;
pub mod msgpack;
mod nesting;
pub mod plan;
mod query;
pub mod schema;
pub mod search;
pub mod suggest;
pub mod types;
pub mod value;

pub use error::SqlError;
pub use query::{MAX_DEPTH, compile, compile_message};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
