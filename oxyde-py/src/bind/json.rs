//! Converts Python objects to JSON text.

use std::fmt::Write;

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::text::utf8;
use super::types::Types;
use super::{Context, Fit, Misfit, type_name};

/// A JSON document.
pub(super) fn json(value: &Bound<'_, PyAny>, context: Context) -> Fit<Value> {
    let mut text = String::with_capacity(64);
    write(&mut text, value, 0, context)?;
    Ok(Value::Json(text))
}

fn write(out: &mut String, value: &Bound<'_, PyAny>, depth: usize, context: Context) -> Fit<()> {
    if value.is_none() {
        out.push_str("null");
    } else if let Ok(string) = value.cast_exact::<PyString>() {
        quote(out, utf8(string, context)?);
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        out.push_str(if truth.is_true() { "true" } else { "false" });
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        integer(out, number, context)?;
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        float(out, number)?;
    } else if let Ok(items) = value.cast_exact::<PyDict>() {
        object(out, items, depth, context)?;
    } else if let Ok(items) = value.cast_exact::<PyList>() {
        array(out, items.iter(), depth, context)?;
    } else if let Ok(items) = value.cast_exact::<PyTuple>() {
        array(out, items.iter(), depth, context)?;
    } else {
        return other(out, value, depth, context);
    }
    Ok(())
}

/// Write other types: models, dates, enum members, subclasses of dict and str …
fn other(out: &mut String, value: &Bound<'_, PyAny>, depth: usize, context: Context) -> Fit<()> {
    let py = value.py();
    let plain = Types::get(py)
        .to_jsonable
        .bind(py)
        .call1((value,))
        .map_err(|_| {
            Misfit::new(format!(
                "got {}, which cannot be converted to JSON",
                type_name(value)
            ))
            .hint("convert it to dict, list, str, int, float, bool or None")
        })?;
    if plain.is(value) || plain.get_type().is(value.get_type()) {
        return Err(Misfit::new(format!(
            "got {}, which cannot be converted to JSON",
            type_name(value)
        )));
    }
    write(out, &plain, depth, context)
}

/// Refuse a container inside that many others, if it is one too many.
fn check_depth(depth: usize, context: Context) -> Fit<()> {
    let deepest = context.limits.json_depth;
    if depth < deepest {
        return Ok(());
    }
    Err(Misfit::new(format!(
        "got a document nested deeper than {deepest} levels, the most that this database can store"
    ))
    .hint("an object that contains itself cannot be stored"))
}

fn object(out: &mut String, items: &Bound<'_, PyDict>, depth: usize, context: Context) -> Fit<()> {
    check_depth(depth, context)?;
    out.push('{');
    for (index, (key, item)) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let Ok(key) = key.cast::<PyString>() else {
            return Err(Misfit::new(format!(
                "got a dict with a key of type {}; JSON has only str keys",
                type_name(&key)
            ))
            .hint("convert the keys with str(...)"));
        };
        quote(out, utf8(key, context)?);
        out.push(':');
        write(out, &item, depth + 1, context)?;
    }
    out.push('}');
    Ok(())
}

fn array<'py>(
    out: &mut String,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    depth: usize,
    context: Context,
) -> Fit<()> {
    check_depth(depth, context)?;
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, &item, depth + 1, context)?;
    }
    out.push(']');
    Ok(())
}

fn integer(out: &mut String, number: &Bound<'_, PyInt>, context: Context) -> Fit<()> {
    if let Ok(small) = number.extract::<i64>() {
        let _ = write!(out, "{small}");
        return Ok(());
    }
    if !context.limits.exact_json_numbers && number.extract::<u64>().is_err() {
        return Err(Misfit::new(
            "got a JSON number beyond 64 bits, which this database stores inexactly",
        )
        .hint("store it as a str"));
    }
    let text = number.str().map_err(|_| {
        Misfit::new("got a JSON number with too many digits").hint("store it as a str")
    })?;
    out.push_str(text.to_str()?);
    Ok(())
}

/// Write the shortest text that parses to the same float. It always has a point or a negative
/// exponent: a server that stores decimal digits (`1e22` as `10000000000000000000000`) would
/// otherwise return an int.
fn float(out: &mut String, number: &Bound<'_, PyFloat>) -> Fit<()> {
    let value = number.value();
    if !value.is_finite() {
        return Err(
            Misfit::new("got NaN or infinity, which JSON cannot represent")
                .hint("store None or a str instead"),
        );
    }
    // `{:?}` writes whole numbers from 1e16 on with an exponent, `{:.1}` never does.
    if value.abs() >= 1e16 {
        let _ = write!(out, "{value:.1}");
    } else {
        let _ = write!(out, "{value:?}");
    }
    Ok(())
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut clean = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[clean..index]);
        clean = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[clean..]);
    out.push('"');
}
