//! Schema states in, migration operations, plans and their execution out.

pub mod autodetect;
pub mod file;
pub mod operation;
pub mod state;
pub mod statements;
pub mod suggest;
