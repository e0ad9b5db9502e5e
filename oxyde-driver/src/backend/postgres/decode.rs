//! Decodes PostgreSQL's binary format into cells.

use std::net::{Ipv4Addr, Ipv6Addr};

use oxyde_sql::plan::OutputColumn;
use oxyde_sql::types::ColumnType;
use sqlx::postgres::{PgRow, PgTypeInfo, PgTypeKind};
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::as_text::{as_text, money};
use super::bind::{EPOCH_DAYS, EPOCH_MICROS};
use super::{native, numeric, oid, vector};
use crate::error::DriverError;
use crate::rows::{RowSet, Slot, TextKind};
use crate::values::calendar::{DAY_MICROS, MAX_DAY, MAX_MICROS, MIN_DAY, MIN_MICROS};
use crate::values::fit::{exact_double, is_finite_decimal, parse_uuid, shortest};
use crate::values::json_list::shortened;
use crate::values::kind::{Kind, kind_of};

/// Return the columns of a result as the server describes them, some with types from the caller.
pub(super) fn describe(row: &PgRow, named: &[(String, ColumnType)]) -> Vec<OutputColumn> {
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

fn natural(info: &PgTypeInfo) -> ColumnType {
    let known = info.oid().and_then(|Oid(id)| oid::to_type(id));
    known.unwrap_or_else(|| match info.kind() {
        PgTypeKind::Array(item) => ColumnType::Array {
            item: Box::new(natural(item)),
        },
        PgTypeKind::Domain(base) => natural(base),
        _ if vector::is_vector(info) => ColumnType::Vector { dimensions: None },
        // Enums are text; for anything else, the decoder's error says what to do.
        _ => ColumnType::Text,
    })
}

use sqlx::postgres::types::Oid;

/// How to read a column: what the server sends, and the requested type.
#[derive(Debug)]
pub(super) struct Reader {
    sends: Sends,
    ty: ColumnType,
}

/// Return how to read each column of a result.
pub(super) fn readers(row: &PgRow, wanted: &[OutputColumn]) -> Vec<Reader> {
    row.columns()
        .iter()
        .zip(wanted)
        .map(|(column, wanted)| Reader {
            sends: Sends::of(column.type_info()),
            ty: wanted.ty.clone(),
        })
        .collect()
}

/// The server's type of a column.
#[derive(Clone, Debug)]
pub(super) struct Sends {
    pub(super) oid: u32,
    /// Whether its binary form is text.
    textual: bool,
    /// Whether it is pgvector's.
    pub(super) vector: bool,
    /// Whether it is a type of the extension `ltree`, whose binary form is a version and the text.
    ltree: bool,
    /// What the server tells about it, for its name.
    info: Option<PgTypeInfo>,
    item: Option<Box<Sends>>,
}

impl Sends {
    fn of(info: &PgTypeInfo) -> Self {
        let id = info.oid().map_or(0, |Oid(id)| id);
        let kind = info.kind();
        if let PgTypeKind::Domain(base) = kind {
            return Self::of(base);
        }
        Self {
            oid: id,
            textual: matches!(
                id,
                oid::CHAR
                    | oid::NAME
                    | oid::TEXT
                    | oid::BPCHAR
                    | oid::VARCHAR
                    | oid::UNKNOWN
                    | oid::VOID
            ) || matches!(kind, PgTypeKind::Enum(_))
                // Text types of extensions, such as citext.
                || (matches!(kind, PgTypeKind::Simple) && info.name().eq_ignore_ascii_case("citext")),
            vector: vector::is_vector(info),
            ltree: is_ltree(info),
            info: Some(info.clone()),
            item: match kind {
                PgTypeKind::Array(item) => Some(Box::new(Self::of(item))),
                _ => None,
            },
        }
    }
}

impl Sends {
    /// A built-in type that is neither text nor an array.
    pub(super) fn plain(oid: u32) -> Self {
        Self {
            oid,
            textual: false,
            vector: false,
            ltree: false,
            info: None,
            item: None,
        }
    }

    /// Its name, for messages.
    fn name(&self) -> String {
        self.info.as_ref().map_or_else(
            || "another type".to_owned(),
            |info| info.name().to_lowercase(),
        )
    }
}

fn is_ltree(info: &PgTypeInfo) -> bool {
    ["ltree", "lquery", "ltxtquery"]
        .iter()
        .any(|name| info.name().eq_ignore_ascii_case(name))
}

/// Append a row.
pub(super) fn row(rows: &mut RowSet, row: &PgRow, readers: &[Reader]) -> Result<(), DriverError> {
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
                let bytes = value.as_bytes().map_err(|problem| problem.to_string())?;
                cell(rows, sends, ty, bytes)
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

pub(super) const DAMAGED: &str = "the server sent a value of the wrong length";

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| DAMAGED.to_owned())
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "the text is not UTF-8".to_owned())
}

#[expect(clippy::too_many_lines, reason = "one arm per column type")]
pub(super) fn cell(
    rows: &mut RowSet,
    sends: &Sends,
    ty: &ColumnType,
    bytes: &[u8],
) -> Result<Slot, String> {
    // What a type of the user's own sends is taken as it comes, where it is stored as bytes.
    let binary = matches!(ty, ColumnType::Custom { .. }) && oid::to_type(sends.oid).is_none();
    let wrong = || {
        let cast = if sends.textual {
            ""
        } else {
            ": cast it in the SQL"
        };
        format!(
            "expected {}, the server sends {}{cast}",
            ty.facts().noun,
            sends.name()
        )
    };
    Ok(match kind_of(ty) {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => {
            Slot::Int(integer(sends.oid, bytes)?.ok_or_else(wrong)?)
        }
        Kind::Double => Slot::Double(match sends.oid {
            oid::FLOAT8 => f64::from_be_bytes(fixed(bytes)?),
            oid::FLOAT4 => shortest(f32::from_be_bytes(fixed(bytes)?)),
            oid::NUMERIC => numeric::decode(bytes)
                .and_then(|text| text.parse().ok())
                .ok_or(DAMAGED)?,
            other => exact_double(integer(other, bytes)?.ok_or_else(wrong)?)?,
        }),
        Kind::Decimal { .. } => {
            let text = match sends.oid {
                oid::NUMERIC => numeric::decode(bytes).ok_or(DAMAGED)?,
                oid::FLOAT8 => f64::from_be_bytes(fixed(bytes)?).to_string(),
                oid::FLOAT4 => f32::from_be_bytes(fixed(bytes)?).to_string(),
                _ if sends.oid == oid::MONEY => money(bytes).ok_or(DAMAGED)?,
                other => integer(other, bytes)?.ok_or_else(wrong)?.to_string(),
            };
            let text = match text.as_str() {
                "inf" => "Infinity".to_owned(),
                "-inf" => "-Infinity".to_owned(),
                _ => text,
            };
            rows.text_slot(TextKind::Decimal, &text)?
        }
        Kind::Bool => match sends.oid {
            oid::BOOL => Slot::Bool(fixed::<1>(bytes)?[0] != 0),
            _ => return Err(wrong()),
        },
        Kind::Text => {
            let text = match bytes {
                // The version of the format.
                [1, text @ ..] if sends.ltree => utf8(text)?,
                text if sends.textual => utf8(text)?,
                _ => &match sends.oid {
                    oid::INET | oid::CIDR => inet(bytes),
                    _ => as_text(&sends.name(), bytes),
                }
                .ok_or_else(wrong)?,
            };
            rows.text_slot(TextKind::Text, text)?
        }
        Kind::Bytes => {
            if sends.oid != oid::BYTEA && !binary {
                return Err(wrong());
            }
            let (len, at) = rows.keep_bytes(bytes)?;
            Slot::Bytes(len, at)
        }
        Kind::Date => match sends.oid {
            oid::DATE => Slot::Date(date(i32::from_be_bytes(fixed(bytes)?))?),
            _ => return Err(wrong()),
        },
        Kind::Time => match sends.oid {
            oid::TIME => {
                let micros = i64::from_be_bytes(fixed(bytes)?);
                if micros >= DAY_MICROS {
                    return Err("24:00:00 cannot be represented as a time of day".to_owned());
                }
                Slot::Time(micros)
            }
            _ => return Err(wrong()),
        },
        Kind::DateTime => match sends.oid {
            oid::TIMESTAMP => Slot::DateTime(moment(i64::from_be_bytes(fixed(bytes)?))?),
            oid::DATE => {
                Slot::DateTime(i64::from(date(i32::from_be_bytes(fixed(bytes)?))?) * DAY_MICROS)
            }
            _ => return Err(wrong()),
        },
        Kind::TimestampTz => match sends.oid {
            oid::TIMESTAMPTZ => Slot::TimestampTz(moment(i64::from_be_bytes(fixed(bytes)?))?),
            _ => return Err(wrong()),
        },
        Kind::Interval => match sends.oid {
            oid::INTERVAL => Slot::Interval(interval(bytes)?),
            _ => return Err(wrong()),
        },
        Kind::Uuid => match sends.oid {
            oid::UUID => rows.uuid_slot(&fixed(bytes)?),
            _ if sends.textual => {
                let text = utf8(bytes)?;
                let uuid = parse_uuid(text.trim_end());
                rows.uuid_slot(&uuid.ok_or_else(|| format!("{} is not a UUID", shortened(text)))?)
            }
            _ => return Err(wrong()),
        },
        Kind::Json => match sends.oid {
            oid::JSONB => match bytes {
                [1, text @ ..] => rows.text_slot(TextKind::Json, utf8(text)?)?,
                _ => return Err("the server sent an unknown version of jsonb".to_owned()),
            },
            oid::JSON => rows.text_slot(TextKind::Json, utf8(bytes)?)?,
            _ => return Err(wrong()),
        },
        Kind::Inet => match sends.oid {
            oid::INET | oid::CIDR => {
                let text = inet(bytes).ok_or(DAMAGED)?;
                rows.text_slot(TextKind::Text, &text)?
            }
            _ if sends.textual => rows.text_slot(TextKind::Text, utf8(bytes)?)?,
            _ => return Err(wrong()),
        },
        Kind::List(item) => array(rows, sends, item, bytes, &wrong)?,
        Kind::Native(kind) => native::decode(rows, sends, kind, bytes)?.ok_or_else(wrong)?,
    })
}

fn integer(ty: u32, bytes: &[u8]) -> Result<Option<i64>, String> {
    Ok(Some(match ty {
        oid::INT8 => i64::from_be_bytes(fixed(bytes)?),
        oid::INT4 => i64::from(i32::from_be_bytes(fixed(bytes)?)),
        oid::INT2 => i64::from(i16::from_be_bytes(fixed(bytes)?)),
        oid::OID => i64::from(u32::from_be_bytes(fixed(bytes)?)),
        oid::NUMERIC => {
            let text = numeric::decode(bytes).ok_or(DAMAGED)?;
            let whole = text.split_once('.').map_or(text.as_str(), |(whole, rest)| {
                if rest.bytes().all(|digit| digit == b'0') {
                    whole
                } else {
                    text.as_str()
                }
            });
            if !is_finite_decimal(whole) {
                return Err(format!("{text} is not an integer"));
            }
            whole
                .parse()
                .map_err(|_| format!("{text} is not a 64-bit integer"))?
        }
        _ => return Ok(None),
    }))
}

fn date(raw: i32) -> Result<i32, String> {
    match raw {
        i32::MAX => Err("`infinity` cannot be represented as a date".to_owned()),
        i32::MIN => Err("`-infinity` cannot be represented as a date".to_owned()),
        raw => {
            let day = i64::from(raw) + EPOCH_DAYS;
            if (MIN_DAY..=MAX_DAY).contains(&day) {
                i32::try_from(day).map_err(|_| DAMAGED.to_owned())
            } else {
                Err("the date is outside the years 1 to 9999".to_owned())
            }
        }
    }
}

fn moment(raw: i64) -> Result<i64, String> {
    match raw {
        i64::MAX => Err("`infinity` cannot be represented as a date and time".to_owned()),
        i64::MIN => Err("`-infinity` cannot be represented as a date and time".to_owned()),
        raw => raw
            .checked_add(EPOCH_MICROS)
            .filter(|micros| (MIN_MICROS..=MAX_MICROS).contains(micros))
            .ok_or_else(|| "the date and time is outside the years 1 to 9999".to_owned()),
    }
}

fn interval(bytes: &[u8]) -> Result<i64, String> {
    let bytes: [u8; 16] = fixed(bytes)?;
    let micros = i64::from_be_bytes(fixed(&bytes[..8])?);
    let days = i32::from_be_bytes(fixed(&bytes[8..12])?);
    let months = i32::from_be_bytes(fixed(&bytes[12..])?);
    if months != 0 {
        return Err(format!(
            "an interval with months ({months}) does not have a fixed length"
        ));
    }
    i64::from(days)
        .checked_mul(DAY_MICROS)
        .and_then(|whole| whole.checked_add(micros))
        .ok_or_else(|| "the interval is too long".to_owned())
}

fn inet(bytes: &[u8]) -> Option<String> {
    let [family, bits, cidr, size, address @ ..] = bytes else {
        return None;
    };
    if address.len() != usize::from(*size) {
        return None;
    }
    let (text, all) = match family {
        2 => (
            Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(),
            32,
        ),
        3 => (
            Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string(),
            128,
        ),
        _ => return None,
    };
    Some(if *bits == all && *cidr == 0 {
        text
    } else {
        format!("{text}/{bits}")
    })
}

fn array(
    rows: &mut RowSet,
    sends: &Sends,
    item: &ColumnType,
    bytes: &[u8],
    wrong: &dyn Fn() -> String,
) -> Result<Slot, String> {
    let known = oid::item_of(sends.oid);
    if known.is_none() && sends.item.is_none() {
        return Err(wrong());
    }
    let mut input = bytes;
    let dimensions = usize::try_from(word(&mut input)?).map_err(|_| DAMAGED)?;
    let _has_null = word(&mut input)?;
    let item_oid = word(&mut input)?.cast_unsigned();
    let mut lengths = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        lengths.push(usize::try_from(word(&mut input)?).map_err(|_| DAMAGED)?);
        let _lower_bound = word(&mut input)?;
    }
    let mut item_type = item;
    for _ in 1..dimensions {
        match item_type.base() {
            ColumnType::Array { item } => item_type = item,
            _ => return Err("the array has more dimensions than expected".to_owned()),
        }
    }
    let item_sends = sends.item.as_deref().cloned().unwrap_or(Sends {
        oid: item_oid,
        textual: matches!(
            item_oid,
            oid::CHAR | oid::NAME | oid::TEXT | oid::BPCHAR | oid::VARCHAR
        ),
        ..Sends::plain(item_oid)
    });
    if lengths.is_empty() {
        return Ok(Slot::List(0, rows.items.len()));
    }
    level(rows, &item_sends, item_type, &lengths, &mut input)
}

fn level(
    rows: &mut RowSet,
    sends: &Sends,
    item: &ColumnType,
    lengths: &[usize],
    input: &mut &[u8],
) -> Result<Slot, String> {
    let [len, deeper @ ..] = lengths else {
        return Err(DAMAGED.to_owned());
    };
    let mut slots = Vec::with_capacity((*len).min(input.len()));
    for _ in 0..*len {
        if !deeper.is_empty() {
            slots.push(level(rows, sends, item, deeper, input)?);
            continue;
        }
        let size = word(input)?;
        slots.push(match usize::try_from(size) {
            Err(_) => Slot::Null,
            Ok(size) => {
                let (bytes, rest) = input.split_at_checked(size).ok_or(DAMAGED)?;
                *input = rest;
                cell(rows, sends, item, bytes)?
            }
        });
    }
    let at = rows.items.len();
    let count = u32::try_from(slots.len()).map_err(|_| DAMAGED)?;
    rows.items.extend(slots);
    Ok(Slot::List(count, at))
}

fn word(input: &mut &[u8]) -> Result<i32, String> {
    let (bytes, rest) = input.split_first_chunk::<4>().ok_or(DAMAGED)?;
    *input = rest;
    Ok(i32::from_be_bytes(*bytes))
}
