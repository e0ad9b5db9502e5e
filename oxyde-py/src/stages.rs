//! Measures the stages of queries by summing up their spans. For `make bench STAGES=1`.
//!
//! A span without a subscriber costs one static load; there is none before `record_stages`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};

/// The spans that are stages, in the order in which a query passes them. `decode` is a part of
/// `execute`.
const STAGES: [&str; 6] = ["bind", "acquire", "execute", "decode", "wake", "hydrate"];

/// The nanoseconds and the number of passes of each stage.
static SUMS: [(AtomicU64, AtomicU64); STAGES.len()] =
    [const { (AtomicU64::new(0), AtomicU64::new(0)) }; STAGES.len()];

/// Bits of a span's id that identify the stage; the others are its start time.
const STAGE_BITS: u32 = 3;
const _: () = assert!(STAGES.len() < 1 << STAGE_BITS);

/// Sums up the durations of spans. It stores nothing per span: the id contains the stage and start
/// time.
struct Stopwatch {
    since: Instant,
}

impl Stopwatch {
    /// Nanoseconds; sufficient for 73 years.
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
        // Ids must not be 0, so stages are counted from 1.
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

/// Measure the stages from now on, until the process ends.
#[pyfunction]
pub(crate) fn record_stages() {
    let stopwatch = Stopwatch {
        since: Instant::now(),
    };
    // A second call finds the subscriber of the first one.
    let _ = set_global_default(stopwatch);
}

/// Return, for each stage, the seconds and the number of passes since the last call.
#[pyfunction]
pub(crate) fn take_stages(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let taken = PyDict::new(py);
    for (name, (nanoseconds, count)) in STAGES.iter().zip(&SUMS) {
        let took = std::time::Duration::from_nanos(nanoseconds.swap(0, Ordering::Relaxed));
        taken.set_item(name, (took.as_secs_f64(), count.swap(0, Ordering::Relaxed)))?;
    }
    Ok(taken)
}
