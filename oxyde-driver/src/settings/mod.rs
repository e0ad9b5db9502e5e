//! How a pool connects and what it may use.

mod url;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::error::DriverError;
pub(crate) use url::{Address, Place, Scheme, Server, parse};

/// The settings of a pool. Each can also stand in the query string of the URL.
///
/// Times are seconds when deserialised, as a number; `None` means no limit.
///
/// ```
/// use oxyde_driver::PoolSettings;
///
/// let settings = PoolSettings { max_connections: 20, ..PoolSettings::default() };
/// assert_eq!(settings.sqlite_journal_mode, "WAL");
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// Name of the pool in messages.
    pub name: String,
    /// Most connections at one time. A memory database has one always.
    pub max_connections: u32,
    /// Connections that are kept open.
    pub min_connections: u32,
    /// How long a task waits for a connection.
    #[serde(deserialize_with = "seconds::required")]
    pub acquire_timeout: Duration,
    /// How long an unused connection stays open.
    #[serde(deserialize_with = "seconds::optional")]
    pub idle_timeout: Option<Duration>,
    /// How long a connection may live.
    #[serde(deserialize_with = "seconds::optional")]
    pub max_lifetime: Option<Duration>,
    /// Whether a connection that was idle for more than a second is tried before it is used.
    pub test_before_acquire: bool,
    /// Longest time of a transaction.
    #[serde(deserialize_with = "seconds::optional")]
    pub transaction_timeout: Option<Duration>,
    /// Longest time of one statement.
    #[serde(deserialize_with = "seconds::optional")]
    pub query_timeout: Option<Duration>,
    /// `WAL`, `DELETE`, `TRUNCATE`, `PERSIST`, `MEMORY` or `OFF`.
    pub sqlite_journal_mode: String,
    /// `OFF`, `NORMAL`, `FULL` or `EXTRA`.
    pub sqlite_synchronous: String,
    /// As SQLite's own `cache_size`: pages, or KiB when negative.
    pub sqlite_cache_size: i64,
    /// How long a statement waits for another process's lock, in milliseconds.
    pub sqlite_busy_timeout: u32,
    /// `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`.
    pub ssl_mode: Option<String>,
    /// File with the certificates (PEM) that sign the server's.
    pub ssl_root_cert: Option<PathBuf>,
    /// File with the client's certificate (PEM).
    pub ssl_client_cert: Option<PathBuf>,
    /// File with the client's key (PEM).
    pub ssl_client_key: Option<PathBuf>,
    /// The application's name, as PostgreSQL shows it.
    pub pg_application_name: Option<String>,
    /// Schemas that names without one are looked for in, in order (PostgreSQL's `search_path`).
    pub pg_search_path: Option<String>,
    /// Prepared statements kept per connection; 0 says the same as `pg_pooler = transaction`,
    /// where none can be kept.
    pub pg_statement_cache_capacity: usize,
    /// `transaction` behind a pooler that hands its connections out by the transaction
    /// (`PgBouncer`'s `pool_mode = transaction`): nothing is then kept in a session, each
    /// statement runs in a transaction, and what needs a session is refused.
    pub pg_pooler: Option<String>,
    /// Character set of MySQL connections.
    pub mysql_charset: String,
    /// Collation of MySQL connections; the server's own for the character set when `None`.
    pub mysql_collation: Option<String>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            test_before_acquire: true,
            transaction_timeout: None,
            query_timeout: None,
            sqlite_journal_mode: "WAL".to_owned(),
            sqlite_synchronous: "NORMAL".to_owned(),
            sqlite_cache_size: -10_000,
            sqlite_busy_timeout: 5_000,
            ssl_mode: None,
            ssl_root_cert: None,
            ssl_client_cert: None,
            ssl_client_key: None,
            pg_application_name: None,
            pg_search_path: None,
            pg_statement_cache_capacity: 200,
            pg_pooler: None,
            mysql_charset: "utf8mb4".to_owned(),
            mysql_collation: None,
        }
    }
}

impl PoolSettings {
    /// The names of all settings.
    pub const NAMES: [&'static str; 23] = [
        "acquire_timeout",
        "idle_timeout",
        "max_connections",
        "max_lifetime",
        "min_connections",
        "mysql_charset",
        "mysql_collation",
        "name",
        "pg_application_name",
        "pg_pooler",
        "pg_search_path",
        "pg_statement_cache_capacity",
        "query_timeout",
        "sqlite_busy_timeout",
        "sqlite_cache_size",
        "sqlite_journal_mode",
        "sqlite_synchronous",
        "ssl_client_cert",
        "ssl_client_key",
        "ssl_mode",
        "ssl_root_cert",
        "test_before_acquire",
        "transaction_timeout",
    ];

    /// Sets one by name, from text. `Ok(false)` when there is no setting of that name.
    ///
    /// # Errors
    /// [`DriverError::InvalidSetting`] when the text is no value of it.
    pub fn set(&mut self, name: &str, text: &str) -> Result<bool, DriverError> {
        let limit = |text: &str| {
            if text.is_empty() || text.eq_ignore_ascii_case("none") {
                Ok(None)
            } else {
                time(name, text).map(Some)
            }
        };
        match name {
            "name" => text.clone_into(&mut self.name),
            "max_connections" => self.max_connections = number(name, text)?,
            "min_connections" => self.min_connections = number(name, text)?,
            "acquire_timeout" => self.acquire_timeout = time(name, text)?,
            "idle_timeout" => self.idle_timeout = limit(text)?,
            "max_lifetime" => self.max_lifetime = limit(text)?,
            "test_before_acquire" => self.test_before_acquire = truth(name, text)?,
            "transaction_timeout" => self.transaction_timeout = limit(text)?,
            "query_timeout" => self.query_timeout = limit(text)?,
            "sqlite_journal_mode" => text.clone_into(&mut self.sqlite_journal_mode),
            "sqlite_synchronous" => text.clone_into(&mut self.sqlite_synchronous),
            "sqlite_cache_size" => self.sqlite_cache_size = number(name, text)?,
            "sqlite_busy_timeout" => self.sqlite_busy_timeout = number(name, text)?,
            "ssl_mode" => self.ssl_mode = Some(text.to_owned()),
            "ssl_root_cert" => self.ssl_root_cert = Some(text.into()),
            "ssl_client_cert" => self.ssl_client_cert = Some(text.into()),
            "ssl_client_key" => self.ssl_client_key = Some(text.into()),
            "pg_application_name" => self.pg_application_name = Some(text.to_owned()),
            "pg_statement_cache_capacity" => self.pg_statement_cache_capacity = number(name, text)?,
            "pg_pooler" => self.pg_pooler = Some(text.to_owned()),
            "pg_search_path" => self.pg_search_path = Some(text.to_owned()),
            "mysql_charset" => text.clone_into(&mut self.mysql_charset),
            "mysql_collation" => self.mysql_collation = Some(text.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a pooler hands connections out by the transaction.
    pub(crate) fn by_transaction(&self) -> bool {
        self.pg_pooler.is_some() || self.pg_statement_cache_capacity == 0
    }

    /// Refuses values that no pool can have.
    pub(crate) fn check(&self) -> Result<(), DriverError> {
        if self.max_connections == 0 {
            return Err(invalid("max_connections", "must be at least 1"));
        }
        if self.min_connections > self.max_connections {
            return Err(invalid("min_connections", "is larger than max_connections"));
        }
        one_of(
            "sqlite_journal_mode",
            &self.sqlite_journal_mode,
            &["DELETE", "MEMORY", "OFF", "PERSIST", "TRUNCATE", "WAL"],
        )?;
        one_of(
            "sqlite_synchronous",
            &self.sqlite_synchronous,
            &["EXTRA", "FULL", "NORMAL", "OFF"],
        )?;
        if let Some(mode) = &self.ssl_mode {
            one_of("ssl_mode", mode, &SSL_MODES)?;
        }
        if let Some(pooler) = &self.pg_pooler {
            one_of("pg_pooler", pooler, &["transaction"])?;
        }
        if self.pg_search_path.is_some() && self.by_transaction() {
            return Err(invalid(
                "pg_search_path",
                "would be lost behind a pooler that hands connections out by the transaction: \
                 give the role a search_path of its own (ALTER ROLE … SET search_path)",
            ));
        }
        for (name, word) in [
            ("mysql_charset", Some(&self.mysql_charset)),
            ("mysql_collation", self.mysql_collation.as_ref()),
        ] {
            let plain = |text: &String| {
                !text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if word.is_some_and(|text| !plain(text)) {
                return Err(invalid(name, "must be a plain name"));
            }
        }
        Ok(())
    }
}

/// The values of `ssl_mode`.
pub(crate) const SSL_MODES: [&str; 6] = [
    "allow",
    "disable",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

fn invalid(name: &str, message: impl Into<String>) -> DriverError {
    DriverError::InvalidSetting {
        name: name.to_owned(),
        message: message.into(),
    }
}

fn one_of(name: &str, word: &str, known: &[&str]) -> Result<(), DriverError> {
    if known.iter().any(|one| one.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    Err(invalid(
        name,
        format!("`{word}` is none of {}", known.join(", ")),
    ))
}

fn number<N: std::str::FromStr>(name: &str, text: &str) -> Result<N, DriverError> {
    text.parse()
        .map_err(|_| invalid(name, format!("`{text}` is no number that it takes")))
}

fn time(name: &str, text: &str) -> Result<Duration, DriverError> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| invalid(name, format!("`{text}` is no number of seconds")))
}

fn truth(name: &str, text: &str) -> Result<bool, DriverError> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(invalid(name, format!("`{text}` is neither true nor false"))),
    }
}

/// Durations as numbers of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    pub(super) fn required<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(input)?).map_err(D::Error::custom)
    }

    pub(super) fn optional<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<f64>::deserialize(input)?
            .map(Duration::try_from_secs_f64)
            .transpose()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_set() {
        for name in PoolSettings::NAMES {
            let known = PoolSettings::default().set(name, "1");
            assert_eq!(known, Ok(true), "{name}");
        }
        assert_eq!(PoolSettings::default().set("max_conns", "1"), Ok(false));
    }

    #[test]
    fn wrong_values_are_named() {
        let mut settings = PoolSettings::default();
        let error = settings.set("max_connections", "many").unwrap_err();
        assert_eq!(
            error.to_string(),
            "setting `max_connections`: `many` is no number that it takes"
        );
        settings.ssl_mode = Some("maybe".to_owned());
        assert!(settings.check().is_err());
    }

    #[test]
    fn deserialises_from_numbers() {
        let settings: PoolSettings = serde_json::from_str(
            r#"{"max_connections": 3, "acquire_timeout": 1.5, "idle_timeout": null}"#,
        )
        .unwrap();
        assert_eq!(settings.max_connections, 3);
        assert_eq!(settings.acquire_timeout, Duration::from_millis(1500));
        assert_eq!(settings.idle_timeout, None);
        assert!(serde_json::from_str::<PoolSettings>(r#"{"max_conns": 3}"#).is_err());
    }
}
