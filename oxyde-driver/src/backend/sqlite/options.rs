//! Options of an SQLite database, and the set-up of a connection.

use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use sqlx::ConnectOptions as _;
use sqlx_sqlite::SqliteConnectOptions;

use super::raw::{FfiError, Handle};
use super::statement::{Step, Stored};
use crate::settings::{Place, PoolSettings};

/// Build the options from the URL and the settings.
pub(super) fn options(place: &Place, settings: &PoolSettings) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(busy_timeout(settings))
        .disable_statement_logging();
    match place {
        Place::File {
            path,
            read_only,
            create,
            immutable,
        } => options
            .filename(path)
            .read_only(*read_only)
            .immutable(*immutable)
            .create_if_missing(*create),
        Place::Memory | Place::Server(_) => options.filename(":memory:").in_memory(true),
    }
}

pub(super) fn busy_timeout(settings: &PoolSettings) -> Duration {
    Duration::from_millis(settings.sqlite_busy_timeout.into())
}

/// Delay between retries while another process holds the lock.
const PAUSE: Duration = Duration::from_millis(5);

/// Apply the settings of every connection. Foreign keys are enforced; an unknown double-quoted name
/// is an error, not a string.
///
/// SQLite does not call the busy handler if two processes switch a file to WAL at the same
/// time, or if one recovers or removes the log that the other reads
/// (<https://www.sqlite.org/wal.html>, "Sometimes Queries Return `SQLITE_BUSY` In WAL Mode"), so
/// this function implements the busy timeout for these cases.
pub(super) fn set_up(handle: &mut Handle, settings: &PoolSettings) -> Result<(), FfiError> {
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

fn apply(handle: &mut Handle, settings: &PoolSettings) -> Result<(), FfiError> {
    handle.exec(&format!(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = {}; PRAGMA cache_size = -{}; \
         PRAGMA recursive_triggers = ON; PRAGMA query_only = OFF",
        settings.sqlite_synchronous, settings.sqlite_cache_size
    ))?;
    // Reads the file header, which detects a file that is not a database.
    handle.exec("SELECT count(*) FROM sqlite_schema")?;
    if handle.is_read_only() {
        return Ok(());
    }
    handle.exec(&format!(
        "PRAGMA journal_mode = {}",
        settings.sqlite_journal_mode
    ))?;
    let commits_in_cache = handle.is_in_memory()
        || is_wal(handle)? && matches!(&*settings.sqlite_synchronous, "NORMAL" | "OFF");
    handle.set_commits_in_cache(commits_in_cache);
    Ok(())
}

/// Whether the database has a write-ahead log: the file system or another process may have refused it.
fn is_wal(handle: &mut Handle) -> Result<bool, FfiError> {
    let mut statement = handle.take("PRAGMA journal_mode")?;
    let mut run = statement.start();
    Ok(run.step() == Step::Row && matches!(run.column(0), Stored::Text(mode) if mode == b"wal"))
}
