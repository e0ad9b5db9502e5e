//! Dialects: flavours of SQL, and what each can do.

use serde::{Deserialize, Serialize};

/// A flavour of SQL. MariaDB is MySQL's flavour with features of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PostgreSQL 13 or newer.
    Postgres,
    /// SQLite 3.35 or newer.
    Sqlite,
    /// MySQL 8.0 or newer.
    Mysql,
    /// MariaDB 10.6 or newer.
    Mariadb,
}
