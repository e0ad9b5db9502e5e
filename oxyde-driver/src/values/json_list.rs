//! Lists as JSON text, for databases without arrays.

use std::fmt::Write as _;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use serde_json::value::RawValue;

use crate::rows::{RowSet, Slot, TextKind};
use crate::values::calendar::{
    date_text, date_time_text, parse_date, parse_moment, parse_time, time_text,
};
use crate::values::fit::{Fitted, fit, is_finite_decimal, parse_uuid, uuid_text};
use crate::values::kind::{Kind, NOT_HERE, kind_of};

/// The format of a list's items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Bytes as hexadecimal (SQLite's `unhex`), otherwise as base64 (MySQL's `FROM_BASE64`).
    pub hex: bool,
    /// The suffix of a date and time in UTC.
    pub utc: &'static str,
    /// Whether a double in the list of an `in` lookup is a JSON string, because JSON numbers are
    /// not read exactly.
    pub quoted_doubles: bool,
}

/// Written with padding, read with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The purpose of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The value of an array column.
    Column,
    /// The list of an `in` lookup, whose items the statement converts back.
    Lookup,
}

/// Encode the list as a JSON array.
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
        Fitted::Bytes(bytes) if style.hex => quote(out, &hex::encode(bytes)),
        Fitted::Bytes(bytes) => quote(out, &BASE64.encode(bytes)),
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
        Fitted::Native(_) => return Err(NOT_HERE.to_owned()),
    }
    Ok(())
}

fn number(out: &mut String, int: i64) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{int}");
}

/// Write a JSON string.
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

/// Parse the JSON array of an array column into a list cell.
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
    if raw == "null" {
        return Ok(Slot::Null);
    }
    let wrong = || {
        format!(
            "expected {} in the list, found {}",
            item.facts().noun,
            shortened(raw)
        )
    };
    let text = || serde_json::from_str::<String>(raw).map_err(|_| wrong());
    Ok(match kind_of(item) {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => {
            Slot::Int(raw.parse().map_err(|_| wrong())?)
        }
        Kind::Interval => Slot::Interval(raw.parse().map_err(|_| wrong())?),
        Kind::Double => Slot::Double(raw.parse().map_err(|_| wrong())?),
        Kind::Bool => match raw {
            "true" | "1" => Slot::Bool(true),
            "false" | "0" => Slot::Bool(false),
            _ => return Err(wrong()),
        },
        Kind::Decimal { .. } => {
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
        Kind::Text | Kind::Inet => rows.text_slot(TextKind::Text, &text()?)?,
        Kind::Bytes => {
            let text = text()?;
            let bytes = if style.hex {
                hex::decode(text).map_err(|_| wrong())?
            } else {
                BASE64.decode(text).map_err(|_| wrong())?
            };
            let (len, at) = rows.keep_bytes(&bytes)?;
            Slot::Bytes(len, at)
        }
        Kind::Date => Slot::Date(parse_date(&text()?).ok_or_else(wrong)?),
        Kind::Time => Slot::Time(parse_time(&text()?).ok_or_else(wrong)?),
        Kind::DateTime => Slot::DateTime(parse_moment(&text()?).ok_or_else(wrong)?.local),
        Kind::TimestampTz => {
            let moment = parse_moment(&text()?).ok_or_else(wrong)?;
            Slot::TimestampTz(moment.local - moment.offset.unwrap_or(0))
        }
        Kind::Uuid => rows.uuid_slot(&parse_uuid(&text()?).ok_or_else(wrong)?),
        Kind::Json => rows.text_slot(TextKind::Json, raw)?,
        Kind::List(item) => read_list(rows, raw, item, style)?,
        Kind::Native(_) => return Err(wrong()),
    })
}

/// Return the start of a stored value, for a message.
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
