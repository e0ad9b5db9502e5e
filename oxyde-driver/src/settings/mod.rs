//! Settings of a pool.

mod hosts;
mod libpq;
mod server;
mod session;
mod url;

use std::path::PathBuf;
use std::time::Duration;

use oxyde_sql::dialect::Version;
use serde::Deserialize;

use crate::error::DriverError;
pub use hosts::Host;
pub(crate) use libpq::session_options;
pub use server::{Server, server_of, with_database};
pub use session::{SessionSettings, SessionValue};
pub use url::sqlite_file;
pub(crate) use url::{Address, Place, Scheme, parse};

/// The settings of a pool. Each can also be set in the query string of the URL.
///
/// Durations are deserialised from numbers of seconds; `None` means no limit.
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
    /// Maximum number of connections. An in-memory database always has one.
    pub max_connections: u32,
    /// Minimum number of open connections.
    pub min_connections: u32,
    /// Maximum wait for a connection.
    #[serde(deserialize_with = "seconds::required")]
    pub acquire_timeout: Duration,
    /// Maximum time to open a connection.
    #[serde(deserialize_with = "seconds::optional")]
    pub connect_timeout: Option<Duration>,
    /// How long a server may be silent before its host is probed; `None` means that it is not.
    #[serde(deserialize_with = "seconds::optional")]
    pub keepalive: Option<Duration>,
    /// How long data may remain unacknowledged, or probes unanswered, before the connection counts
    /// as lost (Linux); `None` means the system's default.
    #[serde(deserialize_with = "seconds::optional")]
    pub tcp_user_timeout: Option<Duration>,
    /// How long an idle connection stays open.
    #[serde(deserialize_with = "seconds::optional")]
    pub idle_timeout: Option<Duration>,
    /// Maximum lifetime of a connection.
    #[serde(deserialize_with = "seconds::optional")]
    pub max_lifetime: Option<Duration>,
    /// Whether a connection that was idle for more than a second is tested before use.
    pub test_before_acquire: bool,
    /// Whether raw SQL may change the session for the next statements: for a pool with one
    /// connection and one user, such as a migrator, which holds a lock in it.
    #[serde(skip)]
    pub keep_session: bool,
    /// Maximum duration of a transaction.
    #[serde(deserialize_with = "seconds::optional")]
    pub transaction_timeout: Option<Duration>,
    /// Maximum duration of a statement.
    #[serde(deserialize_with = "seconds::optional")]
    pub query_timeout: Option<Duration>,
    /// Maximum duration of a COMMIT; `None` means that of a statement.
    #[serde(deserialize_with = "seconds::optional")]
    pub commit_timeout: Option<Duration>,
    /// Settings of the server for every session, by name.
    pub session: SessionSettings,
    /// Which of the hosts is used: `any`, `read-write`, `read-only`, `primary`, `standby` or
    /// `prefer-standby`. Connections to one host of another kind are refused.
    pub target_session_attrs: Option<String>,
    /// `random`: each connection begins with another of several hosts; `disable`: they are tried in
    /// their order.
    pub load_balance_hosts: Option<String>,
    /// Prepared statements cached per connection.
    pub statement_cache_size: usize,
    /// `WAL`, `DELETE`, `TRUNCATE`, `PERSIST`, `MEMORY` or `OFF`.
    pub sqlite_journal_mode: String,
    /// `OFF`, `NORMAL`, `FULL` or `EXTRA`.
    pub sqlite_synchronous: String,
    /// Page cache per connection in KiB (`PRAGMA cache_size = -N`).
    pub sqlite_cache_size: u32,
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
    /// Whether the client asks for the id of each transaction before its COMMIT, to find out what
    /// has become of it if the answer is lost.
    pub pg_commit_outcome: bool,
    /// The application name that PostgreSQL shows.
    pub pg_application_name: Option<String>,
    /// Schemas in which unqualified names are looked up, in order (PostgreSQL's `search_path`).
    pub pg_search_path: Option<String>,
    /// Settings of every session, as in libpq's `options`: `-c statement_timeout=5s`.
    pub pg_options: Option<String>,
    /// `statement_cache_size` for PostgreSQL, if it differs; 0 means the same as
    /// `pg_pooler = transaction`, which cannot cache any.
    pub pg_statement_cache_capacity: Option<usize>,
    /// `transaction` behind a pooler in transaction mode
    /// (`PgBouncer`'s `pool_mode = transaction`): nothing is kept in a session, each
    /// statement runs in a transaction, and statements that need a session are refused.
    /// A pooler that is not mentioned is found out, and taken for one in this mode. `session`: the
    /// pooler gives each connection a session of its own.
    pub pg_pooler: Option<String>,
    /// The version of the server, if what it reports is not to be relied on: behind a proxy with a
    /// version of its own, or the oldest of several servers.
    pub server_version: Option<String>,
    /// Character set of MySQL connections.
    pub mysql_charset: String,
    /// Collation of MySQL connections; `None` means the server's default for the character set.
    pub mysql_collation: Option<String>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Some(Duration::from_secs(10)),
            keepalive: Some(Duration::from_secs(10)),
            tcp_user_timeout: Some(Duration::from_secs(25)),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            test_before_acquire: true,
            keep_session: false,
            transaction_timeout: None,
            query_timeout: None,
            commit_timeout: None,
            session: SessionSettings::new(),
            target_session_attrs: None,
            load_balance_hosts: None,
            statement_cache_size: 100,
            sqlite_journal_mode: "WAL".to_owned(),
            sqlite_synchronous: "NORMAL".to_owned(),
            sqlite_cache_size: 10_000,
            sqlite_busy_timeout: 5_000,
            ssl_mode: None,
            ssl_root_cert: None,
            ssl_client_cert: None,
            ssl_client_key: None,
            pg_commit_outcome: false,
            pg_application_name: None,
            pg_search_path: None,
            pg_options: None,
            pg_statement_cache_capacity: None,
            pg_pooler: None,
            server_version: None,
            mysql_charset: "utf8mb4".to_owned(),
            mysql_collation: None,
        }
    }
}

impl PoolSettings {
    /// The names of all settings.
    pub const NAMES: [&'static str; 34] = [
        "acquire_timeout",
        "commit_timeout",
        "connect_timeout",
        "idle_timeout",
        "keepalive",
        "load_balance_hosts",
        "max_connections",
        "max_lifetime",
        "min_connections",
        "mysql_charset",
        "mysql_collation",
        "name",
        "pg_application_name",
        "pg_commit_outcome",
        "pg_options",
        "pg_pooler",
        "pg_search_path",
        "pg_statement_cache_capacity",
        "query_timeout",
        "server_version",
        "session",
        "sqlite_busy_timeout",
        "sqlite_cache_size",
        "sqlite_journal_mode",
        "sqlite_synchronous",
        "ssl_client_cert",
        "ssl_client_key",
        "ssl_mode",
        "ssl_root_cert",
        "statement_cache_size",
        "target_session_attrs",
        "tcp_user_timeout",
        "test_before_acquire",
        "transaction_timeout",
    ];

    /// Set one by name, from text. `Ok(false)` if no setting has that name.
    ///
    /// # Errors
    /// [`DriverError::InvalidSetting`] if the text is not a valid value.
    pub fn set(&mut self, name: &str, text: &str) -> Result<bool, DriverError> {
        match name {
            "name" => text.clone_into(&mut self.name),
            "max_connections" => self.max_connections = number(name, text)?,
            "min_connections" => self.min_connections = number(name, text)?,
            "acquire_timeout" => self.acquire_timeout = time(name, text)?,
            "connect_timeout" => self.connect_timeout = limit_above_zero(name, text)?,
            "keepalive" => self.keepalive = limit_above_zero(name, text)?,
            "tcp_user_timeout" => self.tcp_user_timeout = limit_above_zero(name, text)?,
            "idle_timeout" => self.idle_timeout = limit(name, text)?,
            "max_lifetime" => self.max_lifetime = limit(name, text)?,
            "test_before_acquire" => self.test_before_acquire = truth(name, text)?,
            "transaction_timeout" => self.transaction_timeout = limit(name, text)?,
            "query_timeout" => self.query_timeout = limit(name, text)?,
            "commit_timeout" => self.commit_timeout = limit(name, text)?,
            "session" => self.session = session::parse(text)?,
            "sqlite_journal_mode" => text.clone_into(&mut self.sqlite_journal_mode),
            "sqlite_synchronous" => text.clone_into(&mut self.sqlite_synchronous),
            "sqlite_cache_size" => self.sqlite_cache_size = number(name, text)?,
            "sqlite_busy_timeout" => self.sqlite_busy_timeout = number(name, text)?,
            "ssl_mode" => self.ssl_mode = Some(text.to_owned()),
            "ssl_root_cert" => self.ssl_root_cert = Some(text.into()),
            "ssl_client_cert" => self.ssl_client_cert = Some(text.into()),
            "ssl_client_key" => self.ssl_client_key = Some(text.into()),
            "pg_commit_outcome" => self.pg_commit_outcome = truth(name, text)?,
            "pg_application_name" => self.pg_application_name = Some(text.to_owned()),
            "pg_statement_cache_capacity" => {
                self.pg_statement_cache_capacity = Some(number(name, text)?);
            }
            "statement_cache_size" => self.statement_cache_size = number(name, text)?,
            "pg_pooler" => self.pg_pooler = Some(text.to_owned()),
            "pg_options" => self.pg_options = Some(text.to_owned()),
            "target_session_attrs" => self.target_session_attrs = Some(text.to_owned()),
            "load_balance_hosts" => self.load_balance_hosts = Some(text.to_owned()),
            "pg_search_path" => self.pg_search_path = Some(text.to_owned()),
            "server_version" => self.server_version = Some(text.to_owned()),
            "mysql_charset" => text.clone_into(&mut self.mysql_charset),
            "mysql_collation" => self.mysql_collation = Some(text.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Prepared statements cached per connection to PostgreSQL.
    pub(crate) fn pg_statements(&self) -> usize {
        self.pg_statement_cache_capacity
            .unwrap_or(self.statement_cache_size)
    }

    /// Whether the pool connects to a pooler in transaction mode.
    pub(crate) fn by_transaction(&self) -> bool {
        self.pg_pooler.as_deref() == Some("transaction") || self.pg_statements() == 0
    }

    /// Refuse invalid values.
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
        self.check_tls()?;
        if let Some(pooler) = &self.pg_pooler {
            one_of("pg_pooler", pooler, &["session", "transaction"])?;
        }
        if self.pg_search_path.is_some() && self.by_transaction() {
            return Err(invalid(
                "pg_search_path",
                "would be lost behind a pooler in transaction mode: \
                 set the search_path of the role (ALTER ROLE … SET search_path)",
            ));
        }
        if let Some(options) = &self.pg_options {
            session_options(options)?;
            if self.by_transaction() {
                return Err(invalid(
                    "pg_options",
                    "would be lost behind a pooler in transaction mode: \
                     set it for the role (ALTER ROLE … SET)",
                ));
            }
        }
        self.check_session()?;
        if let Some(wanted) = &self.target_session_attrs {
            one_of("target_session_attrs", wanted, &SESSION_ATTRS)?;
        }
        if let Some(word) = &self.load_balance_hosts {
            one_of("load_balance_hosts", word, &["disable", "random"])?;
        }
        if let Some(text) = &self.server_version
            && Version::parse(text).is_none()
        {
            return Err(invalid(
                "server_version",
                format!("`{text}` is not a version such as 8.0.36 or 10.11.6-MariaDB"),
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

    fn check_tls(&self) -> Result<(), DriverError> {
        let Some(mode) = &self.ssl_mode else {
            return Ok(());
        };
        one_of("ssl_mode", mode, &SSL_MODES)?;
        let lax = ["allow", "disable", "prefer"];
        if HAS_TLS || lax.iter().any(|lax| lax.eq_ignore_ascii_case(mode)) {
            return Ok(());
        }
        Err(invalid(
            "ssl_mode",
            format!(
                "`{mode}` needs TLS, which this build does not include: enable the Cargo feature \
                 `native-roots` of oxyde-driver"
            ),
        ))
    }
}

/// Whether connections can be encrypted.
const HAS_TLS: bool = cfg!(any(
    feature = "native-roots",
    feature = "tls-rustls",
    feature = "tls-native"
));

/// The values of `ssl_mode`.
pub(crate) const SSL_MODES: [&str; 6] = [
    "allow",
    "disable",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// The values of `target_session_attrs`.
const SESSION_ATTRS: [&str; 6] = [
    "any",
    "prefer-standby",
    "primary",
    "read-only",
    "read-write",
    "standby",
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
        format!("`{word}` is not one of {}", known.join(", ")),
    ))
}

fn number<N: std::str::FromStr>(name: &str, text: &str) -> Result<N, DriverError> {
    text.parse()
        .map_err(|_| invalid(name, format!("`{text}` is not a valid number")))
}

fn time(name: &str, text: &str) -> Result<Duration, DriverError> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| invalid(name, format!("`{text}` is not a number of seconds")))
}

/// A number of seconds, or `None` for "none".
fn limit(name: &str, text: &str) -> Result<Option<Duration>, DriverError> {
    if text.is_empty() || text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    time(name, text).map(Some)
}

/// The same; for the databases' own clients, 0 means no limit.
fn limit_above_zero(name: &str, text: &str) -> Result<Option<Duration>, DriverError> {
    limit(name, text).map(|time| time.filter(|time| !time.is_zero()))
}

fn truth(name: &str, text: &str) -> Result<bool, DriverError> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(invalid(name, format!("`{text}` is not true or false"))),
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
            let text = if name == "session" { "a=1" } else { "1" };
            let known = PoolSettings::default().set(name, text);
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
            "setting `max_connections`: `many` is not a valid number"
        );
        settings.ssl_mode = Some("maybe".to_owned());
        assert!(settings.check().is_err());
        for (text, message) in [
            ("a", "setting `session`: `a` is not of the form name=value"),
            (
                "1a=1",
                "setting `session`: `1a` is not the name of a setting",
            ),
            (
                "Sql_Mode=''",
                "setting `session`: Oxyde sets `Sql_Mode` itself, and relies on its value",
            ),
        ] {
            let mut settings = PoolSettings::default();
            let set = settings.set("session", text);
            let error = set.and_then(|_| settings.check()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
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
