//! Warnings about standbys that a COMMIT did not wait for.
//!
//! `PostgreSQL` answers a write whose wait for synchronous standbys was cut off with success and a
//! WARNING, which sqlx passes on to `tracing` alone.

use std::cell::Cell;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher};

const TARGET: &str = "sqlx::postgres::notice";
/// A trigger may warn as well, with the same code, so the text decides; the server writes it in the
/// language of its `lc_messages`.
const OF_STANDBYS: &str = "synchronous replication";

/// Any warning.
const ANY: u8 = 1;
/// One about standbys.
const STANDBYS: u8 = 2;

/// What the thread logs to while it polls such a statement.
static LISTENER: OnceLock<Dispatch> = OnceLock::new();

thread_local! {
    static HEARD: Cell<u8> = const { Cell::new(0) };
}

/// What a statement was warned of.
#[derive(Debug, Default)]
pub(crate) struct StandbyWarnings {
    listening: AtomicBool,
    heard: AtomicU8,
}

impl StandbyWarnings {
    /// Listen to warnings from now on: it costs a little at each poll of a statement.
    pub(crate) fn listen(&self) {
        self.listening.store(true, Ordering::Relaxed);
    }

    /// Poll a statement.
    pub(crate) fn around<T>(&self, poll: impl FnOnce() -> T) -> T {
        if !self.listening.load(Ordering::Relaxed) {
            return poll();
        }
        let listener = LISTENER.get_or_init(|| Dispatch::new(Listener));
        HEARD.set(0);
        let polled = dispatcher::with_default(listener, poll);
        self.heard.fetch_or(HEARD.get(), Ordering::Relaxed);
        polled
    }

    /// Whether the wait for standbys was cut off. After a request to cancel the statement that is the
    /// meaning of every warning, whatever the server's language.
    pub(crate) fn cut_off(&self, is_cancelled: bool) -> bool {
        let wanted = if is_cancelled { ANY } else { STANDBYS };
        self.heard.load(Ordering::Relaxed) & wanted != 0
    }
}

/// Receives what sqlx logs while it is the thread's subscriber.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Spans stay off.
        Some(LevelFilter::WARN)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Looks at the text of a warning.
struct Text;

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            let of_standbys = value.contains(OF_STANDBYS);
            HEARD.set(HEARD.get() | ANY | if of_standbys { STANDBYS } else { 0 });
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
