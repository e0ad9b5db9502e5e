//! Tests against live databases. Each makes a database of its own and drops it afterwards.

mod server;
mod smoke;
