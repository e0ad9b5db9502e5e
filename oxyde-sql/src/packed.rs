//! Reading and writing MessagePack, in which Python says what it wants.
//!
//! Compiled here once, for size: a generic reader would be compiled anew, and for speed, in the
//! crate that calls it.

pub use rmp_serde::decode::Error as Unreadable;
pub use rmp_serde::encode::Error as Unwritable;

use crate::ir::Message;
use crate::schema::Schema;
use crate::types::ColumnType;

/// A statement.
///
/// # Errors
/// The bytes are no such message.
pub fn read_message(bytes: &[u8]) -> Result<Message, Unreadable> {
    rmp_serde::from_slice(bytes)
}

/// A schema.
///
/// # Errors
/// The bytes are no schema.
pub fn read_schema(bytes: &[u8]) -> Result<Schema, Unreadable> {
    rmp_serde::from_slice(bytes)
}

/// A column's type.
///
/// # Errors
/// The bytes are no type.
pub fn read_type(bytes: &[u8]) -> Result<ColumnType, Unreadable> {
    rmp_serde::from_slice(bytes)
}

/// A schema, written with the names of its fields.
///
/// # Errors
/// It cannot be written.
pub fn write_schema(schema: &Schema) -> Result<Vec<u8>, Unwritable> {
    rmp_serde::to_vec_named(schema)
}
