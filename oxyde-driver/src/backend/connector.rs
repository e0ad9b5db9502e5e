//! How to connect: to the only host of a database, or to that of its hosts which is wanted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use oxyde_sql::dialect::Dialect;

use super::postgres::ListenConnection;
use super::role::{Role, Wanted};
use super::{Connection, mysql, postgres, sqlite};
use crate::error::{Cause, DriverError};
use crate::settings::{Address, Place, PoolSettings, Scheme};

/// How long to wait for one host before the next one is tried as well.
const HURRY: Duration = Duration::from_millis(250);

/// A new connection, and what it reports about its server.
pub(crate) struct Connected {
    pub connection: Connection,
    pub dialect: Dialect,
    pub version: String,
    /// The position of its host.
    pub host: u16,
    pub role: Role,
    /// Whether rows are returned in the order in which they were inserted.
    pub ordered_returning: bool,
}

/// How to connect to a database.
#[derive(Debug)]
pub(crate) struct Connector {
    hosts: Vec<HostConnector>,
    /// The hosts' names; none for a file.
    names: Vec<Arc<str>>,
    place: Place,
    wanted: Wanted,
    /// Whether each connection begins with another host.
    takes_turns: bool,
    /// The host to begin with.
    first: AtomicUsize,
}

impl Connector {
    pub(crate) fn new(address: &Address, settings: &PoolSettings) -> Self {
        let (hosts, names) = match &address.place {
            Place::Server(server) => {
                let hosts = server.hosts();
                let is_one = hosts.len() == 1;
                let connectors = hosts
                    .iter()
                    .map(|host| {
                        let server = server.on(host);
                        match address.scheme {
                            Scheme::Mysql => HostConnector::Mysql(mysql::Connector::new(
                                &server, settings, is_one,
                            )),
                            _ => {
                                HostConnector::Postgres(postgres::Connector::new(&server, settings))
                            }
                        }
                    })
                    .collect();
                let names = hosts.iter().map(|host| host.to_string().into()).collect();
                (connectors, names)
            }
            place => {
                let file = sqlite::Connector::new(place, settings);
                (vec![HostConnector::Sqlite(Box::new(file))], Vec::new())
            }
        };
        let wanted = Wanted::of(settings);
        let takes_turns = !wanted.is_one()
            && settings
                .load_balance_hosts
                .as_deref()
                .is_some_and(|word| word.eq_ignore_ascii_case("random"));
        Self {
            first: AtomicUsize::new(if takes_turns {
                arbitrary(hosts.len())
            } else {
                0
            }),
            hosts,
            names,
            place: address.place.clone(),
            wanted,
            takes_turns,
        }
    }

    /// The target, without user and password.
    pub(crate) fn target(&self) -> String {
        self.place.to_string()
    }

    /// The name of a host; `None` for a file.
    pub(crate) fn host(&self, at: u16) -> Option<Arc<str>> {
        self.names.get(usize::from(at)).cloned()
    }

    /// Whether there are several hosts.
    pub(crate) fn has_choice(&self) -> bool {
        self.hosts.len() > 1
    }

    /// The number of hosts.
    pub(crate) fn count(&self) -> usize {
        self.hosts.len()
    }

    /// Whether the role of a server matters for its connections.
    pub(crate) fn is_choosy(&self) -> bool {
        self.wanted.is_choosy()
    }

    /// Whether a server of this role is wanted.
    pub(crate) fn accepts(&self, role: Role) -> bool {
        self.wanted.refusal(role).is_none()
    }

    /// Open a connection to a wanted host. Each host has `connect_timeout`; a slow one does not keep
    /// the next one waiting.
    ///
    /// # Errors
    /// That of the only host; of several, those of all of them, or the one of a server that answered.
    pub(crate) async fn connect(&self) -> Result<Connected, DriverError> {
        if let [only] = self.hosts.as_slice() {
            let connected = only.connect(0).await?;
            return match self.wanted.refusal(connected.role) {
                None => Ok(connected),
                Some(why) => Err(self.failed(format!("the server {}", self.unwanted(why)))),
            };
        }
        let mut waiting = self.order();
        let mut running = FuturesUnordered::new();
        let mut problems = Problems::default();
        let mut second_best = None;
        loop {
            if running.is_empty() && waiting.is_empty() {
                return match second_best {
                    Some(connected) => Ok(connected),
                    None => Err(problems.of(self)),
                };
            }
            let next = waiting.front().copied();
            if let Some(at) = next
                && running.is_empty()
            {
                waiting.pop_front();
                running.push(self.hosts[at].connect(at));
            }
            let result = tokio::select! {
                biased;
                Some(result) = running.next() => result,
                () = tokio::time::sleep(HURRY), if !waiting.is_empty() => {
                    if let Some(at) = waiting.pop_front() {
                        running.push(self.hosts[at].connect(at));
                    }
                    continue;
                }
            };
            match result {
                Ok(connected) => match self.wanted.refusal(connected.role) {
                    None if self.wanted.prefers(connected.role) => {
                        if !self.takes_turns {
                            let at = usize::from(connected.host);
                            self.first.store(at, Ordering::Relaxed);
                        }
                        return Ok(connected);
                    }
                    None => second_best = second_best.or(Some(connected)),
                    Some(why) => {
                        let host = self.host(connected.host).unwrap_or_default();
                        problems.note(format!("{host} {}", self.unwanted(why)));
                        connected.connection.close().await;
                    }
                },
                Err(problem) if is_final(&problem) => return Err(problem),
                Err(problem) => problems.add(problem),
            }
        }
    }

    /// The order in which the hosts are tried: that of the URL, but the host that was last found to
    /// be the wanted one comes first.
    fn order(&self) -> VecDeque<usize> {
        let count = self.hosts.len();
        let mut order: VecDeque<usize> = (0..count).collect();
        if self.takes_turns {
            order.rotate_left(self.first.fetch_add(1, Ordering::Relaxed) % count);
        } else if self.wanted.is_one() {
            let first = self.first.load(Ordering::Relaxed) % count;
            order.retain(|at| *at != first);
            order.push_front(first);
        }
        order
    }

    fn unwanted(&self, why: &str) -> String {
        let wanted = match self.wanted {
            Wanted::Any => "any",
            Wanted::Primary => "primary",
            Wanted::Standby => "standby",
            Wanted::PreferStandby => "prefer-standby",
            Wanted::ReadWrite => "read-write",
            Wanted::ReadOnly => "read-only",
        };
        format!("{why}, and target_session_attrs is `{wanted}`")
    }

    fn failed(&self, message: String) -> DriverError {
        DriverError::ConnectionFailed {
            target: self.target(),
            message,
        }
    }

    /// Listen to channels, if the database supports it.
    pub(crate) async fn listen(
        &self,
        channels: Vec<String>,
    ) -> Result<ListenConnection, DriverError> {
        let at = if self.has_choice() {
            let found = self.connect().await?;
            found.connection.close().await;
            usize::from(found.host)
        } else {
            0
        };
        match self.hosts.get(at) {
            Some(HostConnector::Postgres(connector)) => {
                ListenConnection::open(connector.clone(), channels).await
            }
            _ => Err(DriverError::Unsupported {
                what: "only PostgreSQL supports LISTEN and NOTIFY".to_owned(),
                hint: "poll for new rows, or use a message broker",
            }),
        }
    }

    /// Whether the server remembers the outcome of transactions by their id.
    pub(crate) fn has_transaction_ids(&self) -> bool {
        matches!(self.hosts.first(), Some(HostConnector::Postgres(_)))
    }

    /// Whether connections lead through a pooler that the settings do not mention.
    pub(crate) fn found_pooler(&self) -> bool {
        self.hosts.iter().any(
            |host| matches!(host, HostConnector::Postgres(connector) if connector.found_pooler()),
        )
    }

    /// Whether the data exist only in the single connection.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.hosts.first(), Some(HostConnector::Sqlite(connector)) if connector.is_memory())
    }

    /// Whether writers must queue within the process.
    pub(crate) fn has_one_writer(&self) -> bool {
        matches!(self.hosts.first(), Some(HostConnector::Sqlite(_)))
    }
}

/// Where the turns of the hosts begin, so that many processes do not begin with the same one.
fn arbitrary(count: usize) -> usize {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = now.map_or(0, |since| since.subsec_nanos()) / 1_000;
    (nanos ^ std::process::id()) as usize % count.max(1)
}

/// Whether another host would answer the same: the login was refused.
fn is_final(problem: &DriverError) -> bool {
    matches!(
        problem.cause(),
        Some(Cause::AuthFailed | Cause::UnknownDatabase)
    )
}

/// Why the hosts could not be used.
#[derive(Default)]
struct Problems {
    messages: Vec<String>,
    /// What a server has answered.
    answered: Option<DriverError>,
}

impl Problems {
    fn note(&mut self, message: String) {
        self.messages.push(message);
    }

    fn add(&mut self, problem: DriverError) {
        self.messages.push(match &problem {
            DriverError::ConnectionFailed { target, message } => format!("{target}: {message}"),
            other => other.to_string(),
        });
        if matches!(problem, DriverError::Database { .. }) {
            self.answered.get_or_insert(problem);
        }
    }

    fn of(self, connector: &Connector) -> DriverError {
        let message = self.messages.join("; ");
        match self.answered {
            Some(DriverError::Database { cause, mut report }) => {
                report.message = format!("cannot connect to {}: {message}", connector.target());
                DriverError::Database { cause, report }
            }
            _ => connector.failed(message),
        }
    }
}

/// How to connect to one host.
#[derive(Clone, Debug)]
enum HostConnector {
    Postgres(postgres::Connector),
    Mysql(mysql::Connector),
    Sqlite(Box<sqlite::Connector>),
}

impl HostConnector {
    /// Open a connection within `connect_timeout`, and determine the kind of server.
    async fn connect(&self, at: usize) -> Result<Connected, DriverError> {
        let (limit, place) = match self {
            Self::Postgres(connector) => (connector.connect_timeout, &connector.place),
            Self::Mysql(connector) => (connector.connect_timeout, &connector.place),
            Self::Sqlite(connector) => (None, &connector.place),
        };
        let host = u16::try_from(at).unwrap_or(u16::MAX);
        let Some(limit) = limit else {
            return self.connect_once(host).await;
        };
        tokio::time::timeout(limit, self.connect_once(host))
            .await
            .unwrap_or_else(|_| {
                Err(DriverError::ConnectionFailed {
                    target: place.to_string(),
                    message: format!(
                        "no answer within {} s (connect_timeout)",
                        limit.as_secs_f64()
                    ),
                })
            })
    }

    async fn connect_once(&self, host: u16) -> Result<Connected, DriverError> {
        Ok(match self {
            Self::Postgres(connector) => {
                let (connection, greeting) = connector.connect().await?;
                Connected {
                    connection: Connection::Postgres(Box::new(connection)),
                    dialect: Dialect::Postgres,
                    version: greeting.version,
                    host,
                    role: greeting.role,
                    ordered_returning: greeting.ordered_returning,
                }
            }
            Self::Mysql(connector) => {
                let (connection, greeting) = connector.connect().await?;
                Connected {
                    connection: Connection::Mysql(Box::new(connection)),
                    dialect: greeting.dialect,
                    version: greeting.version,
                    host,
                    role: greeting.role,
                    ordered_returning: true,
                }
            }
            Self::Sqlite(connector) => Connected {
                connection: Connection::Sqlite(Box::new(connector.connect().await?)),
                dialect: Dialect::Sqlite,
                version: sqlite::Connector::version(),
                host,
                role: Role::Primary,
                ordered_returning: true,
            },
        })
    }
}
