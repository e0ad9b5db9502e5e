//! How to open an SQLite database, and how a connection is set up.

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::raw::{Fault, Handle};
use crate::settings::{Place, PoolSettings};

/// Options from the URL and the settings.
pub(super) fn options(place: &Place, settings: &PoolSettings) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .busy_timeout(std::time::Duration::from_millis(
            settings.sqlite_busy_timeout.into(),
        ))
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

/// The settings of every connection. Foreign keys are checked; a double-quoted name that is
/// none is an error, not a text.
pub(super) fn set_up(handle: &mut Handle, settings: &PoolSettings) -> Result<(), Fault> {
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
