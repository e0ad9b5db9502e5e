//! Reads and writes the MessagePack messages that Python sends and receives.
//!
//! Compiled here once, to reduce size: a generic reader would be compiled again, and optimized for
//! speed, in the crate that calls it.

pub use rmp_serde::decode::Error as DecodeError;
pub use rmp_serde::encode::Error as EncodeError;

use std::thread::{self, ScopedJoinHandle};

use crate::dialect::Features;
use crate::error::SqlError;
use crate::ir::Message;
use crate::nesting::nesting;
use crate::plan::Plan;
use crate::query::{MAX_DEPTH, compile_message};
use crate::schema::Schema;
use crate::types::ColumnType;

/// Maximum nesting of maps and lists for the caller's stack.
const USUAL_NESTING: usize = 100;

/// Maximum nesting: more than a statement of [`MAX_DEPTH`] levels needs.
const MAX_NESTING: usize = 1024;

/// Stack size for that nesting, and for the compilation.
const LARGE_STACK: usize = 32 << 20;

/// A message that cannot be turned into a plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes are not a valid message.
    #[error("the IR cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    /// The statement cannot be compiled.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// Decode a message.
///
/// # Errors
/// The bytes are not a message of that type.
pub fn read_message(bytes: &[u8]) -> Result<Message, DecodeError> {
    rmp_serde::from_slice(bytes)
}

/// Compile a packed message to a plan; deeply nested messages get a stack of their own.
///
/// # Errors
/// The bytes are not a message, or its statement cannot be compiled.
pub fn compile(bytes: &[u8], features: &Features) -> Result<Plan, CompileError> {
    let work = || Ok(compile_message(&read_message(bytes)?, features)?);
    let deep = nesting(bytes);
    if deep <= USUAL_NESTING {
        return work();
    }
    if deep > MAX_NESTING {
        return Err(SqlError::TooDeep { limit: MAX_DEPTH }.into());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(LARGE_STACK);
        match thread.spawn_scoped(scope, work).map(ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // Without a new thread the message is too deep for this stack.
            Err(_) => Err(SqlError::TooDeep { limit: MAX_DEPTH }.into()),
        }
    })
}

/// Decode a schema.
///
/// # Errors
/// The bytes are not a schema.
pub fn read_schema(bytes: &[u8]) -> Result<Schema, DecodeError> {
    rmp_serde::from_slice(bytes)
}

/// Decode a column type.
///
/// # Errors
/// The bytes are not a column type.
pub fn read_type(bytes: &[u8]) -> Result<ColumnType, DecodeError> {
    rmp_serde::from_slice(bytes)
}

/// Encode a schema, with field names.
///
/// # Errors
/// It cannot be encoded.
pub fn write_schema(schema: &Schema) -> Result<Vec<u8>, EncodeError> {
    rmp_serde::to_vec_named(schema)
}
