//! Connects event loops with the tokio runtime.
//!
//! Work never uses Python. It continues on the thread of the loop that started it while that loop
//! drives the runtime, otherwise on the keeper's (see [`reactor`]). What other threads finish is pushed
//! to the queue of its loop, and one byte through a socket pair wakes the loop: many completions cost
//! one wake-up. The loop's own thread builds the Python values.
//!
//! A thread without an event loop runs the same coroutines by [`drive()`], and waits in place (see
//! [`call`]).

mod call;
mod descriptor;
mod event_loop;
mod fairness;
mod fork;
mod interrupt;
mod notifier;
mod operation;
mod outcome;
mod pending;
mod queue;
mod reactor;
mod without_loop;

pub(crate) use event_loop::time_left;
pub(crate) use fork::{after_fork_in_child, generation, register};
pub(crate) use operation::{Operation, StartOn};
pub(crate) use outcome::{Convert, Outcome};
pub(crate) use reactor::inside;
pub(crate) use without_loop::{block_running_loops, drive, is_thread_driven};
