//! What a pool knows about the servers of its hosts.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::time::Instant;

use super::idle::Origin;
use crate::backend::Role;

/// The hosts of a pool, by their position.
#[derive(Debug)]
pub(super) struct Cluster {
    began: Instant,
    /// When a host has refused a write, in nanoseconds since `began`; 0 means never.
    doubts: Vec<AtomicU64>,
    host: AtomicU16,
    role: AtomicU8,
    /// Whether a primary has been seen.
    had_primary: AtomicBool,
}

impl Cluster {
    pub(super) fn new(hosts: usize) -> Self {
        Self {
            began: Instant::now(),
            doubts: (0..hosts).map(|_| AtomicU64::new(0)).collect(),
            host: AtomicU16::new(0),
            role: AtomicU8::new(Role::Primary.code()),
            had_primary: AtomicBool::new(false),
        }
    }

    /// A server has this role.
    pub(super) fn see(&self, host: u16, role: Role) {
        self.host.store(host, Ordering::Relaxed);
        self.role.store(role.code(), Ordering::Relaxed);
        if role == Role::Primary {
            self.had_primary.store(true, Ordering::Relaxed);
        }
    }

    /// The server that was seen last.
    pub(super) fn latest(&self) -> (u16, Role) {
        let role = Role::from_code(self.role.load(Ordering::Relaxed));
        (self.host.load(Ordering::Relaxed), role)
    }

    pub(super) fn had_primary(&self) -> bool {
        self.had_primary.load(Ordering::Relaxed)
    }

    /// A host has refused a write: the role of its connections is asked for before their next use.
    pub(super) fn doubt(&self, host: u16) {
        if let Some(doubt) = self.doubts.get(usize::from(host)) {
            let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            doubt.store(now, Ordering::Relaxed);
        }
    }

    /// Whether a host has refused a write since it was asked for its role.
    pub(super) fn is_doubted(&self, origin: &Origin) -> bool {
        let doubt = self
            .doubts
            .get(usize::from(origin.host))
            .map_or(0, |doubt| doubt.load(Ordering::Relaxed));
        doubt != 0 && {
            let asked = origin.asked.saturating_duration_since(self.began);
            asked.as_nanos() < u128::from(doubt)
        }
    }
}
