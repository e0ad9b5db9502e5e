//! SQLite's storage forms into cells. What does not fit its declared type is an error.

use oxyde_sql::types::ColumnType;

use super::bind::STYLE;
use super::statement::{Run, Statement, Stored};
use crate::calendar::{parse_date, parse_moment, parse_time};
use crate::error::DriverError;
use crate::fit::{base_of, exact_double, is_finite_decimal, parse_uuid, type_name};
use crate::json::{read_list, shortened};
use crate::rows::{RowSet, Slot, TextKind};

/// Appends the row that the run stands on.
pub(super) fn row(
    rows: &mut RowSet,
    run: &Run<'_, '_>,
    types: &[Reads<'_>],
) -> Result<(), DriverError> {
    let _span = crate::rows::decoding();
    for (at, reads) in types.iter().enumerate() {
        let stored = run.column(at);
        let slot = match reads {
            Reads::As(ty) => cell(rows, ty, stored),
            // Raw SQL: what it was declared as when it is one, else as it is stored.
            Reads::Perhaps(ty) => cell(rows, ty, stored).or_else(|_| as_stored(rows, stored)),
            Reads::Stored => as_stored(rows, stored),
        };
        match slot {
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

/// How a column is read.
#[derive(Clone, Debug)]
pub(super) enum Reads<'a> {
    As(&'a ColumnType),
    Perhaps(ColumnType),
    Stored,
}

impl<'a> Reads<'a> {
    /// For a column of raw SQL.
    pub(super) fn of_raw(
        statement: &Statement,
        at: usize,
        name: &str,
        named: &'a [(String, ColumnType)],
    ) -> Self {
        if let Some((_, ty)) = named.iter().find(|(known, _)| known == name) {
            return Self::As(ty);
        }
        statement
            .declared(at)
            .and_then(|declared| declared_type(&declared))
            .map_or(Self::Stored, Self::Perhaps)
    }
}

/// The column type behind a declared type that the DDL of this library writes.
fn declared_type(declared: &str) -> Option<ColumnType> {
    let upper = declared.to_ascii_uppercase();
    let word = upper.split('(').next().unwrap_or_default().trim();
    Some(match word {
        "BOOLEAN" => ColumnType::Bool,
        "DECIMAL TEXT" => ColumnType::Decimal {
            precision: None,
            scale: scale_of(&upper),
        },
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "TIMESTAMP" | "DATETIME" => ColumnType::DateTime,
        "TIMESTAMPTZ" => ColumnType::TimestampTz,
        "INTERVAL" => ColumnType::Interval,
        "UUID" => ColumnType::Uuid,
        "JSON TEXT" => ColumnType::Json,
        "INET TEXT" => ColumnType::Inet,
        _ => return None,
    })
}

fn scale_of(declared: &str) -> Option<u16> {
    declared
        .split_once(',')?
        .1
        .trim_end_matches(')')
        .trim()
        .parse()
        .ok()
}

fn as_stored(rows: &mut RowSet, stored: Stored<'_>) -> Result<Slot, String> {
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
    std::str::from_utf8(bytes).map_err(|_| "the text is no UTF-8".to_owned())
}

fn wrong(ty: &ColumnType, stored: Stored<'_>) -> String {
    let found = match stored {
        Stored::Null => "NULL".to_owned(),
        Stored::Integer(int) => format!("the integer {int}"),
        Stored::Real(real) => format!("the number {real:?}"),
        Stored::Text(bytes) => format!("the text {}", shortened(&String::from_utf8_lossy(bytes))),
        Stored::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    format!("expected {}, found {found}", type_name(ty))
}

fn cell(rows: &mut RowSet, ty: &ColumnType, stored: Stored<'_>) -> Result<Slot, String> {
    let ty = base_of(ty);
    let text = || match stored {
        Stored::Text(bytes) => utf8(bytes),
        _ => Err(wrong(ty, stored)),
    };
    let odd = || wrong(ty, stored);
    Ok(match (ty, stored) {
        (_, Stored::Null) => Slot::Null,
        (ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt, _) => {
            Slot::Int(integer(stored).ok_or_else(odd)?)
        }
        (ColumnType::Interval, _) => Slot::Interval(integer(stored).ok_or_else(odd)?),
        (ColumnType::Double, Stored::Real(real)) => Slot::Double(real),
        (ColumnType::Double, Stored::Integer(int)) => Slot::Double(exact_double(int)?),
        (ColumnType::Bool, Stored::Integer(0)) => Slot::Bool(false),
        (ColumnType::Bool, Stored::Integer(1)) => Slot::Bool(true),
        (ColumnType::Decimal { scale, .. }, _) => {
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
                Some(scale) => rows.text_slot(TextKind::Decimal, &padded(text, *scale))?,
                None => rows.text_slot(TextKind::Decimal, text)?,
            }
        }
        (
            ColumnType::Text
            | ColumnType::Varchar { .. }
            | ColumnType::Enum { .. }
            | ColumnType::Inet,
            _,
        ) => {
            let text = text()?;
            rows.text_slot(TextKind::Text, text)?
        }
        (ColumnType::Json, _) => {
            let text = text()?;
            rows.text_slot(TextKind::Json, text)?
        }
        (ColumnType::Bytes, Stored::Blob(bytes)) => {
            let (len, at) = rows.keep_bytes(bytes)?;
            Slot::Bytes(len, at)
        }
        (ColumnType::Date, _) => {
            let day = parse_date(text()?).ok_or_else(odd)?;
            Slot::Date(i32::try_from(day).map_err(|_| odd())?)
        }
        (ColumnType::Time, _) => Slot::Time(parse_time(text()?).ok_or_else(odd)?),
        (ColumnType::DateTime, _) => {
            let moment = parse_moment(text()?).ok_or_else(odd)?;
            if moment.offset.is_some() {
                return Err(odd());
            }
            Slot::DateTime(moment.local)
        }
        (ColumnType::TimestampTz, _) => {
            // Without a zone it is UTC, as SQLite's own CURRENT_TIMESTAMP writes it.
            let moment = parse_moment(text()?).ok_or_else(odd)?;
            Slot::TimestampTz(moment.local - moment.offset.unwrap_or(0))
        }
        (ColumnType::Uuid, Stored::Blob(bytes)) => {
            rows.uuid_slot(bytes.try_into().map_err(|_| odd())?)
        }
        (ColumnType::Uuid, _) => {
            let uuid = parse_uuid(text()?).ok_or_else(odd)?;
            rows.uuid_slot(&uuid)
        }
        (ColumnType::Array { item }, _) => {
            let text = text()?;
            read_list(rows, text, item, STYLE)?
        }
        (
            ColumnType::Double
            | ColumnType::Bool
            | ColumnType::Bytes
            | ColumnType::Vector { .. }
            | ColumnType::Custom { .. },
            _,
        ) => {
            return Err(odd());
        }
    })
}

/// An integer, also one that an expression has made a real number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers below 2^53 are taken"
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

/// As many digits after the point as the column has.
fn padded(text: &str, scale: u16) -> String {
    let scale = usize::from(scale);
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.len());
    if digits >= scale {
        return text.to_owned();
    }
    let point = if digits == 0 { "." } else { "" };
    format!("{text}{point}{}", "0".repeat(scale - digits))
}
