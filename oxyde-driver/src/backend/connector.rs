//! How to connect: to the only host of a database, or to that of its hosts which is wanted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::interface::{Connection, Greeting, HostConnector, ListenConnection};
use super::role::{Role, Wanted};
use crate::error::{Cause, DriverError};
use crate::settings::{Address, Place, PoolSettings, Scheme};

/// How long to wait for one host before the next one is tried as well.
const HURRY: Duration = Duration::from_millis(250);

/// A new connection, and what it reports about its server.
pub(crate) struct Connected {
    pub connection: Connection,
    pub greeting: Greeting,
    /// The position of its host.
    pub host: u16,
}

/// How to connect to a database.
#[derive(Debug)]
pub(crate) struct Connector {
    hosts: Vec<Box<dyn HostConnector>>,
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
    /// # Errors
    /// [`DriverError::Unsupported`] if this build does not have the driver.
    pub(crate) fn new(address: &Address, settings: &PoolSettings) -> Result<Self, DriverError> {
        let scheme = address.scheme;
        let (hosts, names) = match &address.place {
            Place::Server(server) => {
                let hosts = server.hosts();
                let is_only = hosts.len() == 1;
                let places = hosts.iter().map(|host| Place::Server(server.on(host)));
                let connectors = places
                    .map(|place| host_connector(scheme, place, settings, is_only))
                    .collect::<Result<_, _>>()?;
                let names = hosts.iter().map(|host| host.to_string().into()).collect();
                (connectors, names)
            }
            file => {
                let only = host_connector(scheme, file.clone(), settings, true)?;
                (vec![only], Vec::new())
            }
        };
        let wanted = Wanted::of(settings);
        let takes_turns = !wanted.is_one()
            && settings
                .load_balance_hosts
                .as_deref()
                .is_some_and(|word| word.eq_ignore_ascii_case("random"));
        Ok(Self {
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
        })
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
            let connected = connect(only.as_ref(), 0).await?;
            return match self.wanted.refusal(connected.greeting.role) {
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
                running.push(connect(self.hosts[at].as_ref(), at));
            }
            let result = tokio::select! {
                biased;
                Some(result) = running.next() => result,
                () = tokio::time::sleep(HURRY), if !waiting.is_empty() => {
                    if let Some(at) = waiting.pop_front() {
                        running.push(connect(self.hosts[at].as_ref(), at));
                    }
                    continue;
                }
            };
            match result {
                Ok(connected) => match self.wanted.refusal(connected.greeting.role) {
                    None if self.wanted.prefers(connected.greeting.role) => {
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
        self.hosts[at].listen(channels).await
    }

    /// Whether the server remembers the outcome of transactions by their id.
    pub(crate) fn has_transaction_ids(&self) -> bool {
        self.hosts.iter().any(|host| host.has_transaction_ids())
    }

    /// Whether connections lead through a pooler that the settings do not mention.
    pub(crate) fn found_pooler(&self) -> bool {
        self.hosts.iter().any(|host| host.found_pooler())
    }

    /// Whether the data exist only in the single connection.
    pub(crate) fn is_memory(&self) -> bool {
        self.hosts.iter().any(|host| host.is_memory())
    }

    /// Whether writers must queue within the process.
    pub(crate) fn has_one_writer(&self) -> bool {
        self.hosts.iter().any(|host| host.has_one_writer())
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

/// Return how to connect to one host, or the error of a build without its driver.
#[allow(
    unused_variables,
    reason = "in a build without some drivers, nothing uses their arguments"
)]
fn host_connector(
    scheme: Scheme,
    place: Place,
    settings: &PoolSettings,
    is_only: bool,
) -> Result<Box<dyn HostConnector>, DriverError> {
    match (scheme, place) {
        #[cfg(feature = "postgres")]
        (Scheme::Postgres, Place::Server(server)) => {
            Ok(Box::new(super::postgres::Connector::new(&server, settings)))
        }
        #[cfg(feature = "mysql")]
        (Scheme::Mysql, Place::Server(server)) => Ok(Box::new(super::mysql::Connector::new(
            &server, settings, is_only,
        ))),
        #[cfg(feature = "sqlite")]
        (Scheme::Sqlite, place) => Ok(Box::new(super::sqlite::Connector::new(&place, settings))),
        (scheme, place) => Err(DriverError::Unsupported {
            what: format!(
                "cannot connect to {place}: this build does not include the driver for {}",
                scheme.servers()
            ),
            hint: scheme.feature_hint(),
        }),
    }
}

/// Open a connection to the host at a position within `connect_timeout`.
async fn connect(connector: &dyn HostConnector, at: usize) -> Result<Connected, DriverError> {
    let connecting = async {
        let (connection, greeting) = connector.connect().await?;
        Ok(Connected {
            connection,
            greeting,
            host: u16::try_from(at).unwrap_or(u16::MAX),
        })
    };
    let Some(limit) = connector.connect_timeout() else {
        return connecting.await;
    };
    tokio::time::timeout(limit, connecting)
        .await
        .unwrap_or_else(|_| {
            Err(DriverError::ConnectionFailed {
                target: connector.place().to_string(),
                message: format!(
                    "no answer within {} s (connect_timeout)",
                    limit.as_secs_f64()
                ),
            })
        })
}
