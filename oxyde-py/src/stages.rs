//! Where the time of a query goes: its stages' spans, summed up. For `make bench STAGES=1`.
//!
//! A span that nobody listens to costs one look at a static; until `record_stages` nobody does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};

/// The spans that are stages, in the order of a query's way. `decode` is a part of `execute`.
const STAGES: [&str; 6] = ["bind", "acquire", "execute", "decode", "wake", "hydrate"];

/// What each stage took in nanoseconds, and how often it was gone through.
static SUMS: [(AtomicU64, AtomicU64); STAGES.len()] =
    [const { (AtomicU64::new(0), AtomicU64::new(0)) }; STAGES.len()];

/// Bits of a span's id that say which stage it is; the others say when it began.
const STAGE_BITS: u32 = 3;
const _: () = assert!(STAGES.len() < 1 << STAGE_BITS);

/// Adds up how long spans live. It keeps nothing of them: the id holds stage and beginning.
struct Stopwatch {
    since: Instant,
}

impl Stopwatch {
    /// Nanoseconds; enough for 73 years.
    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn stage_of(metadata: &Metadata<'_>) -> Option<usize> {
    // The driver, and this crate by the name of its library.
    let ours = metadata.is_span()
        && ["oxyde_driver", "_core"]
            .iter()
            .any(|name| metadata.target().starts_with(name));
    STAGES
        .iter()
        .position(|name| ours && *name == metadata.name())
}

impl Subscriber for Stopwatch {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if stage_of(metadata).is_some() {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        stage_of(metadata).is_some()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        // No id is 0: stages are counted from 1 there.
        let stage = stage_of(span.metadata()).map_or(STAGES.len(), |stage| stage) as u64 + 1;
        Id::from_u64(self.now() << STAGE_BITS | stage)
    }

    fn try_close(&self, id: Id) -> bool {
        let id = id.into_u64();
        let stage = usize::try_from(id & ((1 << STAGE_BITS) - 1)).unwrap_or(0);
        if let Some((nanoseconds, count)) = stage.checked_sub(1).and_then(|at| SUMS.get(at)) {
            let lived = self.now().saturating_sub(id >> STAGE_BITS);
            nanoseconds.fetch_add(lived, Ordering::Relaxed);
            count.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Sum up the stages from now on, until the process ends.
#[pyfunction]
pub(crate) fn record_stages() {
    let stopwatch = Stopwatch {
        since: Instant::now(),
    };
    // A second call finds the first one's stopwatch.
    let _ = set_global_default(stopwatch);
}

/// For each stage, seconds and how often it was gone through since the last call.
#[pyfunction]
pub(crate) fn take_stages(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let taken = PyDict::new(py);
    for (name, (nanoseconds, count)) in STAGES.iter().zip(&SUMS) {
        let took = std::time::Duration::from_nanos(nanoseconds.swap(0, Ordering::Relaxed));
        taken.set_item(name, (took.as_secs_f64(), count.swap(0, Ordering::Relaxed)))?;
    }
    Ok(taken)
}
