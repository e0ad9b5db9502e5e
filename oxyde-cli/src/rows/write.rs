//! Writes rows.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oxyde_driver::Cell;
use oxyde_driver::calendar::civil;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Add a line: a row of a table, whose columns have these names.
pub(crate) fn write_row<'a>(
    out: &mut String,
    table: &str,
    row: impl Iterator<Item = (&'a str, Cell<'a>)>,
) {
    out.push_str("{\"table\": ");
    string(out, table);
    out.push_str(", \"row\": {");
    for (at, (name, cell)) in row.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        string(out, name);
        out.push_str(": ");
        value(out, cell);
    }
    out.push_str("}}\n");
}

fn value(out: &mut String, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Cell::Int(value) => push(out, value),
        Cell::Double(value) => double(out, value),
        Cell::Decimal(text) | Cell::Text(text) => string(out, text),
        Cell::Bytes(bytes) => string(out, &STANDARD.encode(bytes)),
        Cell::Date(day) => quoted(out, |out| date(out, i64::from(day))),
        Cell::Time(micros) => quoted(out, |out| time(out, micros)),
        Cell::DateTime(micros) => quoted(out, |out| moment(out, micros)),
        Cell::TimestampTz(micros) => quoted(out, |out| {
            moment(out, micros);
            out.push('Z');
        }),
        Cell::Interval(micros) => quoted(out, |out| {
            let sign = if micros < 0 { "-" } else { "" };
            let (seconds, rest) = (
                micros.unsigned_abs() / 1_000_000,
                micros.unsigned_abs() % 1_000_000,
            );
            let _ = write!(out, "{sign}PT{seconds}");
            fraction(out, rest);
            out.push('S');
        }),
        Cell::Uuid(bytes) => {
            let digits = hex::encode(bytes);
            let groups = [
                &digits[..8],
                &digits[8..12],
                &digits[12..16],
                &digits[16..20],
                &digits[20..],
            ];
            string(out, &groups.join("-"));
        }
        // A line break cannot be inside a string of JSON.
        Cell::Json(text) => out.push_str(&text.replace(['\n', '\r'], " ")),
        Cell::Vector(numbers) => list(
            out,
            numbers
                .iter()
                .map(|number| Cell::Double(f64::from(*number))),
        ),
        Cell::List(items) => list(out, items.iter()),
        Cell::Range(range) => match range.included() {
            None => string(out, "empty"),
            Some(included) => {
                out.push_str("{\"lower\": ");
                value(out, range.lower());
                out.push_str(", \"upper\": ");
                value(out, range.upper());
                let _ = write!(out, ", \"bounds\": \"{}\"}}", included.brackets());
            }
        },
    }
}

fn list<'a>(out: &mut String, items: impl Iterator<Item = Cell<'a>>) {
    out.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        value(out, item);
    }
    out.push(']');
}

fn double(out: &mut String, value: f64) {
    match serde_json::Number::from_f64(value) {
        Some(number) => push(out, number),
        None if value.is_nan() => string(out, "NaN"),
        None if value > 0.0 => string(out, "Infinity"),
        None => string(out, "-Infinity"),
    }
}

fn string(out: &mut String, text: &str) {
    push(out, serde_json::Value::from(text));
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

fn quoted(out: &mut String, content: impl FnOnce(&mut String)) {
    out.push('"');
    content(out);
    out.push('"');
}

fn date(out: &mut String, day: i64) {
    let (year, month, day) = civil(day);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

fn time(out: &mut String, micros: i64) {
    let seconds = micros / SECOND;
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    fraction(out, (micros % SECOND).unsigned_abs());
}

fn moment(out: &mut String, micros: i64) {
    date(out, micros.div_euclid(DAY));
    out.push('T');
    time(out, micros.rem_euclid(DAY));
}

fn fraction(out: &mut String, micros: u64) {
    if micros > 0 {
        let digits = format!("{micros:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}
