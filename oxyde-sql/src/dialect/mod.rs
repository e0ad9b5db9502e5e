//! Dialects: flavours of SQL, and what each can do.
//!
//! This folder, `types/` and `lookup/` are the only places of the crate that may tell dialects
//! apart; everything else asks [`Features`] or picks from a [`Templates`] table.

mod features;
mod mysql;
mod postgres;
mod printer;
mod quote;
mod search;
mod sqlite;
mod style;
mod template;
mod version;

use serde::{Deserialize, Serialize};

pub use features::Features;
pub(crate) use printer::{JsonPathStyle, Printing};
pub use quote::{quote_identifier, quote_text};
pub(crate) use search::{SEARCHED, SEARCHED_BETWEEN, is_search_config};
pub use search::{SearchStyle, words_column};
pub use sqlite::{
    DECIMAL_COLLATION, FUNCTIONS as SQLITE_FUNCTIONS, INET_COLLATION, SqliteFunction,
};
pub use style::{AlterStyle, CommentStyle, CounterStyle, DdlStyle, EnumStyle, Moments, NameLimit};
pub use template::Templates;

/// A flavour of SQL. MariaDB is MySQL's flavour with features of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PostgreSQL 13 or newer.
    Postgres,
    /// SQLite 3.41 or newer (the driver brings its own).
    Sqlite,
    /// MySQL 8.0 or newer.
    Mysql,
    /// MariaDB 10.6 or newer.
    Mariadb,
}

impl Dialect {
    /// All dialects, in a fixed order, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Sqlite, Self::Mysql, Self::Mariadb];

    /// The word for it that crosses the border to Python (`postgres`, `sqlite` …).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }

    /// The dialect of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The name as people write it, for error messages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
        }
    }

    /// Whether identifiers stand in backticks.
    #[must_use]
    pub(crate) const fn is_mysql_family(self) -> bool {
        matches!(self, Self::Mysql | Self::Mariadb)
    }
}
