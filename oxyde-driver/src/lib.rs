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

pub use backend::{Notification, Role};
pub use bulk::{BulkResult, bulk_text};
pub use cancel::Cancel;
pub use cursor::Cursor;
pub use error::{Cause, DriverError, Report, Rule, Violation};
pub use executor::ExecuteResult;
pub use listen::Listener;
pub use pool::{Pool, PoolCounters, PoolEvent, PoolEventKind, PoolStatus};
pub use rows::{Cell, Chunk, ChunkSink, ListCell, RangeCell, RowSet};
pub use settings::{
    Host, PoolSettings, Server, SessionSettings, SessionValue, server_of, sqlite_file,
    with_database,
};
pub use transaction::{BeginOptions, Isolation, Transaction};
pub use values::calendar;
pub use values::placeholder::{beyond, day_text};
