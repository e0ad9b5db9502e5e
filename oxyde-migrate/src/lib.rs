//! From schema states to migration operations, plans and their execution.
//!
//! The parts are independent, so that Rust programs can use them without Python:
//!
//! - [`operation`]: the changes that migrations consist of; [`state`]: apply and compare states.
//! - [`autodetect`]: derive the operations between two states.
//! - [`mod@file`] and [`history`]: TOML files, and their order.
//! - [`plan`], [`ledger`], [`executor`]: plan what a database needs, and execute it so that the
//!   next run completes an unfinished one.
//! - [`introspect`]: read a database's schema, and compare it with a state.
//! - [`mod@lint`], [`mod@squash`], [`merge`]: maintain migrations.
//!
//! ```
//! use oxyde_migrate::autodetect::{Knowledge, detect};
//! use oxyde_migrate::file::{Migration, parse, render};
//! use oxyde_sql::schema::{Column, Schema, Table};
//! use oxyde_sql::types::ColumnType;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let users = Table::new("users")
//!     .column(Column::new("id", ColumnType::BigInt).auto_increment())
//!     .column(Column::new("email", ColumnType::Varchar { length: 200 }))
//!     .primary_key(["id"]);
//! let new = Schema::of([users]);
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
//! `examples/diff_and_apply.rs` also applies it to a database.
//!
//! # Features
//!
//! `postgres`, `mysql` (also for MariaDB), `sqlite` with `bundled-sqlite`, and `native-roots` for TLS are
//! on by default; `tls-rustls` and `tls-native` are other ways to TLS. They are those of
//! [`oxyde_driver`].

pub mod autodetect;
mod definition;
pub mod executor;
pub mod file;
pub mod history;
pub mod impact;
pub mod introspect;
pub mod ledger;
pub mod lint;
pub mod merge;
pub mod naming;
pub mod operation;
pub mod plan;
mod server;
pub mod session;
pub mod split_sql;
pub mod squash;
pub mod state;

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
