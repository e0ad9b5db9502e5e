//! Several hosts in a URL, as libpq has them: `postgresql://a:5432,b:5433/shop`.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::server::Server;
use super::url::invalid;
use crate::error::DriverError;

/// One of the hosts of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its name or address.
    pub name: String,
    /// The port; `None` means the usual one.
    pub port: Option<u16>,
    /// The socket, or on PostgreSQL its folder, instead of a name.
    pub socket: Option<PathBuf>,
}

/// Without the database: `db.example:5432`, `[::1]:5432`, or the path of a socket.
impl std::fmt::Display for Host {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(socket) = &self.socket {
            return write!(out, "{}", socket.display());
        }
        match self.port {
            Some(port) if self.name.contains(':') => write!(out, "[{}]:{port}", self.name),
            Some(port) => write!(out, "{}:{port}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

impl Host {
    fn new(name: &str, port: Option<u16>) -> Self {
        Self {
            socket: name.starts_with('/').then(|| PathBuf::from(name)),
            name: name.to_owned(),
            port,
        }
    }
}

/// Return the hosts between user and path of a URL, if they are several.
pub(super) fn several(authority: &str) -> Option<&str> {
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    hosts.contains(',').then_some(hosts)
}

/// Parse `a:5432,[::1]:5433,%2Frun%2Fpg`.
pub(super) fn listed(text: &str) -> Result<Vec<Host>, DriverError> {
    text.split(',').map(one).collect()
}

fn one(text: &str) -> Result<Host, DriverError> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, rest)) => (address, Some(rest.strip_prefix(':').ok_or_else(bad_port)?)),
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let name = percent_decode_str(name)
        .decode_utf8()
        .map_err(|_| invalid("a host in the database URL is not UTF-8", FORM))?;
    if name.is_empty() {
        return Err(invalid(
            "one of the hosts in the database URL is empty",
            FORM,
        ));
    }
    Ok(Host::new(&name, port.map(number).transpose()?))
}

const FORM: &str = "write the hosts as postgresql://user@a:5432,b:5433,[::1]:5434/database";

fn number(text: &str) -> Result<u16, DriverError> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(bad_port)
}

fn bad_port() -> DriverError {
    invalid(
        "the port in the database URL is not a number",
        "use a port from 1 to 65535",
    )
}

/// Return the part between `://` and the path.
pub(super) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]
}

/// The URL with one host: `user@/database` means this machine, and of several hosts, which
/// [`listed`] reads, none is kept.
pub(super) fn with_one_host(url: &str) -> std::borrow::Cow<'_, str> {
    let whole = authority(url);
    let (user, hosts) = whole.split_at(whole.rfind('@').map_or(0, |at| at + 1));
    let here = if several(whole).is_some() {
        format!("{user}localhost")
    } else if !user.is_empty() && (hosts.is_empty() || hosts.starts_with(':')) {
        format!("{user}localhost{hosts}")
    } else {
        return url.into();
    };
    url.replacen(&format!("://{whole}"), &format!("://{here}"), 1)
        .into()
}

/// `url` with the hosts of the URL `of`, if those are several.
pub(super) fn with_hosts(url: &str, of: &str) -> String {
    let Some(hosts) = several(authority(of)) else {
        return url.to_owned();
    };
    let whole = authority(url);
    let user = whole.rfind('@').map_or("", |at| &whole[..=at]);
    url.replacen(&format!("://{whole}"), &format!("://{user}{hosts}"), 1)
}

impl Server {
    /// Its hosts, in the order of the URL.
    #[must_use]
    pub fn hosts(&self) -> Vec<Host> {
        let first = Host {
            name: self.host.clone(),
            port: self.port,
            socket: self.socket.clone(),
        };
        std::iter::once(first)
            .chain(self.others.iter().cloned())
            .collect()
    }

    /// The same database on one of its hosts.
    #[must_use]
    pub fn on(&self, host: &Host) -> Self {
        Self {
            host: host.name.clone(),
            port: host.port,
            socket: host.socket.clone(),
            others: Vec::new(),
            ..self.clone()
        }
    }

    pub(super) fn set_hosts(&mut self, hosts: Vec<Host>) {
        let mut hosts = hosts.into_iter();
        if let Some(first) = hosts.next() {
            (self.host, self.port, self.socket) = (first.name, first.port, first.socket);
            self.others = hosts.collect();
        }
    }

    /// Apply `host=a,b` of the query string; its hosts have the port of the URL.
    pub(super) fn name_hosts(&mut self, text: &str) -> Result<(), DriverError> {
        if text.split(',').any(str::is_empty) {
            return Err(invalid(
                "one of the hosts in the database URL is empty",
                FORM,
            ));
        }
        let port = self.port;
        self.set_hosts(text.split(',').map(|name| Host::new(name, port)).collect());
        Ok(())
    }

    /// Apply `port=1,2` of the query string: one for all hosts, or one for each.
    pub(super) fn number_hosts(&mut self, text: &str) -> Result<(), DriverError> {
        let ports = text.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
        let mut hosts = self.hosts();
        if ports.len() != 1 && ports.len() != hosts.len() {
            return Err(invalid(
                format!(
                    "the database URL has {} ports for {} hosts",
                    ports.len(),
                    hosts.len()
                ),
                "give one port for all hosts, or one for each",
            ));
        }
        for (host, port) in hosts.iter_mut().zip(ports.iter().cycle()) {
            host.port = Some(*port);
        }
        self.set_hosts(hosts);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let hosts = listed(text).unwrap();
        hosts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn hosts_are_read_and_shown() {
        assert_eq!(shown("a,b:5433"), ["a", "b:5433"]);
        assert_eq!(shown("[::1]:5432,[fe80::2]"), ["[::1]:5432", "fe80::2"]);
        assert_eq!(shown("%2Frun%2Fpg:5433,a"), ["/run/pg", "a"]);
        for wrong in ["a,", ",a", "a,b:x", "a,b:0", "a,b:70000", "[::1]5,a"] {
            assert!(listed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports_are_for_all_hosts_or_for_each() {
        let mut server = Server::default();
        server.name_hosts("a,b").unwrap();
        server.number_hosts("5433").unwrap();
        assert_eq!(server.hosts()[1].to_string(), "b:5433");
        server.number_hosts("1,2").unwrap();
        assert_eq!(server.hosts()[1].to_string(), "b:2");
        assert!(server.number_hosts("1,2,3").is_err());
        assert!(server.name_hosts("a,").is_err());
    }
}
