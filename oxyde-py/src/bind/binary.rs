//! Binds bytes and UUIDs.

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

use super::types::Types;
use super::{Fit, Misfit};

/// bytes, bytearray or memoryview.
pub(super) fn bytes(value: &Bound<'_, PyAny>) -> Fit<Value> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().to_vec()));
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return Ok(Value::Bytes(bytes.to_vec()));
    }
    if value.is_instance_of::<PyMemoryView>() {
        let bytes = value.call_method0("tobytes")?;
        return Ok(Value::Bytes(
            bytes
                .cast::<PyBytes>()
                .map_err(PyErr::from)?
                .as_bytes()
                .to_vec(),
        ));
    }
    Err(Misfit::wrong_type(value, "bytes").hint("encode a str: value.encode()"))
}

/// `uuid.UUID`.
pub(super) fn uuid(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let py = value.py();
    if value.is_instance(Types::get(py).uuid.bind(py))? {
        let number: u128 = value.getattr("int")?.extract()?;
        return Ok(Value::Uuid(number.to_be_bytes()));
    }
    Err(Misfit::wrong_type(value, "uuid.UUID").hint("convert it with uuid.UUID(...)"))
}
