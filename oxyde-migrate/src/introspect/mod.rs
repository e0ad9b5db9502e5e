//! Introspects a database as a [`Schema`].

mod columns;
mod compare;
mod expression;
mod full_text;
mod literal;
mod mysql;
mod postgres;
mod sqlite;
mod sqlite_sql;

pub use compare::{Drift, adopt, drift};
use oxyde_driver::DriverError;
use oxyde_sql::ddl::default_sql;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::{ReferentialAction, Schema};
use oxyde_sql::types::ColumnType;

use crate::ledger::LEDGER_TABLE;
use crate::server::Answer;
use crate::session::{Row, Session, SessionTransaction};

/// A source of query results: the connection, or one of its transactions.
pub(crate) trait Queries: Sync {
    fn rows<'a>(&'a self, sql: &'a str) -> Answer<'a, Vec<Row>>;
}

impl Queries for Session {
    fn rows<'a>(&'a self, sql: &'a str) -> Answer<'a, Vec<Row>> {
        Box::pin(Session::rows(self, sql))
    }
}

impl Queries for SessionTransaction {
    fn rows<'a>(&'a self, sql: &'a str) -> Answer<'a, Vec<Row>> {
        Box::pin(SessionTransaction::rows(self, sql))
    }
}

/// Return the tables of the database, without the ledger. Defaults and conditions are in the
/// database's own form; [`drift`] compares them with a schema of models.
///
/// # Errors
/// The database refuses a statement, or the connection is lost.
pub async fn introspect(session: &Session) -> Result<Schema, DriverError> {
    of(session, session.style()).await
}

async fn of(queries: &dyn Queries, style: &DdlStyle) -> Result<Schema, DriverError> {
    let mut schema = match style.dialect {
        Dialect::Postgres => postgres::introspect(queries, false).await?,
        Dialect::Mysql => mysql::introspect(queries, false).await?,
        Dialect::Mariadb => mysql::introspect(queries, true).await?,
        Dialect::Sqlite => sqlite::introspect(queries).await?,
    };
    schema.tables.retain(|table| table.name != LEDGER_TABLE);
    Ok(schema)
}

/// Translate a default to the portable form, if it has one.
#[must_use]
pub fn neutral_default(style: &DdlStyle, found: &str, ty: &ColumnType) -> String {
    const WORDS: &[&str] = &["CURRENT_TIMESTAMP", "CURRENT_DATE", "gen_random_uuid()"];
    let same = |word: &&&str| {
        default_sql(style, word, ty).eq_ignore_ascii_case(found)
            || default_sql(style, word, ty).eq_ignore_ascii_case(&format!("({found})"))
    };
    if *ty == ColumnType::Bool {
        for (word, value) in [("true", "1"), ("false", "0")] {
            if found == value || found == word {
                return word.to_owned();
            }
        }
    }
    if let ColumnType::Decimal { .. } = ty {
        // SQLite stores decimals as strings.
        let bare = found.trim_matches('\'');
        if bare.parse::<f64>().is_ok() {
            return bare.to_owned();
        }
    }
    WORDS
        .iter()
        .find(same)
        .map_or_else(|| found.to_owned(), |word| (*word).to_owned())
}

/// Iterates over the cells of a row as strings; NULL is "".
struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    fn of(row: Row) -> Self {
        Cells(row.into_iter())
    }

    fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    fn optional(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    fn flag(&mut self) -> bool {
        matches!(self.text().as_str(), "true" | "t" | "1" | "YES")
    }

    fn list(&mut self) -> Vec<String> {
        let text = self.text();
        if text.is_empty() {
            Vec::new()
        } else {
            text.split('\u{1f}').map(str::to_owned).collect()
        }
    }
}

fn action(word: &str) -> ReferentialAction {
    match word.to_ascii_uppercase().as_str() {
        "C" | "CASCADE" => ReferentialAction::Cascade,
        "N" | "SET NULL" => ReferentialAction::SetNull,
        "D" | "SET DEFAULT" => ReferentialAction::SetDefault,
        "R" | "RESTRICT" => ReferentialAction::Restrict,
        _ => ReferentialAction::NoAction,
    }
}
