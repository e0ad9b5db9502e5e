//! Runs the plans of `oxyde-sql`: pools, transactions, binding and decoding.
//!
//! ```no_run
//! # async fn example() -> Result<(), oxyde_driver::DriverError> {
//! use oxyde_driver::{BeginOptions, Cancel, Pool, PoolSettings};
//!
//! let pool = Pool::connect("postgresql://localhost/app", PoolSettings::default()).await?;
//! let rows = pool.fetch_raw("SELECT 1 AS one", vec![], &[], &Cancel::never()).await?;
//! let transaction = pool.begin(BeginOptions::default(), &Cancel::never()).await?;
//! transaction.commit(&Cancel::never()).await?;
//! # Ok(())
//! # }
//! ```
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
mod listen;
mod pool;
mod rows;
mod settings;
mod transaction;
mod values;

pub use backend::Role;
#[cfg(feature = "sqlite")]
pub use backend::register_sqlite_functions;
pub use bulk::{BulkResult, bulk_text};
pub use cancel::Cancel;
pub use cursor::Cursor;
pub use error::{Cause, DriverError, Report, Rule, Violation};
pub use executor::ExecuteResult;
pub use listen::{Listener, Notification};
pub use pool::{Pool, PoolCounters, PoolEvent, PoolEventKind, PoolStatus};
pub use rows::{Cell, Chunk, ChunkSink, ListCell, RangeCell, RowSet};
pub use settings::{
    Host, PoolSettings, Server, SessionSettings, SessionValue, server_of, sqlite_file,
    with_database,
};
pub use transaction::{BeginOptions, Isolation, Transaction};
pub use values::calendar;
pub use values::placeholder::{beyond, day_text};
