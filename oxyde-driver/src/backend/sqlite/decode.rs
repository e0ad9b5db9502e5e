//! Decodes SQLite's stored forms into cells. A value that does not match its declared type is an
//! error.

use oxyde_sql::types::ColumnType;

use super::bind::STYLE;
use super::statement::{Run, Stored};
use crate::error::DriverError;
use crate::rows::{RowSet, Slot, TextKind};
use crate::values::calendar::{parse_date, parse_moment, parse_time};
use crate::values::fit::{exact_double, is_finite_decimal, parse_uuid};
use crate::values::json_list::{read_list, shortened};
use crate::values::kind::{Kind, kind_of};

/// Append the current row of the run.
pub(super) fn row(
    rows: &mut RowSet,
    run: &Run<'_, '_>,
    types: &[&ColumnType],
) -> Result<(), DriverError> {
    row_by(rows, run, types.len(), |rows, at, stored| {
        cell(rows, types[at], stored)
    })
}

/// Append the current row of the run; `read` decodes the value at a position.
pub(super) fn row_by(
    rows: &mut RowSet,
    run: &Run<'_, '_>,
    width: usize,
    mut read: impl FnMut(&mut RowSet, usize, Stored<'_>) -> Result<Slot, String>,
) -> Result<(), DriverError> {
    let _span = crate::rows::decoding();
    for at in 0..width {
        match read(rows, at, run.column(at)) {
            Ok(slot) => rows.slots.push(slot),
            Err(detail) => {
                rows.drop_partial_row();
                return Err(DriverError::Decode {
                    column: rows.columns()[at].name.clone(),
                    detail,
                });
            }
        }
    }
    rows.end_row();
    Ok(())
}

/// Decode a value by its storage class.
pub(super) fn as_stored(rows: &mut RowSet, stored: Stored<'_>) -> Result<Slot, String> {
    Ok(match stored {
        Stored::Null => Slot::Null,
        Stored::Integer(int) => Slot::Int(int),
        Stored::Real(real) => Slot::Double(real),
        Stored::Text(bytes) => rows.text_slot(TextKind::Text, utf8(bytes)?)?,
        Stored::Blob(bytes) => {
            let (len, at) = rows.keep_bytes(bytes)?;
            Slot::Bytes(len, at)
        }
    })
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "the text is not UTF-8".to_owned())
}

fn wrong(ty: &ColumnType, stored: Stored<'_>) -> String {
    let found = match stored {
        Stored::Null => "NULL".to_owned(),
        Stored::Integer(int) => format!("the integer {int}"),
        Stored::Real(real) => format!("the number {real:?}"),
        Stored::Text(bytes) => format!("the text {}", shortened(&String::from_utf8_lossy(bytes))),
        Stored::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    format!("expected {}, found {found}", ty.facts().noun)
}

/// Decode a value as its type.
pub(super) fn cell(rows: &mut RowSet, ty: &ColumnType, stored: Stored<'_>) -> Result<Slot, String> {
    let text = || match stored {
        Stored::Text(bytes) => utf8(bytes),
        _ => Err(wrong(ty, stored)),
    };
    let odd = || wrong(ty, stored);
    Ok(match (kind_of(ty), stored) {
        (_, Stored::Null) => Slot::Null,
        (Kind::SmallInt | Kind::Integer | Kind::BigInt, _) => {
            Slot::Int(integer(stored).ok_or_else(odd)?)
        }
        (Kind::Interval, _) => Slot::Interval(integer(stored).ok_or_else(odd)?),
        (Kind::Double, Stored::Real(real)) => Slot::Double(real),
        (Kind::Double, Stored::Integer(int)) => Slot::Double(exact_double(int)?),
        (Kind::Bool, Stored::Integer(0)) => Slot::Bool(false),
        (Kind::Bool, Stored::Integer(1)) => Slot::Bool(true),
        (Kind::Decimal { scale }, _) => {
            let number;
            let text = match stored {
                Stored::Integer(int) => {
                    number = int.to_string();
                    &number
                }
                Stored::Real(real) if real.is_finite() => {
                    number = real.to_string();
                    &number
                }
                _ => text()?,
            };
            if !is_finite_decimal(text) {
                return Err(odd());
            }
            match scale {
                Some(scale) => rows.text_slot(TextKind::Decimal, &padded(text, scale))?,
                None => rows.text_slot(TextKind::Decimal, text)?,
            }
        }
        (Kind::Text | Kind::Inet, _) => {
            let text = text()?;
            rows.text_slot(TextKind::Text, text)?
        }
        (Kind::Json, _) => {
            let text = text()?;
            rows.text_slot(TextKind::Json, text)?
        }
        (Kind::Bytes, Stored::Blob(bytes)) => {
            let (len, at) = rows.keep_bytes(bytes)?;
            Slot::Bytes(len, at)
        }
        (Kind::Date, _) => Slot::Date(parse_date(text()?).ok_or_else(odd)?),
        (Kind::Time, _) => Slot::Time(parse_time(text()?).ok_or_else(odd)?),
        (Kind::DateTime, _) => {
            let moment = parse_moment(text()?).ok_or_else(odd)?;
            if moment.offset.is_some() {
                return Err(odd());
            }
            Slot::DateTime(moment.local)
        }
        (Kind::TimestampTz, _) => {
            // Without a zone it is UTC, as in SQLite's CURRENT_TIMESTAMP.
            let moment = parse_moment(text()?).ok_or_else(odd)?;
            Slot::TimestampTz(moment.local - moment.offset.unwrap_or(0))
        }
        (Kind::Uuid, Stored::Blob(bytes)) => rows.uuid_slot(bytes.try_into().map_err(|_| odd())?),
        (Kind::Uuid, _) => {
            let uuid = parse_uuid(text()?).ok_or_else(odd)?;
            rows.uuid_slot(&uuid)
        }
        (Kind::List(item), _) => {
            let text = text()?;
            read_list(rows, text, item, STYLE)?
        }
        (Kind::Double | Kind::Bool | Kind::Bytes | Kind::Native(_), _) => return Err(odd()),
    })
}

/// Read an integer, also if an expression converted it to a real number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers below 2^53 are accepted"
)]
fn integer(stored: Stored<'_>) -> Option<i64> {
    match stored {
        Stored::Integer(int) => Some(int),
        Stored::Real(real) if real.fract() == 0.0 && real.abs() < 9_007_199_254_740_992.0 => {
            Some(real as i64)
        }
        _ => None,
    }
}

/// Round to the column's number of digits after the point.
fn padded(text: &str, scale: u16) -> String {
    let scale = usize::from(scale);
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.len());
    if digits >= scale {
        return text.to_owned();
    }
    let point = if digits == 0 { "." } else { "" };
    format!("{text}{point}{}", "0".repeat(scale - digits))
}
