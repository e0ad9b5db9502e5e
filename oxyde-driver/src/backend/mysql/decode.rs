//! Decodes MySQL's binary protocol into cells.

use oxyde_sql::plan::OutputColumn;
use oxyde_sql::types::ColumnType;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySqlRow, MySqlTypeInfo, MySqlValueRef};
use sqlx::{Column as _, Decode, MySql, Row as _, Type, TypeInfo as _, ValueRef as _};

use super::bind::STYLE;
use crate::error::DriverError;
use crate::rows::{RowSet, Slot, TextKind};
use crate::values::calendar::{DAY_MICROS, day_of, parse_date, parse_moment, parse_time};
use crate::values::fit::{exact_double, is_finite_decimal, parse_uuid, shortest};
use crate::values::json_list::{read_list, shortened};
use crate::values::kind::{Kind, kind_of};

/// The kind of value that the server sends in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sends {
    Int,
    Unsigned,
    Year,
    Float,
    Double,
    Decimal,
    Date,
    Time,
    DateTime,
    Bit,
    Json,
    Text,
    Bytes,
    Other,
}

impl Sends {
    fn of(info: &MySqlTypeInfo) -> Self {
        match info.name() {
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Self::Int,
            "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED"
            | "BIGINT UNSIGNED" => Self::Unsigned,
            "YEAR" => Self::Year,
            "FLOAT" => Self::Float,
            "DOUBLE" => Self::Double,
            "DECIMAL" => Self::Decimal,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "DATETIME" | "TIMESTAMP" => Self::DateTime,
            "BIT" => Self::Bit,
            "JSON" => Self::Json,
            "ENUM" | "SET" => Self::Text,
            // The type name follows a flag that text with a binary collation has too, so check
            // whether the collation is that of bytes.
            "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" | "CHAR"
            | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" => {
                if <str as Type<MySql>>::compatible(info) {
                    Self::Text
                } else {
                    Self::Bytes
                }
            }
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Int | Self::Unsigned | Self::Year => "an integer",
            Self::Float | Self::Double => "a floating-point number",
            Self::Decimal => "a decimal number",
            Self::Date => "a date",
            Self::Time => "a time",
            Self::DateTime => "a date and time",
            Self::Bit => "bits",
            Self::Json => "a JSON document",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Other => "an unsupported type",
        }
    }

    /// Whether the value may be text (some functions return text as bytes).
    fn is_textual(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::Json)
    }
}

/// Return the columns of a result as the server describes them, some with types from the caller.
pub(super) fn describe(row: &MySqlRow, named: &[(String, ColumnType)]) -> Vec<OutputColumn> {
    row.columns()
        .iter()
        .map(|column| OutputColumn {
            name: column.name().to_owned(),
            ty: named
                .iter()
                .find(|(name, _)| name == column.name())
                .map_or_else(|| natural(column.type_info()), |(_, ty)| ty.clone()),
        })
        .collect()
}

fn natural(info: &MySqlTypeInfo) -> ColumnType {
    if info.name() == "BOOLEAN" {
        return ColumnType::Bool;
    }
    match Sends::of(info) {
        Sends::Int | Sends::Unsigned | Sends::Year => ColumnType::BigInt,
        Sends::Float | Sends::Double => ColumnType::Double,
        Sends::Decimal => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        Sends::Date => ColumnType::Date,
        Sends::Time => ColumnType::Time,
        Sends::DateTime => ColumnType::DateTime,
        Sends::Json => ColumnType::Json,
        Sends::Text => ColumnType::Text,
        Sends::Bit | Sends::Bytes | Sends::Other => ColumnType::Bytes,
    }
}

/// How to read a column: what the server sends, and the requested type.
#[derive(Debug)]
pub(super) struct Reader {
    sends: Sends,
    ty: ColumnType,
}

/// Return how to read each column of a result.
pub(super) fn readers(row: &MySqlRow, wanted: &[OutputColumn]) -> Vec<Reader> {
    row.columns()
        .iter()
        .zip(wanted)
        .map(|(column, wanted)| Reader {
            sends: Sends::of(column.type_info()),
            ty: wanted.ty.clone(),
        })
        .collect()
}

struct Raw<'r>(&'r [u8]);

impl<'r> Decode<'r, MySql> for Raw<'r> {
    fn decode(value: MySqlValueRef<'r>) -> Result<Self, BoxDynError> {
        <&[u8] as Decode<'r, MySql>>::decode(value).map(Self)
    }
}

/// Append a row.
pub(super) fn row(
    rows: &mut RowSet,
    row: &MySqlRow,
    readers: &[Reader],
) -> Result<(), DriverError> {
    let _span = crate::rows::decoding();
    let width = rows.columns().len();
    if row.len() != width {
        return Err(DriverError::Misuse(
            "the result has a different number of columns than the plan",
        ));
    }
    for (at, Reader { sends, ty }) in readers.iter().enumerate() {
        let slot = row
            .try_get_raw(at)
            .map_err(|problem| problem.to_string())
            .and_then(|value| {
                if value.is_null() {
                    return Ok(Slot::Null);
                }
                let Raw(bytes) = Raw::decode(value).map_err(|problem| problem.to_string())?;
                cell(rows, *sends, ty, bytes)
            });
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

const DAMAGED: &str = "the server sent a value of the wrong length";

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "the text is not UTF-8".to_owned())
}

#[expect(clippy::too_many_lines, reason = "one arm per column type")]
fn cell(rows: &mut RowSet, sends: Sends, ty: &ColumnType, bytes: &[u8]) -> Result<Slot, String> {
    let kind = kind_of(ty);
    let wrong = || {
        format!(
            "expected {}, the server sends {}",
            ty.facts().noun,
            sends.name()
        )
    };
    let text = || -> Result<&str, String> {
        if sends.is_textual() {
            utf8(bytes)
        } else {
            Err(wrong())
        }
    };
    let odd = |text: &str| format!("expected {}, found {}", ty.facts().noun, shortened(text));
    Ok(match kind {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => {
            Slot::Int(integer(sends, bytes)?.ok_or_else(wrong)?)
        }
        Kind::Interval => Slot::Interval(integer(sends, bytes)?.ok_or_else(wrong)?),
        Kind::Bool => match integer(sends, bytes)?.ok_or_else(wrong)? {
            0 => Slot::Bool(false),
            1 => Slot::Bool(true),
            other => return Err(format!("expected 0 or 1, found {other}")),
        },
        Kind::Double => Slot::Double(match sends {
            Sends::Double => f64::from_le_bytes(fixed(bytes)?),
            Sends::Float => shortest(f32::from_le_bytes(fixed(bytes)?)),
            Sends::Decimal => utf8(bytes)?.parse().map_err(|_| DAMAGED)?,
            _ => exact_double(integer(sends, bytes)?.ok_or_else(wrong)?)?,
        }),
        Kind::Decimal { scale } => {
            let text = match sends {
                Sends::Decimal => utf8(bytes)?.to_owned(),
                Sends::Double => plain(f64::from_le_bytes(fixed(bytes)?)),
                Sends::Text if is_finite_decimal(utf8(bytes)?) => utf8(bytes)?.to_owned(),
                Sends::Unsigned if bytes.len() == 8 => {
                    u64::from_le_bytes(fixed(bytes)?).to_string()
                }
                _ => integer(sends, bytes)?.ok_or_else(wrong)?.to_string(),
            };
            // Without a declared scale, the column has 30 digits after the point.
            let text = if scale.is_none() && text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            };
            rows.text_slot(TextKind::Decimal, text)?
        }
        Kind::Text | Kind::Inet => {
            let text = text()?;
            rows.text_slot(TextKind::Text, text)?
        }
        Kind::Json => {
            let text = text()?;
            rows.text_slot(TextKind::Json, text)?
        }
        Kind::Bytes => match sends {
            Sends::Bytes | Sends::Text | Sends::Bit | Sends::Other => {
                let (len, at) = rows.keep_bytes(bytes)?;
                Slot::Bytes(len, at)
            }
            _ => return Err(wrong()),
        },
        Kind::Date => {
            let day = match sends {
                Sends::Date | Sends::DateTime => match moment(bytes)? {
                    (day, 0) => day,
                    _ => return Err("expected a date, found a date and time".to_owned()),
                },
                _ => {
                    let text = text()?;
                    parse_date(text).ok_or_else(|| odd(text))?
                }
            };
            Slot::Date(day)
        }
        Kind::Time => Slot::Time(if sends == Sends::Time {
            time(bytes)?
        } else {
            let text = text()?;
            parse_time(text).ok_or_else(|| odd(text))?
        }),
        Kind::DateTime | Kind::TimestampTz => {
            let micros = match sends {
                Sends::Date | Sends::DateTime => {
                    let (day, micros) = moment(bytes)?;
                    i64::from(day) * DAY_MICROS + micros
                }
                _ => {
                    let text = text()?;
                    let moment = parse_moment(text).ok_or_else(|| odd(text))?;
                    moment.local - moment.offset.unwrap_or(0)
                }
            };
            if kind == Kind::DateTime {
                Slot::DateTime(micros)
            } else {
                Slot::TimestampTz(micros)
            }
        }
        Kind::Uuid => {
            let uuid = if let Ok(uuid) = <[u8; 16]>::try_from(bytes) {
                uuid
            } else {
                let text = text()?;
                parse_uuid(text).ok_or_else(|| odd(text))?
            };
            rows.uuid_slot(&uuid)
        }
        Kind::List(item) => {
            let text = text()?;
            read_list(rows, text, item, STYLE)?
        }
        Kind::Native(_) => return Err(wrong()),
    })
}

/// Format a double in plain notation.
fn plain(double: f64) -> String {
    double.to_string()
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| DAMAGED.to_owned())
}

fn integer(sends: Sends, bytes: &[u8]) -> Result<Option<i64>, String> {
    Ok(Some(match (sends, bytes.len()) {
        (Sends::Int, 1) => i64::from(i8::from_le_bytes(fixed(bytes)?)),
        (Sends::Int, 2) => i64::from(i16::from_le_bytes(fixed(bytes)?)),
        (Sends::Int, 4) => i64::from(i32::from_le_bytes(fixed(bytes)?)),
        (Sends::Int, 8) => i64::from_le_bytes(fixed(bytes)?),
        (Sends::Unsigned | Sends::Bit, 1) => i64::from(bytes[0]),
        (Sends::Unsigned | Sends::Year, 2) => i64::from(u16::from_le_bytes(fixed(bytes)?)),
        (Sends::Unsigned, 4) => i64::from(u32::from_le_bytes(fixed(bytes)?)),
        (Sends::Unsigned, 8) => {
            let number = u64::from_le_bytes(fixed(bytes)?);
            i64::try_from(number).map_err(|_| format!("{number} does not fit a 64-bit integer"))?
        }
        (Sends::Bit, 2..=8) => {
            let number = bytes
                .iter()
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            i64::try_from(number).map_err(|_| format!("{number} does not fit a 64-bit integer"))?
        }
        (Sends::Decimal, _) => {
            let text = utf8(bytes)?;
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            if fraction.bytes().any(|digit| digit != b'0') {
                return Err(format!("{text} is not an integer"));
            }
            whole
                .parse()
                .map_err(|_| format!("{text} does not fit a 64-bit integer"))?
        }
        _ => return Ok(None),
    }))
}

/// Read the day and the microseconds of a date or datetime, which is preceded by its length.
fn moment(bytes: &[u8]) -> Result<(i32, i64), String> {
    let (year, month, day, rest) = match bytes {
        [4 | 7 | 11, low, high, month, day, rest @ ..] => {
            (u16::from_le_bytes([*low, *high]), *month, *day, rest)
        }
        [0] => (0, 0, 0, &[] as &[u8]),
        _ => return Err(DAMAGED.to_owned()),
    };
    let day = day_of(year.into(), month, day)
        .ok_or_else(|| format!("the date does not exist: {year:04}-{month:02}-{day:02}"))?;
    let micros = match rest {
        [] => 0,
        [hour, minute, second] => seconds(*hour, *minute, *second) * 1_000_000,
        [hour, minute, second, micros @ ..] => {
            seconds(*hour, *minute, *second) * 1_000_000
                + i64::from(u32::from_le_bytes(fixed(micros)?))
        }
        _ => return Err(DAMAGED.to_owned()),
    };
    Ok((day, micros))
}

fn time(bytes: &[u8]) -> Result<i64, String> {
    let (sign, days, rest) = match bytes {
        [0] => return Ok(0),
        [8 | 12, sign, a, b, c, d, rest @ ..] => {
            (*sign, u32::from_le_bytes([*a, *b, *c, *d]), rest)
        }
        _ => return Err(DAMAGED.to_owned()),
    };
    let micros = match rest {
        [hour, minute, second] => seconds(*hour, *minute, *second) * 1_000_000,
        [hour, minute, second, micros @ ..] => {
            seconds(*hour, *minute, *second) * 1_000_000
                + i64::from(u32::from_le_bytes(fixed(micros)?))
        }
        _ => return Err(DAMAGED.to_owned()),
    };
    if days != 0 || (sign != 0 && micros != 0) {
        return Err("the time is not within a day".to_owned());
    }
    Ok(micros)
}

fn seconds(hour: u8, minute: u8, second: u8) -> i64 {
    i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
}
