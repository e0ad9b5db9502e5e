//! Dialects of SQL, and their features.
//!
//! Only this folder, `types/` and `lookup/` may distinguish
//! dialects; everything else checks [`Features`] or uses a [`Templates`] table.

mod ddl_style;
mod features;
mod limits;
mod mysql;
mod postgres;
mod printer;
mod quote;
mod requirement;
mod search;
mod sqlite;
mod sqlite_needs;
mod template;
mod version;

use serde::{Deserialize, Serialize};

pub use ddl_style::{
    AlterStyle, CommentStyle, CounterStyle, DdlStyle, EnumStyle, Moments, NameLimit,
};
pub use features::Features;
pub(crate) use printer::{JsonPathStyle, Printing};
pub use quote::{quote_identifier, quote_text};
pub use requirement::{Requirement, ServerTooOld};
pub(crate) use search::{SEARCHED, SEARCHED_BETWEEN, is_search_config};
pub use search::{SearchStyle, words_column};
pub use sqlite::{
    COLLATIONS as SQLITE_COLLATIONS, DECIMAL_COLLATION, FUNCTIONS as SQLITE_FUNCTIONS,
    INET_COLLATION, JSON_COLLATION, MOMENT_COLLATION, SqliteCollation, SqliteFunction,
};
pub use sqlite_needs::SqliteNeeds;
pub use template::Templates;
pub use version::Version;

/// A dialect of SQL. MariaDB is MySQL's dialect with features of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PostgreSQL 13 or newer.
    Postgres,
    /// SQLite 3.44 or newer.
    Sqlite,
    /// MySQL 8.0.17 or newer.
    Mysql,
    /// MariaDB 10.6 or newer.
    Mariadb,
}

impl Dialect {
    /// All dialects, in a fixed order, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Sqlite, Self::Mysql, Self::Mariadb];

    /// The name that Python uses for it (`postgres`, `sqlite` …).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
        }
    }

    /// Return the dialect with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The display name, for error messages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
        }
    }

    /// Whether identifiers are quoted with backticks.
    #[must_use]
    pub(crate) const fn is_mysql_family(self) -> bool {
        matches!(self, Self::Mysql | Self::Mariadb)
    }
}
