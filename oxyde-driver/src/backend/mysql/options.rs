//! Connection options of MySQL and MariaDB, and the set-up of a session.

use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::settings::{PoolSettings, Server, SessionValue};

/// Build the options from the URL and the settings.
pub(super) fn options(server: &Server, settings: &PoolSettings) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&server.host)
        .port(server.port.unwrap_or(3306))
        .charset(&settings.mysql_charset)
        .statement_cache_capacity(settings.statement_cache_size)
        // `session` sets up the session, in one statement.
        .set_names(false)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .ssl_mode(match settings.ssl_mode.as_deref() {
            Some("disable") => MySqlSslMode::Disabled,
            Some("require") => MySqlSslMode::Required,
            Some("verify-ca") => MySqlSslMode::VerifyCa,
            Some("verify-full") => MySqlSslMode::VerifyIdentity,
            _ => MySqlSslMode::Preferred,
        })
        .disable_statement_logging();
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    if let Some(user) = &server.user {
        options = options.username(user);
    }
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    if let Some(database) = &server.database {
        options = options.database(database);
    }
    if let Some(file) = &settings.ssl_root_cert {
        options = options.ssl_ca(file);
    }
    if let Some(file) = &settings.ssl_client_cert {
        options = options.ssl_client_cert(file);
    }
    if let Some(file) = &settings.ssl_client_key {
        options = options.ssl_client_key(file);
    }
    options
}

/// The statement that sets up a session: UTC, no silent truncation, `||` as
/// the server's default, `"` for strings, a key of 0 stored as 0 and not generated. A reader of a
/// stream may take an hour between two reads. Joined strings are not cut at 1024 bytes.
pub(super) fn session(settings: &PoolSettings) -> String {
    let collate = settings
        .mysql_collation
        .as_ref()
        .map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
    let mut sql = format!(
        "SET NAMES {}{collate}, time_zone = '+00:00', net_write_timeout = 3600, \
         group_concat_max_len = 1073741824, sql_mode = 'STRICT_ALL_TABLES,\
         NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,\
         NO_AUTO_VALUE_ON_ZERO'",
        settings.mysql_charset
    );
    for (name, value) in &settings.session {
        sql.push_str(", @@session.");
        sql.push_str(name);
        sql.push_str(" = ");
        sql.push_str(&literal(value));
    }
    sql
}

/// The value of a setting in SQL.
fn literal(value: &SessionValue) -> String {
    match value {
        SessionValue::Text(text) => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        SessionValue::Flag(_) | SessionValue::Integer(_) | SessionValue::Number(_) => value.text(),
    }
}
