//! The server that a URL names, for programs that reach it in another way.

use std::path::PathBuf;

use super::PoolSettings;
use super::hosts::{Host, with_hosts};
use super::url::{FORMS, Place, invalid, pairs, parse, read};
use crate::error::DriverError;

/// A database on a server.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The host's name or address.
    pub host: String,
    /// The port; `None` means the usual one.
    pub port: Option<u16>,
    /// The socket, or on PostgreSQL its folder, instead of a host.
    pub socket: Option<PathBuf>,
    /// Further hosts that have the database, such as standbys.
    pub others: Vec<Host>,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The database; `None` means the usual one of the user.
    pub database: Option<String>,
}

/// Without the password, safe for messages.
impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", Place::Server(self.clone()))
    }
}

/// Return the server that a URL names, and the settings of its query string; `None` for SQLite.
///
/// # Errors
/// [`DriverError::InvalidUrl`].
pub fn server_of(url: &str) -> Result<Option<(Server, PoolSettings)>, DriverError> {
    let mut settings = PoolSettings::default();
    match parse(url, &mut settings)?.place {
        Place::Server(server) => Ok(Some((server, settings))),
        Place::File { .. } | Place::Memory => Ok(None),
    }
}

/// Return the URL of another database on the same server; `None` is the usual one of the user.
///
/// # Errors
/// [`DriverError::InvalidUrl`], also for a URL of SQLite.
pub fn with_database(url: &str, database: Option<&str>) -> Result<String, DriverError> {
    if server_of(url)?.is_none() {
        return Err(invalid("the URL names no server", FORMS));
    }
    let mut parsed = read(url)?;
    match database {
        Some(name) => {
            if let Ok(mut path) = parsed.path_segments_mut() {
                path.clear().push(name);
            }
        }
        None => parsed.set_path(""),
    }
    let others: Vec<(String, String)> = pairs(parsed.query().unwrap_or_default())
        .into_iter()
        .filter(|(key, _)| key != "dbname")
        .collect();
    parsed.set_query(None);
    if !others.is_empty() {
        parsed.query_pairs_mut().extend_pairs(others);
    }
    Ok(with_hosts(parsed.as_str(), url))
}
