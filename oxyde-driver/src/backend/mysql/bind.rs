//! Encodes values in MySQL's binary protocol, each with the type of its bind.

use std::fmt::Write as _;

use oxyde_sql::plan::{Bind, Form};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySqlArguments, MySqlTypeInfo};
use sqlx::{Arguments as _, Encode, MySql, Type};

use super::wire::Wire;
use crate::error::DriverError;
use crate::values::calendar::{DAY_MICROS, civil, clock};
use crate::values::fit::{Fitted, fit, is_finite_decimal, natural_type, uuid_text};
use crate::values::json_list::{Purpose, Style, list_text};
use crate::values::kind::{Kind, NOT_HERE, kind_of};
use crate::values::placeholder::{Sent, error, sent};

/// The format of lists.
pub(super) const STYLE: Style = Style {
    hex: false,
    utc: "",
    quoted_doubles: true,
};

/// Properties of the connection that binding needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binder {
    pub wire: &'static Wire,
    pub exact_json: bool,
}

/// Bind the values of a plan; also return the SQL with the types in a comment.
///
/// Since 8.0.22, MySQL keeps the types that a prepared statement was first run with and silently
/// converts later values, for example a string to a date. The cache of prepared statements
/// identifies a statement by its text, so the types are part of the text.
pub(super) fn arguments(
    binder: Binder,
    sql: &str,
    binds: &[Bind],
    values: &[Value],
) -> Result<(String, MySqlArguments), DriverError> {
    let mut arguments = MySqlArguments::default();
    for bind in binds {
        let param = bind.param as usize;
        let what = match (bind.form, sent(bind, values)?) {
            (Form::Beyond, Sent::Scalar(Fitted::Bytes(_))) => Sent::Pattern(last_text()),
            (_, other) => other,
        };
        add(&mut arguments, binder, &bind.ty, &what).map_err(|detail| error(param, detail))?;
    }
    let types = binds.iter().map(|bind| match bind.form {
        Form::Scalar | Form::Array | Form::Item(_) => letter(&bind.ty),
        _ => TEXT,
    });
    Ok((keyed(sql, types), arguments))
}

/// A text after all others, by code points: for the end of a range that has none. (A text of more
/// than 255 times the last noncharacter would come after it.)
fn last_text() -> String {
    String::from(char::MAX).repeat(255)
}

/// Bind the values of raw SQL, each with its own type: MySQL does not report the types of
/// parameters.
pub(super) fn raw(binder: Binder, values: &[Value]) -> Result<MySqlArguments, DriverError> {
    let mut arguments = MySqlArguments::default();
    for (param, value) in values.iter().enumerate() {
        let ty = natural_type(value);
        fit(value, &ty)
            .and_then(|fitted| add(&mut arguments, binder, &ty, &Sent::Scalar(fitted)))
            .map_err(|detail| error(param, detail))?;
    }
    Ok(arguments)
}

/// Return the raw SQL with the types of its values.
pub(super) fn raw_keyed(sql: &str, values: &[Value]) -> String {
    keyed(sql, values.iter().map(|value| letter(&natural_type(value))))
}

const TEXT: char = 't';

fn keyed(sql: &str, types: impl ExactSizeIterator<Item = char>) -> String {
    let count = types.len();
    if count == 0 {
        return sql.to_owned();
    }
    let mut out = String::with_capacity(sql.len() + count.min(64) + 8);
    out.push_str(sql);
    out.push_str(" /*");
    if count <= 64 {
        out.extend(types);
    } else {
        // FNV-1a: a hash of the types of many rows.
        let hash = types.fold(0xcbf2_9ce4_8422_2325_u64, |hash, letter| {
            (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3)
        });
        // Writing to a string cannot fail.
        let _ = write!(out, "{hash:016x}");
    }
    out.push_str("*/");
    out
}

/// Return a letter for the wire type of a column type.
fn letter(ty: &ColumnType) -> char {
    match kind_of(ty) {
        Kind::SmallInt => 's',
        Kind::Integer => 'i',
        Kind::BigInt | Kind::Interval => 'l',
        Kind::Double => 'd',
        Kind::Decimal { .. } => 'n',
        Kind::Bool => 'b',
        Kind::Bytes => 'x',
        Kind::Date => 'y',
        Kind::Time => 'h',
        Kind::DateTime | Kind::TimestampTz => 'm',
        Kind::Text | Kind::Uuid | Kind::Json | Kind::Inet | Kind::List(_) | Kind::Native(_) => TEXT,
    }
}

fn add(
    arguments: &mut MySqlArguments,
    binder: Binder,
    ty: &ColumnType,
    what: &Sent<'_>,
) -> Result<(), String> {
    let mut bytes = Vec::new();
    let null = match what {
        Sent::Scalar(Fitted::Null) => true,
        Sent::Scalar(fitted) => {
            if let Fitted::Json(text) = fitted
                && !binder.exact_json
            {
                json_fits(text)?;
            }
            scalar(&mut bytes, fitted)?;
            false
        }
        Sent::Pattern(text) => {
            sized(&mut bytes, text.as_bytes());
            false
        }
        Sent::JsonList(item, items) => {
            let text = list_text(item, items, Purpose::Lookup, STYLE)?;
            sized(&mut bytes, text.as_bytes());
            false
        }
        Sent::Array(..) => return Err("MySQL expects lists as JSON".to_owned()),
    };
    let info = match what {
        Sent::Pattern(_) | Sent::JsonList(..) => &binder.wire.text,
        _ => type_of(binder.wire, ty),
    };
    arguments
        .add(Param { info, bytes, null })
        .map_err(|problem| problem.to_string())
}

fn type_of<'a>(wire: &'a Wire, ty: &ColumnType) -> &'a MySqlTypeInfo {
    match kind_of(ty) {
        Kind::SmallInt => &wire.small_int,
        Kind::Integer => &wire.integer,
        Kind::BigInt | Kind::Interval => &wire.big_int,
        Kind::Double => &wire.double,
        Kind::Decimal { .. } => &wire.decimal,
        Kind::Bool => &wire.bool,
        Kind::Bytes => &wire.bytes,
        Kind::Date => &wire.date,
        Kind::Time => &wire.time,
        Kind::DateTime | Kind::TimestampTz => &wire.date_time,
        Kind::Text | Kind::Uuid | Kind::Json | Kind::Inet | Kind::List(_) | Kind::Native(_) => {
            &wire.text
        }
    }
}

struct Param<'a> {
    info: &'a MySqlTypeInfo,
    bytes: Vec<u8>,
    null: bool,
}

impl Type<MySql> for Param<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for Param<'_> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        if self.null {
            return Ok(IsNull::Yes);
        }
        buffer.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(self.info.clone())
    }
}

/// Write bytes, preceded by their length as a length-encoded integer.
fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let len = bytes.len() as u64;
    let little = len.to_le_bytes();
    match len {
        0..=250 => out.push(little[0]),
        251..=0xffff => {
            out.push(0xfc);
            out.extend_from_slice(&little[..2]);
        }
        0x1_0000..=0xff_ffff => {
            out.push(0xfd);
            out.extend_from_slice(&little[..3]);
        }
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&little);
        }
    }
    out.extend_from_slice(bytes);
}

fn scalar(out: &mut Vec<u8>, fitted: &Fitted<'_>) -> Result<(), String> {
    match fitted {
        Fitted::Null => (),
        Fitted::Bool(truth) => out.push(u8::from(*truth)),
        Fitted::SmallInt(int) => out.extend_from_slice(&int.to_le_bytes()),
        Fitted::Integer(int) => out.extend_from_slice(&int.to_le_bytes()),
        Fitted::BigInt(int) | Fitted::Interval(int) => out.extend_from_slice(&int.to_le_bytes()),
        Fitted::Double(double) => {
            if !double.is_finite() {
                return Err(format!("MySQL cannot store {double}"));
            }
            out.extend_from_slice(&double.to_le_bytes());
        }
        Fitted::Decimal(text) => {
            decimal_fits(text)?;
            sized(out, text.as_bytes());
        }
        Fitted::Text(text) | Fitted::Inet(text) | Fitted::Json(text) => {
            sized(out, text.as_bytes());
        }
        Fitted::Bytes(bytes) => sized(out, bytes),
        Fitted::Date(day) => {
            out.push(4);
            date(out, i64::from(*day))?;
        }
        Fitted::Time(micros) => {
            out.extend_from_slice(&[12, 0, 0, 0, 0, 0]);
            time(out, *micros)?;
        }
        Fitted::DateTime(micros) | Fitted::TimestampTz(micros) => {
            out.push(11);
            date(out, micros.div_euclid(DAY_MICROS))?;
            time(out, micros.rem_euclid(DAY_MICROS))?;
        }
        Fitted::Uuid(uuid) => sized(out, uuid_text(uuid).as_bytes()),
        Fitted::List(item, items) => {
            let text = list_text(item, items, Purpose::Column, STYLE)?;
            sized(out, text.as_bytes());
        }
        Fitted::Native(_) => return Err(NOT_HERE.to_owned()),
    }
    Ok(())
}

fn date(out: &mut Vec<u8>, day: i64) -> Result<(), String> {
    let (year, month, day) = civil(day);
    let year = u16::try_from(year).map_err(|_| "the date is out of range".to_owned())?;
    out.extend_from_slice(&year.to_le_bytes());
    out.push(month);
    out.push(day);
    Ok(())
}

fn time(out: &mut Vec<u8>, micros: i64) -> Result<(), String> {
    let (hour, minute, second, micro) = clock(micros);
    out.push(small(hour)?);
    out.push(small(minute)?);
    out.push(small(second)?);
    let micro = u32::try_from(micro).map_err(|_| "the time is out of range".to_owned())?;
    out.extend_from_slice(&micro.to_le_bytes());
    Ok(())
}

fn small<N: TryInto<u8>>(number: N) -> Result<u8, String> {
    number
        .try_into()
        .map_err(|_| "the date is out of range".to_owned())
}

/// MySQL's decimals have 65 digits, at most 30 of them after the point; it would round silently.
fn decimal_fits(text: &str) -> Result<(), String> {
    if !is_finite_decimal(text) {
        return Err(format!("MySQL cannot store {text}"));
    }
    let plain = text.trim_start_matches('-');
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let whole = whole.trim_start_matches('0').len();
    let fraction = fraction.trim_end_matches('0').len();
    if fraction > 30 || whole + fraction > 65 {
        return Err(format!(
            "{text} has more digits than MySQL's decimals (65, of them 30 after the point)"
        ));
    }
    Ok(())
}

/// MySQL's JSON converts integers beyond 64 bits to doubles, which would change them silently.
fn json_fits(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                let start = at;
                while at < bytes.len()
                    && matches!(bytes[at], b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
                {
                    at += 1;
                }
                let number = text.get(start..at).unwrap_or_default();
                let whole = !number.contains(['.', 'e', 'E']);
                if whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    return Err(format!(
                        "MySQL's JSON cannot represent the integer {number} exactly"
                    ));
                }
            }
            _ => at += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_integers_in_json_are_refused() {
        for good in [
            r#"{"a": 9223372036854775807, "b": "99999999999999999999", "c": 1e300}"#,
            "18446744073709551615",
            r#"["\"123456789012345678901234567890", -1]"#,
        ] {
            assert_eq!(json_fits(good), Ok(()), "{good}");
        }
        assert!(json_fits(r#"{"a": [18446744073709551616]}"#).is_err());
    }

    #[test]
    fn decimals_that_would_be_rounded_are_refused() {
        assert_eq!(decimal_fits("-1.500"), Ok(()));
        assert!(decimal_fits(&format!("0.{}1", "0".repeat(30))).is_err());
        assert!(decimal_fits(&"9".repeat(66)).is_err());
        assert!(decimal_fits("NaN").is_err());
    }
}
