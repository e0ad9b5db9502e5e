//! Schema states in, migration operations, plans and their execution out.

pub mod autodetect;
pub mod executor;
pub mod file;
pub mod history;
pub mod introspect;
pub mod ledger;
pub mod lint;
pub mod merge;
pub mod naming;
pub mod operation;
pub mod plan;
mod server;
pub mod session;
pub mod squash;
pub mod state;
pub mod statements;
pub mod suggest;
