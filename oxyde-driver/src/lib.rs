//! Pools, transactions, bind and decode, for the plans of `oxyde-sql`.
//!
//! ```no_run
//! # async fn example() -> Result<(), oxyde_driver::DriverError> {
//! use oxyde_driver::{BeginOptions, Cancel, Pool, PoolSettings};
//!
//! let pool = Pool::connect("postgresql://localhost/app", PoolSettings::default()).await?;
//! let rows = pool.fetch_raw("SELECT 1 AS one", vec![], &[], &Cancel::never()).await?;
//! let transaction = pool.begin(BeginOptions::default(), &Cancel::never()).await?;
//! transaction.commit().await?;
//! # Ok(())
//! # }
//! ```

mod backend;
mod begin;
mod bind;
mod bulk;
mod calendar;
mod cancel;
mod cursor;
mod error;
mod executor;
mod fit;
mod json;
mod lease;
mod listen;
mod parts;
mod pool;
mod rows;
mod settings;
mod supervise;
mod transaction;

pub use backend::Heard;
pub use begin::{BeginOptions, Isolation};
pub use bulk::BulkDone;
pub use cancel::Cancel;
pub use cursor::Cursor;
pub use error::{Cause, DriverError, Report, Rule, Violation};
pub use executor::Done;
pub use lease::PoolStatus;
pub use listen::Listener;
pub use parts::{Part, Parts};
pub use pool::Pool;
pub use rows::{Cell, ListCell, RowSet};
pub use settings::PoolSettings;
pub use transaction::Transaction;
