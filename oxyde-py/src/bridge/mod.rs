//! Between event loops and the one tokio runtime.
//!
//! Work is spawned on the runtime and never touches Python there. Finished work is pushed on the
//! queue of the loop that asked for it, and one byte through a socket pair wakes the loop: many
//! completions cost one wake-up. The loop's own thread then makes the Python values.

mod event_loop;
mod fork;
mod notifier;
mod operation;
mod outcome;
mod queue;
mod runtime;
mod turns;

pub(crate) use fork::{after_fork_in_child, generation, register};
pub(crate) use operation::{Operation, Where};
pub(crate) use outcome::{Convert, Outcome};
pub(crate) use runtime::inside;
