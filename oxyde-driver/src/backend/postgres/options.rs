//! How to connect to PostgreSQL.

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::settings::{PoolSettings, Server};

/// Options from the URL and the settings.
pub(super) fn options(server: &Server, settings: &PoolSettings) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&server.host)
        .port(server.port.unwrap_or(5432))
        .statement_cache_capacity(settings.pg_statement_cache_capacity)
        .application_name(settings.pg_application_name.as_deref().unwrap_or("oxyde"))
        .ssl_mode(match settings.ssl_mode.as_deref() {
            Some("disable") => PgSslMode::Disable,
            Some("allow") => PgSslMode::Allow,
            Some("require") => PgSslMode::Require,
            Some("verify-ca") => PgSslMode::VerifyCa,
            Some("verify-full") => PgSslMode::VerifyFull,
            _ => PgSslMode::Prefer,
        })
        .disable_statement_logging();
    if settings.by_transaction() {
        // Statements are kept for a transaction at most, and a pooler knows only some parameters.
        options = options
            .statement_cache_capacity(settings.pg_statement_cache_capacity.max(16))
            .extra_float_digits(None);
    }
    if let Some(path) = &settings.pg_search_path {
        options = options.options([("search_path", path)]);
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
