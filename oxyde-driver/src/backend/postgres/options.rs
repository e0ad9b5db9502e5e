//! Connection options of PostgreSQL.

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::pooler;
use crate::settings::{PoolSettings, Server, session_options};

/// Build the options from the URL and the settings.
pub(super) fn options(server: &Server, settings: &PoolSettings) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&server.host)
        .port(server.port.unwrap_or(5432))
        .statement_cache_capacity(settings.pg_statements())
        .application_name(settings.pg_application_name.as_deref().unwrap_or("oxyde"))
        .ssl_mode(match settings.ssl_mode.as_deref() {
            Some("disable") => PgSslMode::Disable,
            Some("allow") => PgSslMode::Allow,
            Some("require") => PgSslMode::Require,
            Some("verify-ca") => PgSslMode::VerifyCa,
            Some("verify-full") => PgSslMode::VerifyFull,
            _ => PgSslMode::Prefer,
        })
        // Values are binary, and a pooler knows only some parameters.
        .extra_float_digits(None)
        .disable_statement_logging();
    if settings.by_transaction() {
        // Statements are cached at most for a transaction.
        options = options.statement_cache_capacity(settings.pg_statements().max(16));
    }
    if pooler::wants_mark(settings) {
        options = options.options([(pooler::MARK, "on")]);
    }
    if let Some(path) = &settings.pg_search_path {
        options = options.options([("search_path", path)]);
    }
    if let Some(text) = &settings.pg_options {
        // `PoolSettings::check` has validated it.
        options = options.options(session_options(text).unwrap_or_default());
    }
    if !settings.session.is_empty() {
        let others = settings.session.iter();
        options = options.options(others.map(|(name, value)| (name, value.text())));
    }
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
        options = options.ssl_root_cert(file);
    }
    if let Some(file) = &settings.ssl_client_cert {
        options = options.ssl_client_cert(file);
    }
    if let Some(file) = &settings.ssl_client_key {
        options = options.ssl_client_key(file);
    }
    options
}
