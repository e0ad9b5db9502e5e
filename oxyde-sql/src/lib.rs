//! Compiles typed statements to SQL text and a bind recipe.
//!
//! Pure: no I/O, no async, no Python. A [`Statement`](ir::Statement) describes a query
//! independently of any database; [`compile`] turns it into a [`Plan`](plan::Plan) for one: the SQL
//! text, which value is bound to which placeholder as which type, and the columns of the rows. The
//! SQL text never contains a user's value.
//!
//! # Example: one statement for three databases
//!
//! ```
//! use oxyde_sql::compile;
//! use oxyde_sql::dialect::{Dialect, Features};
//! use oxyde_sql::ir::{Expr, Select, Statement, Table};
//! use oxyde_sql::types::ColumnType;
//!
//! let users = Table::new("users");
//! let name = users.col("name", ColumnType::Text);
//! let select = Select::from_table(&users)
//!     .column(&users, "id", ColumnType::BigInt)
//!     .filter(name.lookup("icontains", [Expr::param(0, ColumnType::Text)]))
//!     .order(users.col("id", ColumnType::BigInt).desc());
//! let statement = Statement::from(select);
//!
//! let sql = |dialect| compile(&statement, &Features::of(dialect)).map(|plan| plan.sql);
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
//! The crate has no Cargo features: a dialect is a few tables, and adds no dependency.

pub mod aggregate;
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
