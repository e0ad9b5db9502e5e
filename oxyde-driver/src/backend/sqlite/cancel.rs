//! Cancels a statement of SQLite: `sqlite3_interrupt`, and a flag for statements that wait for
//! a lock or have not started.

pub(crate) use super::raw::CancelHandle;
