//! Tests against live databases. Each makes a database of its own and drops it afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::too_many_lines,
    reason = "a test may fail in these ways"
)]

mod bulk;
mod cancel;
mod chunks;
mod cursor;
mod errors;
mod listen;
#[cfg(all(
    feature = "chrono",
    feature = "time",
    feature = "uuid",
    feature = "rust_decimal"
))]
mod optional_types;
mod plans;
mod pool;
mod queries;
mod roundtrip;
mod rows;
mod server;
mod smoke;
mod sqlite;
mod sqlite_columns;
mod sqlite_functions;
mod transaction;
mod values;
