//! Settings of the server for every session of a pool.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{PoolSettings, invalid};
use crate::error::DriverError;

/// The value of a setting of the server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum SessionValue {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A word, or any other text.
    Text(String),
}

impl SessionValue {
    /// As the server shows it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Flag(flag) => if *flag { "on" } else { "off" }.to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Settings of the server by name.
pub type SessionSettings = BTreeMap<String, SessionValue>;

/// What Oxyde sets itself, and relies on.
const OURS: [&str; 12] = [
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "client_encoding",
    "collation_connection",
    "group_concat_max_len",
    "net_write_timeout",
    "sql_mode",
    "standard_conforming_strings",
    "time_zone",
    "timezone",
];

/// Read settings from the query string of a URL: `wsrep_sync_wait=1,lock_wait_timeout=5`.
pub(super) fn parse(text: &str) -> Result<SessionSettings, DriverError> {
    let mut found = SessionSettings::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(invalid(
                "session",
                format!("`{pair}` is not of the form name=value"),
            ));
        };
        let value = value.trim();
        let value = value.parse().map_or_else(
            |_| SessionValue::Text(value.to_owned()),
            SessionValue::Integer,
        );
        found.insert(name.trim().to_owned(), value);
    }
    Ok(found)
}

impl PoolSettings {
    /// Refuse names that are none, or that Oxyde sets itself.
    pub(super) fn check_session(&self) -> Result<(), DriverError> {
        for (name, value) in &self.session {
            let is_name = |part: &str| {
                part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if !name.split('.').all(is_name) {
                return Err(invalid(
                    "session",
                    format!("`{name}` is not the name of a setting"),
                ));
            }
            if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
                return Err(invalid(
                    "session",
                    format!("Oxyde sets `{name}` itself, and relies on its value"),
                ));
            }
            let fits = match value {
                SessionValue::Number(number) => number.is_finite(),
                SessionValue::Text(text) => !text.contains('\0'),
                SessionValue::Flag(_) | SessionValue::Integer(_) => true,
            };
            if !fits {
                return Err(invalid(
                    "session",
                    format!("`{name}` cannot have this value"),
                ));
            }
        }
        Ok(())
    }

    /// Refuse session settings where no session belongs to a connection.
    pub(crate) fn check_has_sessions(&self) -> Result<(), DriverError> {
        if self.session.is_empty() || !self.by_transaction() {
            return Ok(());
        }
        Err(invalid(
            "session",
            "would be lost behind a pooler in transaction mode: \
             set it for the role (ALTER ROLE … SET)",
        ))
    }
}
