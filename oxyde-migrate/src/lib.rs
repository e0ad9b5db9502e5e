//! Schema states in, migration operations, plans and their execution out.
//!
//! The parts stand alone, so that Rust programs can use them without Python:
//!
//! - [`operation`]: the changes that migrations are made of; [`state`]: applying and comparing.
//! - [`autodetect`]: from two states to the operations between them.
//! - [`mod@file`] and [`history`]: TOML files, and all of them in one order.
//! - [`plan`], [`ledger`], [`executor`]: what is to be done on a database, and doing it so that
//!   nothing stays half done which the next run does not finish.
//! - [`introspect`]: what a database has, and how it differs from a state.
//! - [`mod@lint`], [`mod@squash`], [`merge`]: looking after migrations.
//!
//! ```
//! use oxyde_migrate::autodetect::{Knowledge, detect};
//! use oxyde_migrate::file::{Migration, parse, render};
//! use oxyde_sql::schema::Schema;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let new: Schema = serde_json::from_str(
//!     r#"{"tables": [{"name": "users", "primary_key": ["id"], "columns": [
//!         {"name": "id", "type": "big_int", "nullable": false, "auto_increment": true},
//!         {"name": "email", "type": {"varchar": {"length": 200}}, "nullable": false}
//!     ]}]}"#,
//! )?;
//! let found = detect(&Schema::default(), &new, &Knowledge::default())?;
//! let migration = Migration::new("0001_initial".into(), vec![], found.operations);
//! assert_eq!(migration.operations[0].describe(), "create table users");
//!
//! // It is written as TOML, and read back as it was.
//! let text = render(&migration);
//! assert_eq!(parse("0001_initial.toml", "0001_initial", &text)?, migration);
//!
//! // Applied to the old state it gives the new one.
//! let mut state = Schema::default();
//! oxyde_migrate::history::apply(&migration, &mut state)?;
//! assert_eq!(state, new);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/diff_and_apply.rs` goes all the way to a database.

pub mod autodetect;
pub mod executor;
pub mod file;
pub mod history;
pub mod introspect;
pub mod ledger;
pub mod lint;
pub mod merge;
pub mod naming;
pub mod operation;
pub mod plan;
mod server;
pub mod session;
pub mod squash;
pub mod state;
pub mod statements;
pub mod suggest;
