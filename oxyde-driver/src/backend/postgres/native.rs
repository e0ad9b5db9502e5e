//! Values of the kinds that only PostgreSQL has.

use super::decode::{DAMAGED, Sends};
use super::{oid, range, vector};
use crate::rows::{RowSet, Slot};
use crate::values::fit::Native;
use crate::values::kind::NativeKind;

/// Append a value in the binary format of the type `ty`.
pub(super) fn encode(out: &mut Vec<u8>, ty: u32, native: &Native<'_>) -> Result<(), String> {
    match native {
        Native::Vector(numbers) if ty == oid::TEXT => {
            out.extend_from_slice(vector::text(numbers).as_bytes());
            Ok(())
        }
        Native::Vector(numbers) => vector::encode(out, numbers),
        Native::Range(value) => range::encode(out, ty, value.as_deref()),
    }
}

/// Return a value as text, for COPY.
pub(super) fn text(native: &Native<'_>) -> Result<String, String> {
    match native {
        Native::Vector(numbers) => Ok(vector::text(numbers)),
        Native::Range(value) => range::text(value.as_deref()),
    }
}

/// Decode a value; `None` if the server sends another type.
pub(super) fn decode(
    rows: &mut RowSet,
    sends: &Sends,
    kind: NativeKind,
    bytes: &[u8],
) -> Result<Option<Slot>, String> {
    match kind {
        NativeKind::Vector { .. } if sends.vector => rows
            .vector_slot(vector::decode(bytes).ok_or(DAMAGED)?)
            .map(Some),
        NativeKind::Vector { .. } => Ok(None),
        NativeKind::Range(item) => range::decode(rows, sends, item, bytes),
    }
}
