//! Database URLs.

use std::path::PathBuf;

use oxyde_sql::suggest;
use percent_encoding::percent_decode_str;

use super::hosts::{authority, listed, several, with_one_host};
use super::server::Server;
use super::{PoolSettings, libpq};
use crate::error::DriverError;

/// The location of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The driver.
    pub scheme: Scheme,
    /// The target.
    pub place: Place,
}

/// The drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Postgres,
    Mysql,
    Sqlite,
}

impl Scheme {
    /// The servers that the driver is for.
    pub(crate) fn servers(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL and MariaDB",
            Self::Sqlite => "SQLite",
        }
    }

    /// How to include the driver in a build.
    pub(crate) fn feature_hint(self) -> &'static str {
        match self {
            Self::Postgres => "enable the Cargo feature `postgres` of oxyde-driver",
            Self::Mysql => "enable the Cargo feature `mysql` of oxyde-driver",
            Self::Sqlite => "enable the Cargo feature `sqlite` of oxyde-driver",
        }
    }
}

/// The target of a driver.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A database on a server.
    Server(Server),
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether it is opened read-only.
        read_only: bool,
        /// Whether it is created if it is missing.
        create: bool,
        /// Whether no process changes it, so that it is read without locks and without a log.
        immutable: bool,
    },
    /// A database in memory.
    Memory,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.to_string())
    }
}

/// The target without user and password, safe for messages.
impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server(server) => {
                for (at, host) in server.hosts().iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(out, "{comma}{host}")?;
                }
                match &server.database {
                    Some(database) => write!(out, "/{database}"),
                    None => Ok(()),
                }
            }
            Self::File { path, .. } => write!(out, "{}", path.display()),
            Self::Memory => out.write_str(":memory:"),
        }
    }
}

pub(super) const FORMS: &str = "use postgresql://user:password@host/database, mysql://user:password@host/database, sqlite:///relative.db, sqlite:////absolute.db or sqlite:///:memory:";

const ENCODE: &str = "percent-encode special characters in user and password: @ is %40, / is %2F, # is %23, ? is %3F";

pub(super) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> DriverError {
    DriverError::InvalidUrl {
        message: message.into(),
        hint: hint.into(),
    }
}

/// Parse a URL; settings in its query string are written to `settings`.
pub(crate) fn parse(url: &str, settings: &mut PoolSettings) -> Result<Address, DriverError> {
    let Some((name, _)) = url.split_once(':') else {
        return Err(invalid("the database URL has no scheme", FORMS));
    };
    let scheme = match name.to_ascii_lowercase().as_str() {
        "postgresql" | "postgres" => Scheme::Postgres,
        "mysql" | "mariadb" => Scheme::Mysql,
        "sqlite" => Scheme::Sqlite,
        other => {
            // Otherwise the part before the colon may be anything, even a password.
            if !url[name.len()..].starts_with("://") || other.len() > 20 {
                return Err(invalid("the database URL has no scheme", FORMS));
            }
            let hint = match other.split_once('+') {
                Some((plain, _)) => format!("write {plain}://…, without a driver name"),
                None => FORMS.to_owned(),
            };
            return Err(invalid(format!("unknown database scheme `{other}`"), hint));
        }
    };
    let place = match scheme {
        Scheme::Sqlite => file(url, settings)?,
        Scheme::Postgres | Scheme::Mysql => Place::Server(server(url, scheme, settings)?),
    };
    Ok(Address { scheme, place })
}

/// The file of an SQLite URL, and whether connecting creates it; `None` for other URLs.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<(PathBuf, bool)> {
    match parse(url, &mut PoolSettings::default()).ok()?.place {
        Place::File { path, create, .. } => Some((path, create)),
        Place::Memory | Place::Server(_) => None,
    }
}

fn file(url: &str, settings: &mut PoolSettings) -> Result<Place, DriverError> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let rest = &path["sqlite:".len()..];
    let mut memory = matches!(
        rest,
        "//" | ":memory:" | "//:memory:" | "///:memory:" | "///"
    );
    let mut read_only = false;
    let mut create = true;
    let mut immutable = false;
    for (key, value) in pairs(query) {
        match (key.as_str(), value.as_str()) {
            ("mode", "memory") => memory = true,
            ("mode", "ro") => read_only = true,
            ("mode", "rw") => create = false,
            ("mode", "rwc") => create = true,
            ("mode", other) => {
                return Err(invalid(
                    format!("unknown mode `{other}` in the SQLite URL"),
                    "use mode=ro, mode=rw, mode=rwc or mode=memory",
                ));
            }
            ("immutable", "1" | "true" | "yes" | "on") => immutable = true,
            ("immutable", "0" | "false" | "no" | "off") => immutable = false,
            _ => setting(&key, &value, settings, &["mode", "immutable"])?,
        }
    }
    if memory {
        return Ok(Place::Memory);
    }
    let Some(name) = rest.strip_prefix("///") else {
        return Err(invalid(
            "the SQLite URL has too few slashes",
            "use three for a relative path (sqlite:///app.db), four for an absolute one (sqlite:////srv/app.db)",
        ));
    };
    let path = PathBuf::from(decoded(name)?);
    let read_only = read_only || immutable;
    Ok(Place::File {
        path,
        read_only,
        create: create && !read_only,
        immutable,
    })
}

/// Refuse a URL whose password, with special characters in it, would be read as the host, the
/// database or a setting, and be shown in errors as such.
fn check_special_characters(url: &str) -> Result<(), DriverError> {
    let Some((_, rest)) = url.split_once("://") else {
        return Err(invalid(
            "the database URL has no `//` after its scheme",
            FORMS,
        ));
    };
    let server = authority(url);
    let (path, query) = rest[server.len()..]
        .split_once('?')
        .unwrap_or((&rest[server.len()..], ""));
    let password_goes_on = path.contains('@')
        || query
            .split('&')
            .any(|pair| pair.split('=').next().is_some_and(|key| key.contains('@')))
        || (path.is_empty()
            && query.contains('@')
            && server.contains(':')
            && !server.contains('@'));
    if password_goes_on {
        return Err(invalid(
            "the database URL has an `@` after its host: a password with special characters?",
            ENCODE,
        ));
    }
    Ok(())
}

pub(super) fn read(url: &str) -> Result<url::Url, DriverError> {
    check_special_characters(url)?;
    let parsed = url::Url::parse(&with_one_host(url))
        .map_err(|error| invalid(format!("the database URL is invalid: {error}"), ENCODE))?;
    if parsed.fragment().is_some() {
        return Err(invalid(
            "the database URL has a `#` part",
            "encode a # in the password as %23",
        ));
    }
    Ok(parsed)
}

fn server(url: &str, scheme: Scheme, settings: &mut PoolSettings) -> Result<Server, DriverError> {
    let parsed = read(url)?;
    let mut server = Server {
        host: match parsed.host_str() {
            None | Some("") => "localhost".to_owned(),
            Some(host) => decoded(host.trim_matches(['[', ']']))?,
        },
        port: parsed.port(),
        socket: None,
        others: Vec::new(),
        user: Some(decoded(parsed.username())?).filter(|user| !user.is_empty()),
        password: parsed.password().map(decoded).transpose()?,
        database: Some(decoded(parsed.path().trim_start_matches('/'))?)
            .filter(|name| !name.is_empty()),
    };
    if server.host.starts_with('/') {
        server.socket = Some(PathBuf::from(&server.host));
    }
    if let Some(hosts) = several(authority(url)) {
        server.set_hosts(listed(hosts)?);
    }
    let (mut ports, mut socket) = (None, None);
    for (key, value) in pairs(parsed.query().unwrap_or_default()) {
        match (scheme, key.as_str()) {
            (_, "host") | (Scheme::Postgres, "hostaddr") => server.name_hosts(&value)?,
            (_, "port") => ports = Some(value),
            (_, "socket" | "unix_socket") => socket = Some(value.into()),
            _ => parameter(scheme, &key, value, &mut server, settings)?,
        }
    }
    if let Some(ports) = ports {
        server.number_hosts(&ports)?;
    }
    if socket.is_some() {
        if !server.others.is_empty() {
            return Err(invalid(
                "the database URL names several hosts and a socket",
                "name the sockets as hosts: host=/run/a,/run/b",
            ));
        }
        server.socket = socket;
    }
    if scheme == Scheme::Postgres {
        libpq::trust_system(settings)?;
    }
    if server.user.is_none() {
        server.user = Some(user_of_the_system(scheme)?);
    }
    Ok(server)
}

/// Applies one parameter of the query string of a server's URL.
fn parameter(
    scheme: Scheme,
    key: &str,
    value: String,
    server: &mut Server,
    settings: &mut PoolSettings,
) -> Result<(), DriverError> {
    match key {
        "user" => server.user = Some(value),
        "password" => server.password = Some(value),
        "dbname" => server.database = Some(value),
        "sslmode" | "ssl-mode" => {
            let word = value.to_ascii_lowercase().replace('_', "-");
            settings.ssl_mode = Some(match (scheme, word.as_str()) {
                (Scheme::Mysql, "disabled") => "disable".to_owned(),
                (Scheme::Mysql, "preferred") => "prefer".to_owned(),
                (Scheme::Mysql, "required") => "require".to_owned(),
                (Scheme::Mysql, "verify-identity") => "verify-full".to_owned(),
                _ => word,
            });
        }
        _ if scheme == Scheme::Postgres && libpq::parameter(key, &value, settings)? => {}
        "sslrootcert" | "ssl-ca" => settings.ssl_root_cert = Some(value.into()),
        "sslcert" | "ssl-cert" => settings.ssl_client_cert = Some(value.into()),
        "sslkey" | "ssl-key" => settings.ssl_client_key = Some(value.into()),
        "application_name" => settings.pg_application_name = Some(value),
        "charset" => settings.mysql_charset = value,
        "collation" => settings.mysql_collation = Some(value),
        _ => setting(
            key,
            &value,
            settings,
            &[
                "application_name",
                "charset",
                "connect_timeout",
                "host",
                "port",
                "socket",
                "sslmode",
            ],
        )?,
    }
    Ok(())
}

/// The default user, as in the databases' own clients.
fn user_of_the_system(scheme: Scheme) -> Result<String, DriverError> {
    if scheme == Scheme::Postgres
        && let Ok(user) = std::env::var("PGUSER")
        && !user.is_empty()
    {
        return Ok(user);
    }
    whoami::username().map_err(|error| {
        invalid(
            format!("the database URL has no user, and the process's user has no name: {error}"),
            "write it in the URL: postgresql://user@host/database",
        )
    })
}

fn setting(
    key: &str,
    value: &str,
    settings: &mut PoolSettings,
    others: &[&str],
) -> Result<(), DriverError> {
    if settings.set(key, value)? {
        return Ok(());
    }
    let known = PoolSettings::NAMES.iter().chain(others).copied();
    Err(invalid(
        format!("unknown setting `{key}` in the database URL"),
        suggest::hint(key, known, || {
            format!("valid settings are {}", PoolSettings::NAMES.join(", "))
        }),
    ))
}

pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn decoded(text: &str) -> Result<String, DriverError> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| {
            invalid(
                "a percent-encoded part of the database URL is not UTF-8",
                FORMS,
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(Address, PoolSettings), DriverError> {
        let mut settings = PoolSettings::default();
        parse(url, &mut settings).map(|address| (address, settings))
    }

    #[test]
    fn sqlite_paths() {
        for (url, expected) in [
            ("sqlite:///app.db", "app.db"),
            ("sqlite:////srv/app.db", "/srv/app.db"),
            ("sqlite:///a%20b.db", "a b.db"),
            ("sqlite:///:memory:", ":memory:"),
            ("sqlite://", ":memory:"),
            ("sqlite:///x.db?mode=memory", ":memory:"),
        ] {
            assert_eq!(read(url).unwrap().0.place.to_string(), expected, "{url}");
        }
        let error = read("sqlite://app.db").unwrap_err();
        assert!(error.hint().unwrap().contains("three"), "{error}");
    }

    #[test]
    fn servers() {
        let (address, settings) = read(
            "postgres://us%40er:p%2Fw@db.example:5433/main?max_connections=3&sslmode=verify-full",
        )
        .unwrap();
        let Place::Server(server) = &address.place else {
            panic!("{address:?}");
        };
        assert_eq!(server.user.as_deref(), Some("us@er"));
        assert_eq!(server.password.as_deref(), Some("p/w"));
        assert_eq!(address.place.to_string(), "db.example:5433/main");
        assert_eq!(settings.max_connections, 3);
        assert_eq!(settings.ssl_mode.as_deref(), Some("verify-full"));
        let (address, _) = read("mariadb://root@localhost/app?socket=/run/my.sock").unwrap();
        assert_eq!(address.scheme, Scheme::Mysql);
        assert_eq!(address.place.to_string(), "/run/my.sock/app");
    }

    fn server_of(url: &str) -> (Server, PoolSettings) {
        let (address, settings) = read(url).unwrap();
        match address.place {
            Place::Server(server) => (server, settings),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_user_it_is_that_of_the_system() {
        let me = whoami::username().unwrap();
        let expected = std::env::var("PGUSER").unwrap_or_else(|_| me.clone());
        for url in [
            "postgresql://localhost/d",
            "postgres:///d",
            "postgresql://:secret@h/d",
        ] {
            assert_eq!(
                server_of(url).0.user.as_deref(),
                Some(expected.as_str()),
                "{url}"
            );
        }
        assert_eq!(
            server_of("mysql://h/d").0.user.as_deref(),
            Some(me.as_str())
        );
        assert_eq!(
            server_of("postgresql://h/d?user=x").0.user.as_deref(),
            Some("x")
        );
    }

    #[test]
    fn a_user_without_a_host() {
        for url in [
            "postgresql://me@/d?host=/run/pg&port=5433",
            "postgresql://me@:5433/d?host=/run/pg",
            "postgresql://me@%2Frun%2Fpg:5433/d",
        ] {
            let (server, _) = server_of(url);
            assert_eq!(server.user.as_deref(), Some("me"), "{url}");
            assert_eq!(server.socket, Some(PathBuf::from("/run/pg")), "{url}");
            assert_eq!(
                (server.port, server.database.as_deref()),
                (Some(5433), Some("d"))
            );
        }
    }

    #[test]
    fn parameters_of_libpq() {
        let (_, settings) = server_of(
            "postgresql://u@h/d?connect_timeout=3&options=-c%20search_path%3Da,b&\
             target_session_attrs=read-write&channel_binding=prefer&gssencmode=prefer&\
             client_encoding=UTF8&keepalives=0&tcp_user_timeout=1500&sslrootcert=system&load_balance_hosts=disable",
        );
        assert_eq!(
            settings.connect_timeout,
            Some(std::time::Duration::from_secs(3))
        );
        assert_eq!(settings.keepalive, None);
        assert_eq!(
            settings.tcp_user_timeout,
            Some(std::time::Duration::from_millis(1500))
        );
        assert_eq!(settings.pg_options.as_deref(), Some("-c search_path=a,b"));
        assert_eq!(settings.target_session_attrs.as_deref(), Some("read-write"));
        assert_eq!(settings.ssl_mode.as_deref(), Some("verify-full"));
        assert_eq!(settings.ssl_root_cert, None);
        assert_eq!(
            server_of("postgresql://u@h/d?connect_timeout=0")
                .1
                .connect_timeout,
            None
        );
        for (parameter, reason) in [
            ("channel_binding=require", "not support channel binding"),
            ("gssencmode=require", "not support GSSAPI"),
            ("service=main", "not read service files"),
            ("passfile=/x", "not read password files"),
            ("keepalives_interval=5", "fixed pauses"),
            ("client_encoding=latin1", "UTF-8"),
            ("sslcrl=/x", "TLS"),
            ("require_auth=scram-sha-256", "cannot enforce"),
            ("replication=database", "replication"),
            ("options=search_path", "cannot read"),
            ("sslmode=require&sslrootcert=system", "sslmode=require"),
            ("sslrootcert=system&sslmode=require", "sslmode=require"),
            ("host=a,b&port=1,2,3", "3 ports for 2 hosts"),
            ("host=a,", "is empty"),
            ("host=a,b&socket=/run/x", "several hosts and a socket"),
        ] {
            let error = read(&format!("postgresql://u:hunter2@h/d?{parameter}")).unwrap_err();
            assert!(error.to_string().contains(reason), "{parameter}: {error}");
            assert!(error.hint().is_some(), "{parameter}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn several_hosts() {
        for (url, place) in [
            ("postgresql://u:p@a:1,b:2/d", "a:1,b:2/d"),
            ("postgresql://a,b/d?port=5433", "a:5433,b:5433/d"),
            ("postgresql://u@/d?host=a,/run/pg&port=1,2", "a:1,/run/pg/d"),
            ("mysql://u@[::1]:3307,b/d", "[::1]:3307,b/d"),
            ("postgresql://u@[::1]/d", "::1/d"),
        ] {
            assert_eq!(read(url).unwrap().0.place.to_string(), place, "{url}");
        }
        let (server, settings) =
            server_of("mysql://u:p@a:1,b/d?target_session_attrs=prefer-standby");
        assert_eq!(server.on(&server.hosts()[1]).host, "b");
        assert_eq!(server.password.as_deref(), Some("p"));
        assert_eq!(
            settings.target_session_attrs.as_deref(),
            Some("prefer-standby")
        );
        let other =
            super::super::with_database("postgresql://u:p@a:1,b:2/d?dbname=x&port=3", Some("e"));
        assert_eq!(other.unwrap(), "postgresql://u:p@a:1,b:2/e?port=3");
        for url in ["postgresql://u:hunter2@a:1,b:x/d", "mysql://u:hunter2@a,/d"] {
            let error = read(url).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn mistakes_are_named_without_secrets() {
        for (url, part) in [
            ("oracle://u:hunter2@h/d", "unknown database scheme `oracle`"),
            ("u:hunter2@h", "no scheme"),
            ("postgresql://u:hunter2@h:port/d", "is invalid"),
            ("mysql://u:hunter2@h/d?max_conections=1", "unknown setting"),
            ("nothing", "no scheme"),
        ] {
            let error = read(url).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        for url in [
            "postgresql://u:1/hunter2@h/d",
            "postgresql://u:hunter2/x@h/d",
            "postgresql://u:x@hunter2/y@h/d",
            "mysql://u:hunter2#x@h/d",
            "mysql://u:1#hunter2@h/d",
            "mysql://u:1?hunter2@h/d",
            "mysql://u:1?hunter2=x@h/d",
            "mysql://u:x@y?hunter2@h/d",
            "postgresql:u:hunter2@h/d",
            "postgresql:/u:hunter2@h/d",
            "hunter2+x:y@h/d",
            "u:hunter2@h/d?x=://",
        ] {
            let error = read(url).unwrap_err();
            assert!(error.hint().is_some(), "{url}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let error = read("mysql://h/d?max_conections=1").unwrap_err();
        assert_eq!(error.hint().unwrap(), "did you mean `max_connections`?");
    }
}
