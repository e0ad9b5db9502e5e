//! Typed statements in, SQL text and a bind recipe out.
//!
//! Pure: no I/O, no async, no Python.

pub mod dialect;
pub mod error;
pub mod ir;
pub mod plan;
pub mod schema;
pub mod types;
pub mod value;
