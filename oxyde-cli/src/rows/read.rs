//! Reads rows.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use oxyde_sql::types::{ColumnType, RangeItem};
use oxyde_sql::value::{Included, RangeValue, Value};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line: a row of a table. The values keep their text, because numbers may have more digits than a
/// float.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The table: `table` or `schema.table`.
    pub(crate) table: String,
    /// The values by column.
    pub(crate) row: BTreeMap<String, Box<RawValue>>,
}

/// Convert a value of a line to that of a column. The error says which form is expected.
pub(crate) fn value_of(text: &str, ty: &ColumnType) -> Result<Value, String> {
    if text == "null" {
        return Ok(Value::Null);
    }
    match ty {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => text
            .parse()
            .map(Value::Int)
            .map_err(|_| wrong("an integer")),
        ColumnType::Double => double(text).map(Value::Double),
        ColumnType::Decimal { .. } => decimal(text),
        ColumnType::Bool => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong("true or false")),
        },
        ColumnType::Text
        | ColumnType::Varchar { .. }
        | ColumnType::Inet
        | ColumnType::Enum { .. } => string(text).map(Value::Text),
        ColumnType::Bytes => {
            let form = "a string in Base64";
            let text = string(text).map_err(|_| wrong(form))?;
            STANDARD
                .decode(text)
                .map(Value::Bytes)
                .map_err(|_| wrong(form))
        }
        ColumnType::Date => date(text),
        ColumnType::Time => time(text),
        ColumnType::DateTime => moment(text, "%Y-%m-%dT%H:%M:%S%.f")
            .map(|moment| Value::DateTime(moment.and_utc().timestamp_micros()))
            .ok_or_else(|| wrong("a date and time: \"2026-01-31T23:59:59.5\"")),
        ColumnType::TimestampTz => instant(text),
        ColumnType::Interval => interval(text),
        ColumnType::Uuid => string(text)
            .ok()
            .and_then(|text| <[u8; 16]>::try_from(hex::decode(text.replace('-', "")).ok()?).ok())
            .map(Value::Uuid)
            .ok_or_else(|| wrong("a UUID")),
        ColumnType::Json => Ok(Value::Json(text.to_owned())),
        ColumnType::Array { item } => items(text)?
            .iter()
            .map(|text| value_of(text.get(), item))
            .collect::<Result<_, _>>()
            .map(Value::List),
        ColumnType::Vector { .. } => serde_json::from_str(text)
            .map(Value::Vector)
            .map_err(|_| wrong("an array of numbers")),
        ColumnType::Range { item } => range(text, *item),
        ColumnType::Custom { base, .. } => value_of(text, base),
    }
}

fn wrong(form: &str) -> String {
    format!("is not {form}")
}

fn string(text: &str) -> Result<String, String> {
    serde_json::from_str(text).map_err(|_| wrong("a string"))
}

fn items(text: &str) -> Result<Vec<Box<RawValue>>, String> {
    serde_json::from_str(text).map_err(|_| wrong("an array"))
}

fn double(text: &str) -> Result<f64, String> {
    match text {
        "\"NaN\"" => Ok(f64::NAN),
        "\"Infinity\"" => Ok(f64::INFINITY),
        "\"-Infinity\"" => Ok(f64::NEG_INFINITY),
        _ => text.parse().map_err(|_| wrong("a number")),
    }
}

/// A number, or a string with one, which also keeps the zeros at its end.
fn decimal(text: &str) -> Result<Value, String> {
    let plain = text.trim_matches('"');
    let digits = plain.trim_start_matches('-');
    let is_plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1;
    if is_plain || matches!(plain, "NaN" | "Infinity" | "-Infinity") {
        return Ok(Value::Decimal(plain.to_owned()));
    }
    Err(wrong("a decimal number in plain notation: \"12.50\""))
}

fn date(text: &str) -> Result<Value, String> {
    let form = "a date: \"2026-01-31\"";
    let text = string(text).map_err(|_| wrong(form))?;
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| wrong(form))?;
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days)
        .map(Value::Date)
        .map_err(|_| wrong(form))
}

fn time(text: &str) -> Result<Value, String> {
    let form = "a time: \"23:59:59.5\"";
    let text = string(text).map_err(|_| wrong(form))?;
    let time = NaiveTime::parse_from_str(&text, "%H:%M:%S%.f").map_err(|_| wrong(form))?;
    let micros = i64::from(time.num_seconds_from_midnight()) * 1_000_000
        + i64::from(time.nanosecond() / 1000);
    Ok(Value::Time(micros))
}

fn moment(text: &str, form: &str) -> Option<NaiveDateTime> {
    let text = string(text).ok()?.replacen(' ', "T", 1);
    NaiveDateTime::parse_from_str(&text, form).ok()
}

fn instant(text: &str) -> Result<Value, String> {
    let form = "a point in time with a zone: \"2026-01-31T23:59:59Z\"";
    let text = string(text).map_err(|_| wrong(form))?;
    DateTime::parse_from_rfc3339(&text)
        .map(|moment| Value::TimestampTz(moment.timestamp_micros()))
        .map_err(|_| wrong(form))
}

/// `PT12.5S`: seconds, as `dump` writes them.
fn interval(text: &str) -> Result<Value, String> {
    let form = "a duration: \"PT12.5S\"";
    let text = string(text).map_err(|_| wrong(form))?;
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let seconds = rest
        .strip_prefix("PT")
        .and_then(|rest| rest.strip_suffix('S'))
        .ok_or_else(|| wrong(form))?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let micros = || {
        let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
        if fraction.len() > 6 || !fraction.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
        whole.checked_mul(1_000_000)?.checked_add(fraction)
    };
    micros()
        .map(|micros| Value::Interval(sign * micros))
        .ok_or_else(|| wrong(form))
}

fn range(text: &str, item: RangeItem) -> Result<Value, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Written<'a> {
        #[serde(borrow)]
        lower: &'a RawValue,
        #[serde(borrow)]
        upper: &'a RawValue,
        bounds: &'a str,
    }
    if text == "\"empty\"" {
        return Ok(Value::Range(None));
    }
    let form = "a range: {\"lower\": 1, \"upper\": 5, \"bounds\": \"[)\"} or \"empty\"";
    let parsed: Written<'_> = serde_json::from_str(text).map_err(|_| wrong(form))?;
    let ty = item.column_type();
    let (lower, upper) = match parsed.bounds {
        "[]" => (true, true),
        "[)" => (true, false),
        "(]" => (false, true),
        "()" => (false, false),
        _ => return Err(wrong(form)),
    };
    Ok(Value::Range(Some(Box::new(RangeValue {
        lower: value_of(parsed.lower.get(), ty)?,
        upper: value_of(parsed.upper.get(), ty)?,
        included: Included { lower, upper },
    }))))
}
