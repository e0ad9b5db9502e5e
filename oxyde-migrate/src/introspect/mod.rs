//! Introspects a database as a [`Schema`].

mod columns;
mod compare;
mod expression;
mod found;
mod full_text;
mod left_out;
mod literal;
mod mysql;
mod postgres;
mod sqlite;
mod sqlite_columns;
mod sqlite_sql;
mod sqlite_types;
mod undeclared;

pub use compare::{Drift, adopt, drift};
pub use left_out::left_out;
use oxyde_driver::DriverError;
use oxyde_sql::ddl::default_sql;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::{Column, Object, ReferentialAction, Schema, Table};
use oxyde_sql::types::ColumnType;

use crate::server::Answer;
use crate::session::{Row, Session, SessionTransaction};
use crate::state::sql_mentions;

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
    let mut schema = of(session, session.style()).await?;
    let ledger = session.ledger();
    schema
        .tables
        .retain(|table| !ledger.owns(table.schema.as_deref(), &table.name));
    Ok(schema)
}

/// Return the views of the database as tables that have only columns.
///
/// # Errors
/// As [`introspect`].
pub async fn views(session: &Session) -> Result<Vec<Table>, DriverError> {
    match session.style().dialect {
        Dialect::Postgres => postgres::views(session).await,
        Dialect::Mysql => mysql::views(session, false).await,
        Dialect::Mariadb => mysql::views(session, true).await,
        Dialect::Sqlite => sqlite::views(session).await,
    }
}

async fn of(queries: &dyn Queries, style: &DdlStyle) -> Result<Schema, DriverError> {
    match style.dialect {
        Dialect::Postgres => postgres::introspect(queries, false).await,
        Dialect::Mysql => mysql::introspect(queries, false).await,
        Dialect::Mariadb => mysql::introspect(queries, true).await,
        Dialect::Sqlite => sqlite::introspect(queries).await,
    }
}

/// Translate a default to the portable form, if it has one.
#[must_use]
pub fn neutral_default(style: &DdlStyle, found: &str, column: &Column) -> String {
    const WORDS: &[&str] = &["CURRENT_TIMESTAMP", "CURRENT_DATE", "gen_random_uuid()"];
    if column.native.is_some() {
        return found.to_owned();
    }
    let ty = &column.ty;
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
    if let Some(word) = WORDS.iter().find(same) {
        return (*word).to_owned();
    }
    let sent = default_sql(style, found, ty);
    if sent == found || sent == format!("({found})") {
        found.to_owned()
    } else {
        // Parentheses keep it from being translated.
        format!("({found})")
    }
}

/// Sort views so that each comes after those that it mentions.
fn in_order_of_use(mut waiting: Vec<Object>) -> Vec<Object> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|view| {
            !waiting.iter().any(|other| {
                other.name != view.name
                    && view.create.iter().any(|sql| sql_mentions(sql, &other.name))
            })
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
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
