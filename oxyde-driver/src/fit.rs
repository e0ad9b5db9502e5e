//! Whether a value fits the type it is sent as. The type decides, never the value.

use std::borrow::Cow;

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::calendar::{DAY_MICROS, MAX_DAY, MAX_MICROS, MIN_DAY, MIN_MICROS};

/// A value that fits its type, in the form that every backend encodes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fitted<'a> {
    Null,
    Bool(bool),
    SmallInt(i16),
    Integer(i32),
    BigInt(i64),
    Double(f64),
    Decimal(Cow<'a, str>),
    Text(&'a str),
    Inet(&'a str),
    Bytes(&'a [u8]),
    Date(i32),
    Time(i64),
    DateTime(i64),
    TimestampTz(i64),
    Interval(i64),
    Uuid([u8; 16]),
    Json(&'a str),
    List(&'a ColumnType, &'a [Value]),
    Vector(&'a [f32]),
}

/// Plans with vectors are made for PostgreSQL only.
pub(crate) const NO_VECTORS: &str = "only PostgreSQL has vectors, by pgvector";

/// The type behind `Custom` types.
pub(crate) fn base_of(ty: &ColumnType) -> &ColumnType {
    match ty {
        ColumnType::Custom { base, .. } => base_of(base),
        other => other,
    }
}

/// Checks that `value` is one of `ty`.
pub(crate) fn fit<'a>(value: &'a Value, ty: &'a ColumnType) -> Result<Fitted<'a>, String> {
    if matches!(value, Value::Null) {
        return Ok(Fitted::Null);
    }
    Ok(match (base_of(ty), value) {
        (ColumnType::SmallInt, Value::Int(int)) => {
            Fitted::SmallInt((*int).try_into().map_err(|_| too_large(*int, "16-bit"))?)
        }
        (ColumnType::Integer, Value::Int(int)) => {
            Fitted::Integer((*int).try_into().map_err(|_| too_large(*int, "32-bit"))?)
        }
        (ColumnType::BigInt, Value::Int(int)) => Fitted::BigInt(*int),
        (ColumnType::Double, Value::Double(double)) => Fitted::Double(*double),
        (ColumnType::Double, Value::Int(int)) => Fitted::Double(exact_double(*int)?),
        (ColumnType::Decimal { .. }, Value::Decimal(text)) => {
            if !is_decimal(text) {
                return Err(format!("{text:?} is no decimal number"));
            }
            Fitted::Decimal(Cow::Borrowed(text))
        }
        (ColumnType::Decimal { .. }, Value::Int(int)) => {
            Fitted::Decimal(Cow::Owned(int.to_string()))
        }
        (ColumnType::Bool, Value::Bool(truth)) => Fitted::Bool(*truth),
        (
            ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Enum { .. },
            Value::Text(text),
        ) => Fitted::Text(text),
        (ColumnType::Inet, Value::Text(text)) => Fitted::Inet(text),
        (ColumnType::Bytes, Value::Bytes(bytes)) => Fitted::Bytes(bytes),
        (ColumnType::Date, Value::Date(day)) => {
            if !(MIN_DAY..=MAX_DAY).contains(&i64::from(*day)) {
                return Err("the date is outside the years 1 to 9999".to_owned());
            }
            Fitted::Date(*day)
        }
        (ColumnType::Time, Value::Time(micros)) => {
            if !(0..DAY_MICROS).contains(micros) {
                return Err("the time is not within one day".to_owned());
            }
            Fitted::Time(*micros)
        }
        (ColumnType::DateTime, Value::DateTime(micros)) => Fitted::DateTime(moment(*micros)?),
        (ColumnType::TimestampTz, Value::TimestampTz(micros)) => {
            Fitted::TimestampTz(moment(*micros)?)
        }
        (ColumnType::Interval, Value::Interval(micros)) => Fitted::Interval(*micros),
        (ColumnType::Uuid, Value::Uuid(uuid)) => Fitted::Uuid(*uuid),
        (ColumnType::Uuid, Value::Text(text)) => {
            Fitted::Uuid(parse_uuid(text).ok_or_else(|| format!("{text:?} is no UUID"))?)
        }
        (ColumnType::Json, Value::Json(text)) => Fitted::Json(text),
        (ColumnType::Array { item }, Value::List(items)) => Fitted::List(item, items),
        (ColumnType::Vector { dimensions }, Value::Vector(numbers)) => {
            if let Some(wanted) = dimensions
                && usize::from(*wanted) != numbers.len()
            {
                return Err(format!("expected {wanted} numbers, got {}", numbers.len()));
            }
            Fitted::Vector(numbers)
        }
        (ty, value) => return Err(misfit(value, ty)),
    })
}

/// The message for a value of the wrong kind.
pub(crate) fn misfit(value: &Value, ty: &ColumnType) -> String {
    format!("expected {}, got {}", type_name(ty), value_name(value))
}

/// A type in words.
pub(crate) fn type_name(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "an integer",
        ColumnType::Double => "a floating-point number",
        ColumnType::Decimal { .. } => "a decimal number",
        ColumnType::Bool => "a boolean",
        ColumnType::Text | ColumnType::Varchar { .. } => "text",
        ColumnType::Bytes => "bytes",
        ColumnType::Date => "a date",
        ColumnType::Time => "a time",
        ColumnType::DateTime => "a date and time without a zone",
        ColumnType::TimestampTz => "a date and time with a zone",
        ColumnType::Interval => "an interval",
        ColumnType::Uuid => "a UUID",
        ColumnType::Json => "a JSON document",
        ColumnType::Inet => "an IP address",
        ColumnType::Array { .. } => "a list",
        ColumnType::Enum { .. } => "an enum label",
        ColumnType::Vector { .. } => "a vector",
        ColumnType::Custom { base, .. } => type_name(base),
    }
}

fn value_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "an integer",
        Value::Double(_) => "a floating-point number",
        Value::Decimal(_) => "a decimal number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Date(_) => "a date",
        Value::Time(_) => "a time",
        Value::DateTime(_) => "a date and time without a zone",
        Value::TimestampTz(_) => "a date and time with a zone",
        Value::Interval(_) => "an interval",
        Value::Uuid(_) => "a UUID",
        Value::Json(_) => "a JSON document",
        Value::List(_) => "a list",
        Value::Vector(_) => "a vector",
    }
}

/// The type that a value has when nobody says otherwise: for raw SQL.
pub(crate) fn natural_type(value: &Value) -> ColumnType {
    match value {
        Value::Null | Value::Text(_) => ColumnType::Text,
        Value::Bool(_) => ColumnType::Bool,
        Value::Int(_) => ColumnType::BigInt,
        Value::Double(_) => ColumnType::Double,
        Value::Decimal(_) => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        Value::Bytes(_) => ColumnType::Bytes,
        Value::Date(_) => ColumnType::Date,
        Value::Time(_) => ColumnType::Time,
        Value::DateTime(_) => ColumnType::DateTime,
        Value::TimestampTz(_) => ColumnType::TimestampTz,
        Value::Interval(_) => ColumnType::Interval,
        Value::Uuid(_) => ColumnType::Uuid,
        Value::Json(_) => ColumnType::Json,
        Value::Vector(_) => ColumnType::Vector { dimensions: None },
        Value::List(items) => ColumnType::Array {
            item: Box::new(
                items
                    .iter()
                    .find(|item| !matches!(item, Value::Null))
                    .map_or(ColumnType::Text, natural_type),
            ),
        },
    }
}

fn too_large(int: i64, size: &str) -> String {
    format!("{int} does not fit a {size} integer")
}

fn moment(micros: i64) -> Result<i64, String> {
    if (MIN_MICROS..=MAX_MICROS).contains(&micros) {
        Ok(micros)
    } else {
        Err("the moment is outside the years 1 to 9999".to_owned())
    }
}

/// The integer as a double, when no digit is lost.
#[expect(
    clippy::cast_precision_loss,
    reason = "integers up to 2^53 are exact, others are refused"
)]
pub(crate) fn exact_double(int: i64) -> Result<f64, String> {
    if int.unsigned_abs() <= 1 << 53 {
        Ok(int as f64)
    } else {
        Err(format!("{int} has no exact floating-point form"))
    }
}

/// Whether the text is a decimal number in plain notation, or one of the special values.
pub(crate) fn is_decimal(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity") || is_finite_decimal(text)
}

/// Whether the text is a decimal number in plain notation.
pub(crate) fn is_finite_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty()
        && all_digits(whole)
        && fraction.is_none_or(|rest| !rest.is_empty() && all_digits(rest))
}

/// Reads a UUID in its usual text form.
pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    let dashed = bytes.len() == 36 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-');
    if !dashed && bytes.len() != 32 {
        return None;
    }
    let mut uuid = [0u8; 16];
    let mut nibbles = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if dashed && [8, 13, 18, 23].contains(&at) {
            continue;
        }
        let nibble = (*byte as char).to_digit(16)?;
        uuid[nibbles / 2] = uuid[nibbles / 2] << 4 | u8::try_from(nibble).ok()?;
        nibbles += 1;
    }
    Some(uuid)
}

/// The usual text form of a UUID: lower case, with dashes.
pub(crate) fn uuid_text(uuid: &[u8; 16]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(HEX[usize::from(byte >> 4)] as char);
        text.push(HEX[usize::from(byte & 15)] as char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_come_back() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        let uuid = parse_uuid(text).unwrap();
        assert_eq!(uuid_text(&uuid), text);
        assert_eq!(parse_uuid("00112233445566778899AABBCCDDEEFF"), Some(uuid));
        assert_eq!(parse_uuid("0011-2233"), None);
    }

    #[test]
    fn decimals_are_plain() {
        for good in [
            "0",
            "-1.50",
            "123456789012345678901234567890.1",
            "NaN",
            "-Infinity",
        ] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["", "-", "1.", ".5", "1e5", "+1", "1,0", " 1"] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }

    #[test]
    fn the_type_decides() {
        assert_eq!(
            fit(&Value::Int(7), &ColumnType::Double),
            Ok(Fitted::Double(7.0))
        );
        assert!(fit(&Value::Double(7.0), &ColumnType::BigInt).is_err());
        assert!(fit(&Value::Int(40_000), &ColumnType::SmallInt).is_err());
        assert!(fit(&Value::Int((1 << 53) + 1), &ColumnType::Double).is_err());
        assert!(fit(&Value::Text("7".into()), &ColumnType::Integer).is_err());
        assert!(fit(&Value::Bool(true), &ColumnType::BigInt).is_err());
    }
}
