//! Lists as JSON text, where the database has no arrays.

use std::fmt::Write as _;

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use serde_json::value::RawValue;

use crate::calendar::{date_text, date_time_text, parse_date, parse_moment, parse_time, time_text};
use crate::fit::{
    Fitted, NO_VECTORS, base_of, fit, is_finite_decimal, parse_uuid, type_name, uuid_text,
};
use crate::rows::{RowSet, Slot, TextKind};

/// How a database spells the items of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Bytes as hexadecimal text (SQLite's `unhex`), else as base64 (MySQL's `FROM_BASE64`).
    pub hex: bool,
    /// What stands behind a moment in UTC.
    pub utc: &'static str,
    /// Whether a double in the list of an `in` lookup is a JSON string: numbers in JSON are not
    /// read exactly.
    pub quoted_doubles: bool,
}

/// What the list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The value of an array column.
    Column,
    /// The list of an `in` lookup, whose items the statement converts back.
    Lookup,
}

/// The list as a JSON array.
pub(crate) fn list_text(
    item: &ColumnType,
    items: &[Value],
    purpose: Purpose,
    style: Style,
) -> Result<String, String> {
    let mut out = String::with_capacity(items.len() * 8 + 2);
    write_list(&mut out, item, items, purpose, style)?;
    Ok(out)
}

fn write_list(
    out: &mut String,
    item: &ColumnType,
    items: &[Value],
    purpose: Purpose,
    style: Style,
) -> Result<(), String> {
    out.push('[');
    for (at, value) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_item(out, item, value, purpose, style)
            .map_err(|detail| format!("item {}: {detail}", at + 1))?;
    }
    out.push(']');
    Ok(())
}

fn write_item(
    out: &mut String,
    item: &ColumnType,
    value: &Value,
    purpose: Purpose,
    style: Style,
) -> Result<(), String> {
    match fit(value, item)? {
        Fitted::Null => out.push_str("null"),
        Fitted::Bool(truth) if purpose == Purpose::Lookup => {
            out.push(if truth { '1' } else { '0' });
        }
        Fitted::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
        Fitted::SmallInt(int) => number(out, i64::from(int)),
        Fitted::Integer(int) => number(out, i64::from(int)),
        Fitted::BigInt(int) | Fitted::Interval(int) => number(out, int),
        Fitted::Double(double) => {
            if !double.is_finite() {
                return Err(format!("{double} cannot be stored here"));
            }
            if purpose == Purpose::Lookup && style.quoted_doubles {
                quote(out, &format!("{double:?}"));
            } else {
                let _ = write!(out, "{double:?}");
            }
        }
        Fitted::Decimal(text) => {
            if !is_finite_decimal(&text) {
                return Err(format!("{text} cannot be stored here"));
            }
            quote(out, &text);
        }
        Fitted::Text(text) | Fitted::Inet(text) => quote(out, text),
        Fitted::Bytes(bytes) if style.hex => quote(out, &hex(bytes)),
        Fitted::Bytes(bytes) => quote(out, &base64(bytes)),
        Fitted::Date(day) => quote(out, &date_text(i64::from(day))),
        Fitted::Time(micros) => quote(out, &time_text(micros)),
        Fitted::DateTime(micros) => quote(out, &date_time_text(micros)),
        Fitted::TimestampTz(micros) => {
            quote(out, &format!("{}{}", date_time_text(micros), style.utc));
        }
        Fitted::Uuid(uuid) => quote(out, &uuid_text(&uuid)),
        Fitted::Json(text) if purpose == Purpose::Lookup => quote(out, text),
        Fitted::Json(text) => out.push_str(text),
        Fitted::List(inner, items) => write_list(out, inner, items, purpose, style)?,
        Fitted::Vector(_) => return Err(NO_VECTORS.to_owned()),
    }
    Ok(())
}

fn number(out: &mut String, int: i64) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{int}");
}

/// Writes a JSON string.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if (control as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(BASE64[(word >> (18 - 6 * place) & 63) as usize] as char);
            } else {
                text.push('=');
            }
        }
    }
    text
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.len() % 2 == 1 {
        return None;
    }
    bytes
        .chunks(2)
        .map(|pair| {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            u8::try_from(high << 4 | low).ok()
        })
        .collect()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let digit = BASE64.iter().position(|known| *known == letter)?;
        word = word << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(word >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Reads the JSON array of an array column into a list cell.
pub(crate) fn read_list(
    rows: &mut RowSet,
    text: &str,
    item: &ColumnType,
    style: Style,
) -> Result<Slot, String> {
    let items: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|_| format!("expected a JSON array, found {}", shortened(text)))?;
    let mut slots = Vec::with_capacity(items.len());
    for raw in items {
        slots.push(read_item(rows, raw.get(), item, style)?);
    }
    let at = rows.items.len();
    let len = u32::try_from(slots.len()).map_err(|_| "too many items".to_owned())?;
    rows.items.extend(slots);
    Ok(Slot::List(len, at))
}

fn read_item(
    rows: &mut RowSet,
    raw: &str,
    item: &ColumnType,
    style: Style,
) -> Result<Slot, String> {
    let item = base_of(item);
    if raw == "null" {
        return Ok(Slot::Null);
    }
    match item {
        ColumnType::Json => return rows.text_slot(TextKind::Json, raw),
        ColumnType::Array { item } => return read_list(rows, raw, item, style),
        _ => (),
    }
    let wrong = || {
        format!(
            "expected {} in the list, found {}",
            type_name(item),
            shortened(raw)
        )
    };
    let text = || serde_json::from_str::<String>(raw).map_err(|_| wrong());
    Ok(match item {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => {
            Slot::Int(raw.parse().map_err(|_| wrong())?)
        }
        ColumnType::Interval => Slot::Interval(raw.parse().map_err(|_| wrong())?),
        ColumnType::Double => Slot::Double(raw.parse().map_err(|_| wrong())?),
        ColumnType::Bool => match raw {
            "true" | "1" => Slot::Bool(true),
            "false" | "0" => Slot::Bool(false),
            _ => return Err(wrong()),
        },
        ColumnType::Decimal { .. } => {
            let text = if raw.starts_with('"') {
                text()?
            } else {
                raw.to_owned()
            };
            if !is_finite_decimal(&text) {
                return Err(wrong());
            }
            rows.text_slot(TextKind::Decimal, &text)?
        }
        ColumnType::Text
        | ColumnType::Varchar { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Inet => rows.text_slot(TextKind::Text, &text()?)?,
        ColumnType::Bytes => {
            let text = text()?;
            let bytes = if style.hex {
                from_hex(&text)
            } else {
                from_base64(&text)
            };
            let (len, at) = rows.keep_bytes(&bytes.ok_or_else(wrong)?)?;
            Slot::Bytes(len, at)
        }
        ColumnType::Date => {
            let day = parse_date(&text()?).ok_or_else(wrong)?;
            Slot::Date(i32::try_from(day).map_err(|_| wrong())?)
        }
        ColumnType::Time => Slot::Time(parse_time(&text()?).ok_or_else(wrong)?),
        ColumnType::DateTime => Slot::DateTime(parse_moment(&text()?).ok_or_else(wrong)?.local),
        ColumnType::TimestampTz => {
            let moment = parse_moment(&text()?).ok_or_else(wrong)?;
            Slot::TimestampTz(moment.local - moment.offset.unwrap_or(0))
        }
        ColumnType::Uuid => rows.uuid_slot(&parse_uuid(&text()?).ok_or_else(wrong)?),
        ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Vector { .. }
        | ColumnType::Custom { .. } => {
            return Err(wrong());
        }
    })
}

/// The start of a stored value, for a message.
pub(crate) fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(40).collect();
    if letters.next().is_some() {
        format!("{start:?}…")
    } else {
        format!("{start:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for len in 0..70u8 {
            let bytes: Vec<u8> = (0..len).map(|at| at.wrapping_mul(37)).collect();
            assert_eq!(from_hex(&hex(&bytes)), Some(bytes.clone()));
            assert_eq!(from_base64(&base64(&bytes)), Some(bytes));
        }
        assert_eq!(base64(b"Man"), "TWFu");
        assert_eq!(base64(b"Ma"), "TWE=");
    }

    #[test]
    fn strings_are_json() {
        let mut out = String::new();
        quote(&mut out, "a\"b\\c\n\u{1}é");
        assert_eq!(out, "\"a\\\"b\\\\c\\u000a\\u0001é\"");
        assert_eq!(
            serde_json::from_str::<String>(&out).unwrap(),
            "a\"b\\c\n\u{1}é"
        );
    }
}
