//! Database URLs.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::PoolSettings;
use crate::error::DriverError;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Which driver speaks to it.
    pub scheme: Scheme,
    /// What it speaks to.
    pub place: Place,
}

/// The drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Postgres,
    Mysql,
    Sqlite,
}

/// What a driver speaks to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A database on a server.
    Server(Server),
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether it is opened for reading only.
        read_only: bool,
        /// Whether it is made when it is missing.
        create: bool,
    },
    /// A database in memory.
    Memory,
}

/// A database on a server.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Server {
    pub host: String,
    pub port: Option<u16>,
    pub socket: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.to_string())
    }
}

/// Without user and password: safe in any message.
impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server(server) => {
                if let Some(socket) = &server.socket {
                    write!(out, "{}", socket.display())?;
                } else {
                    out.write_str(&server.host)?;
                    if let Some(port) = server.port {
                        write!(out, ":{port}")?;
                    }
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

const FORMS: &str = "use postgresql://user:password@host/database, mysql://user:password@host/database, sqlite:///relative.db, sqlite:////absolute.db or sqlite:///:memory:";

fn invalid(message: impl Into<String>, hint: impl Into<String>) -> DriverError {
    DriverError::InvalidUrl {
        message: message.into(),
        hint: hint.into(),
    }
}

/// Reads a URL; settings in its query string go into `settings`.
pub(crate) fn parse(url: &str, settings: &mut PoolSettings) -> Result<Address, DriverError> {
    let Some((name, _)) = url.split_once(':') else {
        return Err(invalid("the database URL has no scheme", FORMS));
    };
    let scheme = match name.to_ascii_lowercase().as_str() {
        "postgresql" | "postgres" => Scheme::Postgres,
        "mysql" | "mariadb" => Scheme::Mysql,
        "sqlite" => Scheme::Sqlite,
        other => {
            // Without `://` the part before the colon may be anything, a password too.
            let known = if url.contains("://") && other.len() <= 20 {
                format!("unknown database scheme `{other}`")
            } else {
                "the database URL has no scheme".to_owned()
            };
            return Err(invalid(known, FORMS));
        }
    };
    let place = match scheme {
        Scheme::Sqlite => file(url, settings)?,
        Scheme::Postgres | Scheme::Mysql => Place::Server(server(url, scheme, settings)?),
    };
    Ok(Address { scheme, place })
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
            _ => setting(&key, &value, settings, &["mode"])?,
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
    Ok(Place::File {
        path,
        read_only,
        create: create && !read_only,
    })
}

fn server(url: &str, scheme: Scheme, settings: &mut PoolSettings) -> Result<Server, DriverError> {
    let parsed = url::Url::parse(url).map_err(|error| {
        invalid(
            format!("the database URL cannot be read: {error}"),
            "write special characters of user and password as %XX (@ is %40, / is %2F, # is %23)",
        )
    })?;
    if parsed.fragment().is_some() {
        return Err(invalid(
            "the database URL has a `#` part",
            "write a # in the password as %23",
        ));
    }
    let mut server = Server {
        host: match parsed.host_str() {
            None | Some("") => "localhost".to_owned(),
            Some(host) => decoded(host.trim_matches(['[', ']']))?,
        },
        port: parsed.port(),
        socket: None,
        user: Some(decoded(parsed.username())?).filter(|user| !user.is_empty()),
        password: parsed.password().map(decoded).transpose()?,
        database: Some(decoded(parsed.path().trim_start_matches('/'))?)
            .filter(|name| !name.is_empty()),
    };
    if server.host.starts_with('/') {
        server.socket = Some(PathBuf::from(&server.host));
    }
    for (key, value) in pairs(parsed.query().unwrap_or_default()) {
        match key.as_str() {
            "host" if value.starts_with('/') => server.socket = Some(value.into()),
            "host" => server.host = value,
            "socket" | "unix_socket" => server.socket = Some(value.into()),
            "port" => {
                server.port = Some(value.parse().map_err(|_| {
                    invalid(
                        "the port in the database URL is no number",
                        "ports are 1 to 65535",
                    )
                })?);
            }
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
            "sslrootcert" | "ssl-ca" => settings.ssl_root_cert = Some(value.into()),
            "sslcert" | "ssl-cert" => settings.ssl_client_cert = Some(value.into()),
            "sslkey" | "ssl-key" => settings.ssl_client_key = Some(value.into()),
            "application_name" => settings.pg_application_name = Some(value),
            "charset" => settings.mysql_charset = value,
            "collation" => settings.mysql_collation = Some(value),
            _ => setting(
                &key,
                &value,
                settings,
                &[
                    "application_name",
                    "charset",
                    "host",
                    "port",
                    "socket",
                    "sslmode",
                ],
            )?,
        }
    }
    Ok(server)
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
    let nearest = PoolSettings::NAMES
        .iter()
        .chain(others)
        .min_by_key(|known| distance(key, known))
        .filter(|known| distance(key, known) <= 3);
    Err(invalid(
        format!("unknown setting `{key}` in the database URL"),
        nearest.map_or_else(
            || format!("known are {}", PoolSettings::NAMES.join(", ")),
            |known| format!("did you mean `{known}`?"),
        ),
    ))
}

fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn decoded(text: &str) -> Result<String, DriverError> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| invalid("a %XX part of the database URL is no UTF-8", FORMS))
}

/// Levenshtein distance, for "did you mean".
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let change = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
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

    #[test]
    fn mistakes_are_named_without_secrets() {
        for (url, part) in [
            ("oracle://u:hunter2@h/d", "unknown database scheme `oracle`"),
            ("u:hunter2@h", "no scheme"),
            ("postgresql://u:hunter2@h:port/d", "cannot be read"),
            ("mysql://u:hunter2@h/d?max_conections=1", "unknown setting"),
            ("nothing", "no scheme"),
        ] {
            let error = read(url).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let error = read("mysql://h/d?max_conections=1").unwrap_err();
        assert_eq!(error.hint().unwrap(), "did you mean `max_connections`?");
    }
}
