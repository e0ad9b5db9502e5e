//! A database driver: pools, transactions, and rows as Rust's types, on `PostgreSQL`, `SQLite`, MySQL and
//! MariaDB. It runs SQL, and the plans of `oxyde-sql`.
//!
//! ```no_run
//! use oxyde_driver::{Executor, FromRow, Pool, PoolSettings, values};
//!
//! #[derive(FromRow)]
//! struct User {
//!     id: i64,
//!     name: String,
//! }
//!
//! # async fn example() -> Result<(), oxyde_driver::DriverError> {
//! let pool = Pool::connect("postgresql://localhost/app", PoolSettings::default()).await?;
//! let sql = "SELECT id, name FROM users WHERE age > $1";
//! let users: Vec<User> = pool.fetch_all(sql, values![18]).await?;
//!
//! let transaction = pool.begin().await?;
//! for User { id, name } in users {
//!     let row = values! { id: id, name: format!("{name}!") };
//!     let sql = "UPDATE users SET name = :name WHERE id = :id";
//!     assert_eq!(transaction.execute_raw(sql, row).await?.affected, 1);
//! }
//! transaction.commit().await?;
//!
//! for row in &pool.fetch_raw("SELECT name, email FROM users", ()).await? {
//!     let email: Option<&str> = row.get("email")?;
//!     println!("{} {email:?}", row.get::<&str>("name")?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Executor`] has what pools and transactions run, [`Queries`] runs what [`oxyde_sql::build`] builds
//! for them, [`FromRow`] and [`FromCell`] convert what they
//! return, [`Values`] is what raw SQL takes, and a [`Cancel`] stops an operation from another task.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `postgres` | yes | the driver for PostgreSQL |
//! | `mysql` | yes | the driver for MySQL and MariaDB |
//! | `sqlite` | yes | the driver for SQLite, with the library of the system (3.44 or newer) |
//! | `bundled-sqlite` | yes | SQLite's library compiled in, which needs a C compiler, instead of the system's |
//! | `native-roots` | yes | TLS by rustls, which trusts the certificates of the system's store (and of `SSL_CERT_FILE`) |
//! | `tls-rustls` | no | TLS by rustls, which trusts Mozilla's list as compiled in; `native-roots` takes precedence |
//! | `tls-native` | no | TLS by the system's library (OpenSSL, Secure Transport, `SChannel`); takes precedence over rustls |
//! | `derive` | yes | `#[derive(FromRow)]` |
//! | `chrono`, `time` | no | dates and times of these crates in rows and values |
//! | `uuid` | no | `uuid::Uuid` in rows and values |
//! | `rust_decimal` | no | `rust_decimal::Decimal` in rows and values |
//!
//! All combinations compile. A URL whose driver is left out is a [`DriverError::Unsupported`] that
//! names the feature; without TLS, an `ssl_mode` that demands it is a
//! [`DriverError::InvalidSetting`]. The smallest build for one server:
//!
//! ```toml
//! oxyde-driver = { version = "0.9", default-features = false, features = ["postgres", "native-roots"] }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
// What the drivers share, and only some of them use.
#![cfg_attr(
    not(all(feature = "postgres", feature = "mysql", feature = "sqlite")),
    allow(dead_code)
)]

mod backend;
mod bulk;
mod cancel;
mod cursor;
mod error;
mod executor;
mod explain;
mod listen;
mod pool;
mod queries;
mod rows;
mod settings;
mod transaction;
mod values;

pub use backend::Role;
#[cfg(feature = "sqlite")]
pub use backend::register_sqlite_functions;
pub use bulk::{BulkResult, bulk_text};
pub use cancel::{Cancel, Cancellable};
pub use cursor::Cursor;
pub use error::{Cause, DriverError, Report, Rule, Violation};
pub use executor::{ExecuteResult, Executor, Statement};
pub use listen::{Listener, Notification};
#[cfg(feature = "derive")]
pub use oxyde_derive::FromRow;
pub use oxyde_sql::value::Value;
pub use pool::{Pool, PoolCounters, PoolEvent, PoolEventKind, PoolStatus};
pub use queries::Queries;
pub use rows::{
    Cell, Chunk, ChunkSink, ColumnIndex, FromCell, FromRow, Json, ListCell, Mismatch, RangeCell,
    Row, RowSet, Rows,
};
pub use settings::{
    Host, PoolSettings, Server, SessionSettings, SessionValue, server_of, sqlite_file,
    with_database,
};
pub use transaction::{BeginOptions, Isolation, Transaction};
pub use values::calendar;
pub use values::given::{Values, named};
pub use values::placeholder::{beyond, day_text};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
