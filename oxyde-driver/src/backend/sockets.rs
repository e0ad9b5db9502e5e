//! The sockets of connections: options that sqlx leaves at their defaults, and what has arrived on
//! an idle one. sqlx gives no access to its sockets.
//!
//! With Nagle's algorithm on, a client that writes two messages before it reads (the close of one
//! statement, then the next) waits for the delayed acknowledgement of the first: 40 ms on Linux.
//! Without keepalive, a client waits for ever for the answer of a host that was cut off.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockAddr, SockRef, TcpKeepalive};

use crate::settings::PoolSettings;

/// Pauses between the probes of a silent peer.
const PROBE_PAUSE: Duration = Duration::from_secs(5);
/// Unanswered probes after which the peer counts as gone.
const PROBES: u32 = 3;

/// When a peer that no longer answers counts as gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketOptions {
    keepalive: Option<Duration>,
    user_timeout: Option<Duration>,
}

impl SocketOptions {
    pub(super) fn new(settings: &PoolSettings) -> Self {
        Self {
            keepalive: settings.keepalive,
            user_timeout: settings.tcp_user_timeout,
        }
    }

    /// Set the options of a TCP socket; those that a system lacks keep its default.
    fn apply(self, socket: &SockRef<'_>) {
        let _ = socket.set_tcp_nodelay(true);
        match self.keepalive {
            Some(silence) => {
                let probes = TcpKeepalive::new()
                    .with_time(silence)
                    .with_interval(PROBE_PAUSE.min(silence));
                #[cfg(any(target_os = "linux", target_os = "macos"))]
                let probes = probes.with_retries(PROBES);
                let _ = socket.set_tcp_keepalive(&probes);
            }
            None => drop(socket.set_keepalive(false)),
        }
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(self.user_timeout);
    }
}

/// What has arrived on the socket of an idle connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    /// Nothing.
    Quiet,
    /// Bytes that nobody asked for: a notice, or why the server will close the connection.
    Unasked,
    /// The peer has closed or reset the connection.
    Gone,
}

/// The socket of a connection, beside sqlx. It does not keep the connection open: sqlx shuts it down.
#[derive(Clone, Debug)]
pub(super) struct SocketHandle(Arc<TcpStream>);

impl SocketHandle {
    /// Look at what has arrived, without waiting and without taking it.
    pub(super) fn glance(&self) -> Glance {
        match self.0.peek(&mut [0]) {
            Ok(0) => Glance::Gone,
            Ok(_) => Glance::Unasked,
            Err(problem) if problem.kind() == io::ErrorKind::WouldBlock => Glance::Quiet,
            Err(_) => Glance::Gone,
        }
    }

    /// Return what has arrived, without taking it.
    pub(super) fn arrived<'a>(&self, space: &'a mut [u8]) -> &'a [u8] {
        let count = self.0.peek(space).unwrap_or(0);
        &space[..count]
    }

    /// The address of the server that it is connected to.
    pub(super) fn peer(&self) -> Option<SockAddr> {
        SockRef::from(&*self.0).peer_addr().ok()
    }

    /// Tell the server that nothing more is sent; its answers can still be read.
    pub(super) fn hang_up(&self) {
        // It fails if the connection is already closed.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

/// Run `connecting`, set the options of the socket that it opens to the port or to a Unix socket, and
/// return a handle of it.
/// `watch` sees the socket before each step, when the answers of the server have not been read.
///
/// There is no handle if another thread opened a socket in the same moment, or on systems other than
/// Unix: they have no list of descriptors, and the socket keeps its defaults.
pub(super) async fn opened<F: Future>(
    port: u16,
    options: SocketOptions,
    connecting: F,
    mut watch: impl FnMut(&SocketHandle),
) -> (F::Output, Option<SocketHandle>) {
    let mut connecting = pin!(connecting);
    let mut search = Search::default();
    let output = std::future::poll_fn(|context| {
        if let Some(handle) = &search.found {
            watch(handle);
            return connecting.as_mut().poll(context);
        }
        let before = descriptors();
        let polled = connecting.as_mut().poll(context);
        search.note(&before, port, options);
        polled
    })
    .await;
    (output, search.found)
}

/// Descriptors of this process, and what the system calls the file behind each.
type Descriptors = BTreeMap<i32, Option<PathBuf>>;

fn descriptors() -> Descriptors {
    let Ok(listed) = std::fs::read_dir("/dev/fd") else {
        return Descriptors::new();
    };
    listed
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            Some((number, path.read_link().ok()))
        })
        // Files, among them the list itself, whose number the socket may get next.
        .filter(|(_, file)| file.as_ref().is_none_or(|file| !file.is_absolute()))
        .collect()
}

/// The search for the socket of a future, which opens it in one of its steps.
#[derive(Default)]
struct Search {
    /// Descriptors that appeared during a step.
    new: Vec<i32>,
    found: Option<SocketHandle>,
}

impl Search {
    /// After a step: a new descriptor that is connected is the socket, if it is the only one.
    fn note(&mut self, before: &Descriptors, port: u16, options: SocketOptions) {
        let after = descriptors();
        let appeared = after
            .iter()
            .filter(|(number, file)| before.get(number) != Some(file));
        for (number, _) in appeared {
            if !self.new.contains(number) {
                self.new.push(*number);
            }
        }
        if self.new.is_empty() {
            return;
        }
        let mut connected: Vec<SocketHandle> = self
            .new
            .iter()
            .filter_map(|number| adopt(*number, port))
            .collect();
        for handle in &connected {
            options.apply(&SockRef::from(&*handle.0));
        }
        if connected.len() == 1 {
            self.found = connected.pop();
        }
    }
}

/// Return a handle of a descriptor, if it is a socket that is connected to the port, or to a path.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "descriptors that sqlx owns can only be borrowed by their number"
)]
fn adopt(number: i32, port: u16) -> Option<SocketHandle> {
    use std::os::fd::BorrowedFd;

    // SAFETY: the number is not -1. If another thread closes or reuses the descriptor meanwhile,
    // the call fails, or duplicates another descriptor, of which no bytes are taken.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    let peer = SockRef::from(&descriptor).peer_addr().ok()?;
    if peer.as_socket().is_some_and(|peer| peer.port() != port) {
        return None;
    }
    let owned = descriptor.try_clone_to_owned().ok()?;
    // The calls that are made on it do not depend on the family of the socket.
    Some(SocketHandle(Arc::new(TcpStream::from(owned))))
}

#[cfg(not(unix))]
const fn adopt(_number: i32, _port: u16) -> Option<SocketHandle> {
    None
}
