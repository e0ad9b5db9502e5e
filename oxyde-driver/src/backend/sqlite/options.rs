//! How to open an SQLite database, and how a connection is set up.

use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::raw::{Fault, Handle};
use crate::settings::{Place, PoolSettings};

/// Options from the URL and the settings.
pub(super) fn options(place: &Place, settings: &PoolSettings) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(busy_timeout(settings))
        .disable_statement_logging();
    match place {
        Place::File {
            path,
            read_only,
            create,
        } => options
            .filename(path)
            .read_only(*read_only)
            .create_if_missing(*create),
        Place::Memory | Place::Server(_) => options.filename(":memory:").in_memory(true),
    }
}

pub(super) fn busy_timeout(settings: &PoolSettings) -> Duration {
    Duration::from_millis(settings.sqlite_busy_timeout.into())
}

/// Between two attempts at what another process is in the way of.
const PAUSE: Duration = Duration::from_millis(5);

/// The settings of every connection. Foreign keys are checked; a double-quoted name that is
/// none is an error, not a text.
///
/// SQLite does not ask the busy handler when two processes turn one file into WAL at the same
/// time, or when one recovers or removes the log that the other reads
/// (<https://www.sqlite.org/wal.html>, "Sometimes Queries Return `SQLITE_BUSY` In WAL Mode"), so
/// the busy timeout is kept here.
pub(super) fn set_up(handle: &mut Handle, settings: &PoolSettings) -> Result<(), Fault> {
    let until = Instant::now() + busy_timeout(settings);
    loop {
        match apply(handle, settings) {
            Err(fault) if fault.code & 0xff == ffi::SQLITE_BUSY && Instant::now() < until => {
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

fn apply(handle: &mut Handle, settings: &PoolSettings) -> Result<(), Fault> {
    handle.exec(&format!(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = {}; PRAGMA cache_size = {}; \
         PRAGMA recursive_triggers = ON",
        settings.sqlite_synchronous, settings.sqlite_cache_size
    ))?;
    // Reads the file's head: a file that is no database is noticed here.
    handle.exec("SELECT count(*) FROM sqlite_schema")?;
    if handle.is_read_only() {
        return Ok(());
    }
    handle.exec(&format!(
        "PRAGMA journal_mode = {}",
        settings.sqlite_journal_mode
    ))
}
