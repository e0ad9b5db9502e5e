//! The statements that read and write the ledger's table.

use oxyde_driver::DriverError;
use oxyde_sql::dialect::DdlStyle;

use super::{Record, RecordState};
use crate::plan::{Direction, PlannedMigration};
use crate::server;
use crate::session::{Row, Session};

/// Name of the table, in the connection's default schema.
pub const LEDGER_TABLE: &str = "oxyde_migrations";

const COLUMNS: &str = "name, checksum, state, step, begun, applied_at, duration_ms";

/// The statement that creates the table if it does not exist.
#[must_use]
pub fn create(style: &DdlStyle) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {LEDGER_TABLE} (\n    \
         name VARCHAR(255) NOT NULL PRIMARY KEY,\n    \
         checksum VARCHAR(64) NOT NULL,\n    \
         state VARCHAR(16) NOT NULL,\n    \
         step INTEGER NOT NULL,\n    \
         begun INTEGER NOT NULL,\n    \
         applied_at VARCHAR(32) NOT NULL,\n    \
         duration_ms BIGINT NOT NULL\n){}",
        style.table_suffix
    )
}

/// The statement that reads all rows, or one row.
#[must_use]
pub fn select(style: &DdlStyle, name: Option<&str>) -> String {
    let condition = name
        .map(|name| format!(" WHERE name = {}", style.literal(name)))
        .unwrap_or_default();
    format!("SELECT {COLUMNS} FROM {LEDGER_TABLE}{condition} ORDER BY applied_at, name")
}

/// The statements that write the row of a complete migration.
#[must_use]
pub fn finish(
    style: &DdlStyle,
    item: &PlannedMigration,
    now: &str,
    duration_ms: u128,
) -> Vec<String> {
    let name = style.literal(&item.name);
    let mut statements = vec![format!("DELETE FROM {LEDGER_TABLE} WHERE name = {name}")];
    if item.direction == Direction::Up {
        statements.push(format!(
            "INSERT INTO {LEDGER_TABLE} ({COLUMNS}) VALUES ({name}, {}, 'applied', 0, 0, {}, {duration_ms})",
            style.literal(&item.checksum),
            style.literal(now)
        ));
    }
    statements
}

/// The statements that write the row of a running migration: `done` steps, and whether the next was
/// started.
#[must_use]
pub fn progress(
    style: &DdlStyle,
    item: &PlannedMigration,
    done: usize,
    begun: bool,
    now: &str,
) -> Vec<String> {
    let name = style.literal(&item.name);
    let state = match item.direction {
        Direction::Up => RecordState::Applying,
        Direction::Down => RecordState::Reverting,
    };
    vec![
        format!("DELETE FROM {LEDGER_TABLE} WHERE name = {name}"),
        format!(
            "INSERT INTO {LEDGER_TABLE} ({COLUMNS}) VALUES ({name}, {}, '{}', {done}, {}, {}, 0)",
            style.literal(&item.checksum_of(done)),
            state.word(),
            u8::from(begun),
            style.literal(now)
        ),
    ]
}

/// Parse rows of the table as records; skip invalid rows.
#[must_use]
pub fn records(rows: Vec<Row>) -> Vec<Record> {
    rows.into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            let mut next = || cells.next().flatten();
            Some(Record {
                name: next()?,
                checksum: next()?,
                state: RecordState::from_word(&next()?)?,
                step: next()?.parse().ok()?,
                begun: next()? == "1",
                applied_at: next()?,
                duration_ms: next()?.parse().ok()?,
            })
        })
        .collect()
}

/// Return all records; none if the table does not exist.
///
/// # Errors
/// The database refuses a statement, or the connection is lost.
pub async fn read(session: &Session) -> Result<Vec<Record>, DriverError> {
    if !server::of(session.style())
        .has_table(session, LEDGER_TABLE)
        .await?
    {
        return Ok(Vec::new());
    }
    Ok(records(session.rows(&select(session.style(), None)).await?))
}
