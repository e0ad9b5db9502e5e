//! The statements that read and write the ledger's table.

use oxyde_driver::DriverError;
use oxyde_sql::dialect::DdlStyle;

use super::{Record, RecordState};
use crate::plan::{Direction, PlannedMigration};
use crate::server;
use crate::session::{Row, Session};

/// Usual name of the table, in the connection's default schema.
pub const LEDGER_TABLE: &str = "oxyde_migrations";

/// What the name of the table of the last keys adds to that of the ledger.
const POSITIONS: &str = "_positions";

/// What the name of the table of the migrator's lease adds to that of the ledger.
const LEASE: &str = "_lease";

const COLUMNS: &str = "name, checksum, state, step, begun, applied_at, duration_ms";

/// The table of the applied migrations in one database.
#[derive(Clone, Debug)]
pub struct Ledger {
    style: &'static DdlStyle,
    schema: Option<String>,
    name: String,
    /// Both as SQL.
    table: String,
}

impl Ledger {
    /// The ledger with a name of the configuration: `table` or `schema.table`. A name without a schema
    /// is in `schema`, if that is given, otherwise in the connection's default schema.
    #[must_use]
    pub fn new(style: &'static DdlStyle, name: &str, schema: Option<&str>) -> Self {
        let (schema, name) = match name.rsplit_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (schema, name),
        };
        let table = match schema {
            Some(schema) => format!("{}.{}", style.quoted(schema), style.quoted(name)),
            None => style.quoted(name),
        };
        Ledger {
            style,
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            table,
        }
    }

    /// Its schema; `None` is the connection's default schema.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Its name, without the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The statement that creates the table if it does not exist.
    #[must_use]
    pub fn create(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    \
             name VARCHAR(255) NOT NULL PRIMARY KEY,\n    \
             checksum VARCHAR(64) NOT NULL,\n    \
             state VARCHAR(16) NOT NULL,\n    \
             step INTEGER NOT NULL,\n    \
             begun INTEGER NOT NULL,\n    \
             applied_at VARCHAR(32) NOT NULL,\n    \
             duration_ms BIGINT NOT NULL\n){}",
            self.table, self.style.table_suffix
        )
    }

    /// The statement that reads all rows, or one row.
    #[must_use]
    pub fn select(&self, name: Option<&str>) -> String {
        let condition = name
            .map(|name| format!(" WHERE name = {}", self.style.literal(name)))
            .unwrap_or_default();
        format!(
            "SELECT {COLUMNS} FROM {}{condition} ORDER BY applied_at, name",
            self.table
        )
    }

    /// The statements that write the row of a complete migration.
    #[must_use]
    pub fn finish(&self, item: &PlannedMigration, now: &str, duration_ms: u128) -> Vec<String> {
        let name = self.style.literal(&item.name);
        let mut statements = vec![format!("DELETE FROM {} WHERE name = {name}", self.table)];
        if item.direction == Direction::Up {
            statements.push(format!(
                "INSERT INTO {} ({COLUMNS}) VALUES ({name}, {}, 'applied', 0, 0, {}, {duration_ms})",
                self.table,
                self.style.literal(&item.checksum),
                self.style.literal(now)
            ));
        }
        statements
    }

    /// Name of the table of the last keys, as SQL.
    fn positions(&self) -> String {
        self.beside(POSITIONS)
    }

    /// Name of a table in the ledger's schema, as SQL.
    fn beside(&self, ending: &str) -> String {
        let name = self.style.quoted(&format!("{}{ending}", self.name));
        match &self.schema {
            Some(schema) => format!("{}.{name}", self.style.quoted(schema)),
            None => name,
        }
    }

    /// Name of the table of the migrator's lease, without the schema.
    pub(crate) fn lease_name(&self) -> String {
        format!("{}{LEASE}", self.name)
    }

    /// Name of the table of the migrator's lease, as SQL.
    pub(crate) fn lease(&self) -> String {
        self.beside(LEASE)
    }

    /// The statement that creates the table of the migrator's lease if it does not exist, on MySQL and
    /// MariaDB.
    pub(crate) fn create_lease(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    part VARCHAR(16) NOT NULL PRIMARY KEY,\n    \
             owner VARCHAR(64) NOT NULL,\n    valid_until DATETIME(3) NOT NULL,\n    \
             writes BIGINT NOT NULL\n){}",
            self.lease(),
            self.style.table_suffix
        )
    }

    /// The statement that creates the table of the last keys of unfinished steps, if it does not exist.
    #[must_use]
    pub fn create_positions(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    name VARCHAR(255) NOT NULL PRIMARY KEY,\n    \
             step INTEGER NOT NULL,\n    last_key TEXT NOT NULL\n){}",
            self.positions(),
            self.style.table_suffix
        )
    }

    /// The statement that reads the last key of a step.
    #[must_use]
    pub fn position(&self, migration: &str, step: usize) -> String {
        format!(
            "SELECT last_key FROM {} WHERE name = {} AND step = {step}",
            self.positions(),
            self.style.literal(migration)
        )
    }

    /// The statement that writes the last key of a step.
    #[must_use]
    pub fn remember_position(&self, migration: &str, step: usize, key: &str) -> String {
        format!(
            "INSERT INTO {} (name, step, last_key) VALUES ({}, {step}, {})",
            self.positions(),
            self.style.literal(migration),
            self.style.literal(key)
        )
    }

    /// The statement that removes the last key of a migration.
    #[must_use]
    pub fn forget_position(&self, migration: &str) -> Vec<String> {
        vec![format!(
            "DELETE FROM {} WHERE name = {}",
            self.positions(),
            self.style.literal(migration)
        )]
    }

    /// Whether a table of this schema and name belongs to the ledger.
    #[must_use]
    pub fn owns(&self, schema: Option<&str>, table: &str) -> bool {
        let is_ours = table.strip_prefix(&self.name);
        is_ours.is_some_and(|ending| ["", POSITIONS, LEASE].contains(&ending))
            && (schema.is_none() || self.schema.is_some())
    }

    /// The statements that write the row of a running migration: `done` steps, and whether the next was
    /// started.
    #[must_use]
    pub fn progress(
        &self,
        item: &PlannedMigration,
        done: usize,
        begun: bool,
        now: &str,
    ) -> Vec<String> {
        if let Some(back) = &item.taking_back {
            let (left, begun) = back.position(item, done, begun);
            return self.progress(&back.up, left, begun, now);
        }
        let name = self.style.literal(&item.name);
        let state = match item.direction {
            Direction::Up => RecordState::Applying,
            Direction::Down => RecordState::Reverting,
        };
        vec![
            format!("DELETE FROM {} WHERE name = {name}", self.table),
            format!(
                "INSERT INTO {} ({COLUMNS}) VALUES ({name}, {}, '{}', {done}, {}, {}, 0)",
                self.table,
                self.style.literal(&item.checksum_of(done)),
                state.word(),
                u8::from(begun),
                self.style.literal(now)
            ),
        ]
    }
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
    let ledger = session.ledger();
    if !server::of(session.style())
        .has_table(session, ledger.schema(), ledger.name())
        .await?
    {
        return Ok(Vec::new());
    }
    Ok(records(session.rows(&ledger.select(None)).await?))
}
