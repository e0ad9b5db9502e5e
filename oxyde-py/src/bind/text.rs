//! Binds strings, enum labels and network addresses.

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::types::Types;
use super::{Context, Fit, Misfit, enum_value};

/// A string of at most `length` characters if it is written. (Compared strings may be longer.)
pub(super) fn text(value: &Bound<'_, PyAny>, length: Option<u32>, context: Context) -> Fit<Value> {
    if !value.is_exact_instance_of::<PyString>()
        && let Some(inner) = enum_value(value)?
    {
        return text(&inner, length, context);
    }
    let Ok(string) = value.cast::<PyString>() else {
        return Err(Misfit::wrong_type(value, "str").hint("convert it with str(...)"));
    };
    let text = utf8(string, context)?;
    if let Some(length) = length
        && !context.lookup
        && text.len() > length as usize
    {
        let characters = text.chars().count();
        if characters > length as usize {
            return Err(Misfit::new(format!(
                "takes at most {length} characters; the value has {characters}"
            ))
            .hint("shorten it, or raise `max_length`"));
        }
    }
    Ok(Value::Text(text.to_owned()))
}

/// Return the string as UTF-8; refuse what the database cannot store.
pub(super) fn utf8<'a>(string: &'a Bound<'_, PyString>, context: Context) -> Fit<&'a str> {
    let text = string.to_str().map_err(|_| {
        Misfit::new("got a str with a lone surrogate, which is not valid Unicode text")
            .hint("encode it with errors=\"surrogateescape\" and store bytes")
    })?;
    if !context.limits.nul_in_text && text.as_bytes().contains(&0) {
        return Err(Misfit::new(
            "got a str with the NUL character (\\x00), which this database does not store",
        )
        .hint("remove it, or store bytes"));
    }
    Ok(text)
}

/// A label of an enum type.
pub(super) fn label(value: &Bound<'_, PyAny>, labels: &[String], context: Context) -> Fit<Value> {
    let bound = text(value, None, context)?;
    if let Value::Text(text) = &bound
        && !labels.iter().any(|label| label == text)
    {
        return Err(Misfit::new("got a str that is not one of its labels")
            .hint(format!("one of {}", labels.join(", "))));
    }
    Ok(bound)
}

/// An IPv4 or IPv6 address, interface or network.
pub(super) fn inet(value: &Bound<'_, PyAny>) -> Fit<Value> {
    let py = value.py();
    let types = Types::get(py);
    for class in &types.addresses {
        if value.is_instance(class.bind(py))? {
            return Ok(Value::Text(value.str()?.extract()?));
        }
    }
    if let Some(inner) = enum_value(value)? {
        return inet(&inner);
    }
    let takes = "an address of the ipaddress module, or its str";
    if !value.is_instance_of::<PyString>() {
        return Err(Misfit::wrong_type(value, takes));
    }
    // A host address with a prefix (10.0.0.1/8) is an interface, never a network.
    match types
        .ip_interface
        .call1(py, (value,))
        .or_else(|_| types.ip_network.call1(py, (value,)))
    {
        Ok(_) => Ok(Value::Text(value.extract()?)),
        Err(_) => Err(Misfit::new(format!(
            "takes {takes}; the str is not an address"
        ))),
    }
}
