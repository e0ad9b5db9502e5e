//! Checks whether a value fits the type that it is sent as. The type decides, never the value.

use std::borrow::Cow;
use std::ops::Range;

use oxyde_sql::types::{ColumnType, RangeItem};
use oxyde_sql::value::{Included, RangeValue, Value};

use crate::values::calendar::{DAY_MICROS, MAX_DAY, MAX_MICROS, MIN_DAY, MIN_MICROS};
use crate::values::kind::{Kind, NativeKind, kind_of};

/// A value that fits its type, in the form that the backends encode.
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
    Native(Native<'a>),
}

/// A value of a [`NativeKind`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Native<'a> {
    Vector(&'a [f32]),
    /// `None` is the empty range.
    Range(Option<Box<FittedRange<'a>>>),
}

/// A range whose bounds fit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FittedRange<'a> {
    /// NULL for none.
    pub lower: Fitted<'a>,
    pub upper: Fitted<'a>,
    pub included: Included,
}

/// Check that `value` is a value of `ty`.
pub(crate) fn fit<'a>(value: &'a Value, ty: &'a ColumnType) -> Result<Fitted<'a>, String> {
    if matches!(value, Value::Null) {
        return Ok(Fitted::Null);
    }
    Ok(match (kind_of(ty), value) {
        (Kind::SmallInt, Value::Int(int)) => {
            Fitted::SmallInt((*int).try_into().map_err(|_| too_large(*int, "16-bit"))?)
        }
        (Kind::Integer, Value::Int(int)) => {
            Fitted::Integer((*int).try_into().map_err(|_| too_large(*int, "32-bit"))?)
        }
        (Kind::BigInt, Value::Int(int)) => Fitted::BigInt(*int),
        (Kind::Double, Value::Double(double)) => Fitted::Double(*double),
        (Kind::Double, Value::Int(int)) => Fitted::Double(exact_double(*int)?),
        (Kind::Decimal { .. }, Value::Decimal(text)) => {
            if !is_decimal(text) {
                return Err(format!("{text:?} is not a decimal number"));
            }
            Fitted::Decimal(Cow::Borrowed(text))
        }
        (Kind::Decimal { .. }, Value::Int(int)) => Fitted::Decimal(Cow::Owned(int.to_string())),
        (Kind::Bool, Value::Bool(truth)) => Fitted::Bool(*truth),
        (Kind::Text, Value::Text(text)) => Fitted::Text(text),
        (Kind::Inet, Value::Text(text)) => Fitted::Inet(text),
        (Kind::Bytes, Value::Bytes(bytes)) => Fitted::Bytes(bytes),
        (Kind::Date, Value::Date(day)) => {
            if !(MIN_DAY..=MAX_DAY).contains(&i64::from(*day)) {
                return Err("the date is outside the years 1 to 9999".to_owned());
            }
            Fitted::Date(*day)
        }
        (Kind::Time, Value::Time(micros)) => {
            if !(0..DAY_MICROS).contains(micros) {
                return Err("the time is not within a day".to_owned());
            }
            Fitted::Time(*micros)
        }
        (Kind::DateTime, Value::DateTime(micros)) => Fitted::DateTime(moment(*micros)?),
        (Kind::TimestampTz, Value::TimestampTz(micros)) => Fitted::TimestampTz(moment(*micros)?),
        (Kind::Interval, Value::Interval(micros)) => Fitted::Interval(*micros),
        (Kind::Uuid, Value::Uuid(uuid)) => Fitted::Uuid(*uuid),
        (Kind::Uuid, Value::Text(text)) => {
            Fitted::Uuid(parse_uuid(text).ok_or_else(|| format!("{text:?} is not a UUID"))?)
        }
        (Kind::Json, Value::Json(text)) => Fitted::Json(text),
        (Kind::List(item), Value::List(items)) => Fitted::List(item, items),
        (Kind::Native(kind), value) => Fitted::Native(native(kind, value, ty)?),
        (_, value) => return Err(misfit(value, ty)),
    })
}

fn native<'a>(kind: NativeKind, value: &'a Value, ty: &ColumnType) -> Result<Native<'a>, String> {
    Ok(match (kind, value) {
        (NativeKind::Vector { dimensions }, Value::Vector(numbers)) => {
            if let Some(wanted) = dimensions
                && usize::from(wanted) != numbers.len()
            {
                return Err(format!("expected {wanted} numbers, got {}", numbers.len()));
            }
            Native::Vector(numbers)
        }
        (NativeKind::Range(_), Value::Range(None)) => Native::Range(None),
        (NativeKind::Range(item), Value::Range(Some(range))) => {
            let bound = |value| {
                fit(value, item.column_type()).map_err(|detail| format!("a bound: {detail}"))
            };
            Native::Range(Some(Box::new(FittedRange {
                lower: bound(&range.lower)?,
                upper: bound(&range.upper)?,
                included: range.included,
            })))
        }
        (_, value) => return Err(misfit(value, ty)),
    })
}

/// Return the number of 64 bits that is written like this one of 32: 0.1 stays 0.1.
pub(crate) fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// Return the message for a value of the wrong kind.
pub(crate) fn misfit(value: &Value, ty: &ColumnType) -> String {
    format!("expected {}, got {}", ty.facts().noun, value_name(value))
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
        Value::Range(_) => "a range",
    }
}

/// Return a value's own type, for raw SQL.
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
        Value::Range(range) => ColumnType::Range {
            item: range.as_deref().map_or(RangeItem::BigInt, natural_item),
        },
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

/// Estimated length of a vector's number as text, the format of large batches.
const VECTOR_DIGITS: usize = 12;

/// Estimate the number of bytes of a value in the protocol.
pub(crate) fn size_of(value: &Value) -> usize {
    12 + match value {
        Value::Text(text) | Value::Json(text) | Value::Decimal(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Uuid(_) => 36,
        Value::Vector(numbers) => numbers.len() * VECTOR_DIGITS,
        Value::List(items) => items.iter().map(size_of).sum::<usize>() * 2,
        Value::Range(None) => 1,
        Value::Range(Some(range)) => size_of(&range.lower) + size_of(&range.upper),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Double(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::TimestampTz(_)
        | Value::Interval(_) => 8,
    }
}

/// Return the type of a range's bounds.
fn natural_item(range: &RangeValue) -> RangeItem {
    let bound = match &range.lower {
        Value::Null => &range.upper,
        lower => lower,
    };
    match bound {
        Value::Decimal(_) => RangeItem::Decimal,
        Value::Date(_) => RangeItem::Date,
        Value::DateTime(_) => RangeItem::DateTime,
        Value::TimestampTz(_) => RangeItem::TimestampTz,
        _ => RangeItem::BigInt,
    }
}

fn too_large(int: i64, size: &str) -> String {
    format!("{int} does not fit a {size} integer")
}

fn moment(micros: i64) -> Result<i64, String> {
    if (MIN_MICROS..=MAX_MICROS).contains(&micros) {
        Ok(micros)
    } else {
        Err("the date and time is outside the years 1 to 9999".to_owned())
    }
}

/// Convert an integer to a double, if it is exact.
#[expect(
    clippy::cast_precision_loss,
    reason = "integers up to 2^53 are exact, others are refused"
)]
pub(crate) fn exact_double(int: i64) -> Result<f64, String> {
    if int.unsigned_abs() <= 1 << 53 {
        Ok(int as f64)
    } else {
        Err(format!("{int} is not exactly representable as a float"))
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

/// Parse a UUID in its canonical form.
pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let mut uuid = [0; 16];
    if text.len() == 36 {
        let mut digits = [0; 32];
        for (at, group) in UUID_GROUPS.into_iter().enumerate() {
            // As many dashes stand before a group as there are groups before it.
            let written = group.start + at..group.end + at;
            if at > 0 && text[written.start - 1] != b'-' {
                return None;
            }
            digits[group].copy_from_slice(&text[written]);
        }
        hex::decode_to_slice(digits, &mut uuid).ok()?;
    } else {
        hex::decode_to_slice(text, &mut uuid).ok()?;
    }
    Some(uuid)
}

/// Format a UUID in its canonical form: lower case, with dashes.
pub(crate) fn uuid_text(uuid: &[u8; 16]) -> String {
    let digits = hex::encode(uuid);
    let mut text = String::with_capacity(36);
    for (at, group) in UUID_GROUPS.into_iter().enumerate() {
        if at > 0 {
            text.push('-');
        }
        text.push_str(&digits[group]);
    }
    text
}

/// The groups of a UUID's 32 digits.
const UUID_GROUPS: [Range<usize>; 5] = [0..8, 8..12, 12..16, 16..20, 20..32];

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
        assert_eq!(parse_uuid("00112233-4455-6677-8899_aabbccddeeff"), None);
        assert_eq!(parse_uuid("0011223-34455-6677-8899-aabbccddeeff"), None);
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
