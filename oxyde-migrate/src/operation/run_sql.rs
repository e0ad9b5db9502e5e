//! The operation `run_sql`.

use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::split_sql;

/// Runs SQL written by the user. It does not change the state: if it changes tables that models
/// describe, add other operations that say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSql {
    /// Forward.
    pub up: SqlTexts,
    /// Reverse; without it the migration cannot be reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<SqlTexts>,
}

/// One SQL text for all databases, or one per database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a string, or a table with `postgres`, `sqlite`, `mysql`, `mariadb`"
)]
pub enum SqlTexts {
    /// For all databases.
    One(String),
    /// Per database.
    Each(SqlByDialect),
}

/// SQL per database; a database without an entry is refused, an empty string does nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlByDialect {
    /// PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<String>,
    /// SQLite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<String>,
    /// MySQL; MariaDB too, unless it has its own entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mysql: Option<String>,
    /// MariaDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mariadb: Option<String>,
}

impl SqlTexts {
    /// The SQL for a database.
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> Option<&str> {
        match self {
            SqlTexts::One(text) => Some(text),
            SqlTexts::Each(texts) => {
                let texts = [
                    ("postgres", &texts.postgres),
                    ("sqlite", &texts.sqlite),
                    ("mysql", &texts.mysql),
                    ("mariadb", &texts.mariadb),
                ];
                let of = |name: &str| {
                    texts
                        .iter()
                        .find(|(known, _)| *known == name)
                        .and_then(|(_, sql)| sql.as_deref())
                };
                of(dialect.name()).or_else(|| (dialect.name() == "mariadb").then(|| of("mysql"))?)
            }
        }
    }
}

impl Operate for RunSql {
    fn apply(&self, _state: &mut Schema) -> Result<(), OperationError> {
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        match &self.down {
            Some(down) => Ok(RunSql {
                up: down.clone(),
                down: Some(self.up.clone()),
            }
            .into()),
            None => Err(Irreversible::of(
                self.clone(),
                "it has no `down`",
                "add `down = \"SQL that undoes it\"` (or `down = \"\"` if there is nothing to undo)",
            )),
        }
    }

    fn describe(&self) -> String {
        let text = match &self.up {
            SqlTexts::One(text) => text.as_str(),
            SqlTexts::Each(_) => "one SQL text per database",
        };
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let mut line: String = line.chars().take(60).collect();
        if line.len() < text.trim().len() {
            line.push_str(" …");
        }
        format!("run SQL: {line}")
    }

    fn lower(
        &self,
        _before: &Schema,
        _after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let text = self.up.text(style.dialect).ok_or(LowerError::NoText {
            dialect: style.name,
        })?;
        Ok(split_sql::split(text, style.backslash)
            .into_iter()
            .map(Lowered::Data)
            .collect())
    }
}
