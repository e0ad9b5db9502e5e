//! Schema states in, migration operations, plans and their execution out.

pub mod autodetect;
pub mod file;
pub mod history;
pub mod ledger;
pub mod operation;
pub mod plan;
pub mod state;
pub mod statements;
pub mod suggest;
