//! Encodes values in PostgreSQL's binary format, each with an explicit type.
//!
//! A cached statement therefore never interprets the bytes of one type as another.

use std::fmt::Write as _;
use std::net::IpAddr;

use oxyde_sql::plan::Bind;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::{Arguments as _, Encode, Postgres, Type};

use super::{native, numeric, oid, vector};
use crate::error::DriverError;
use crate::values::calendar::DAY_MICROS;
use crate::values::fit::{Fitted, Native, fit};
use crate::values::kind::{Kind, NativeKind, kind_of};
use crate::values::placeholder::{Sent, error, sent};

/// Days from 1970-01-01 to 2000-01-01, PostgreSQL's epoch.
pub(super) const EPOCH_DAYS: i64 = 10_957;
/// The same in microseconds.
pub(super) const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY_MICROS;

/// Bind the values of a plan; also return the SQL with the types in a comment, because the cache of
/// prepared statements identifies a statement only by its text.
pub(super) fn arguments(
    sql: &str,
    binds: &[Bind],
    values: &[Value],
) -> Result<(String, PgArguments), DriverError> {
    let mut arguments = PgArguments::default();
    let mut keyed = String::with_capacity(sql.len() + binds.len() * 5 + 4);
    keyed.push_str(sql);
    for (at, bind) in binds.iter().enumerate() {
        let what = sent(bind, values)?;
        let ty = match what {
            Sent::Array(item, _) => array_type(item),
            _ => oid::of_type(&bind.ty),
        };
        add(&mut arguments, ty, what).map_err(|detail| error(bind.param as usize, detail))?;
        // Writing to a string cannot fail.
        let _ = write!(keyed, "{}{ty}", if at == 0 { " /*" } else { "," });
    }
    if !binds.is_empty() {
        keyed.push_str("*/");
    }
    Ok((keyed, arguments))
}

/// Bind one array per column for `UNNEST`.
pub(super) fn columns(
    sql: &str,
    binds: &[Bind],
    rows: &[Vec<Value>],
) -> Result<(String, PgArguments), DriverError> {
    let mut arguments = PgArguments::default();
    let mut keyed = format!("{sql} /*");
    for bind in binds {
        let ty = array_type(&bind.ty);
        let _ = write!(keyed, "{ty},");
        let column = Column {
            ty,
            item: &bind.ty,
            param: bind.param as usize,
            rows,
        };
        arguments
            .add(column)
            .map_err(|problem| match problem.downcast::<BadRow>() {
                Ok(bad) => DriverError::BulkRow {
                    row: bad.0,
                    source: Box::new(error(bind.param as usize, bad.1)),
                },
                Err(other) => error(bind.param as usize, other.to_string()),
            })?;
    }
    keyed.push_str("*/");
    Ok((keyed, arguments))
}

/// Bind the values of raw SQL with the types that the server expects.
pub(super) fn raw(types: &[PgTypeInfo], values: &[Value]) -> Result<PgArguments, DriverError> {
    let mut arguments = PgArguments::default();
    for (param, (info, value)) in types.iter().zip(values).enumerate() {
        let ty = info.oid().map_or(oid::UNKNOWN, |id| id.0);
        let own = oid::to_type(ty).is_none();
        if own && vector::is_vector(info) {
            let numbers = vector::of_list(value).map_err(|detail| error(param, detail))?;
            let fitted = numbers.as_deref().map_or(Fitted::Null, |numbers| {
                Fitted::Native(Native::Vector(numbers))
            });
            add(&mut arguments, ty, Sent::Scalar(fitted)).map_err(|detail| error(param, detail))?;
            continue;
        }
        // Enum labels and similar types are sent as text.
        let wanted = oid::to_type(ty).unwrap_or(ColumnType::Text);
        let wanted = nested(wanted, value);
        let fitted = fit(value, &wanted).map_err(|detail| {
            let detail = if own {
                format!("{detail}; the server expects a custom type: cast it in the SQL")
            } else {
                detail
            };
            error(param, detail)
        })?;
        add(&mut arguments, ty, Sent::Scalar(fitted)).map_err(|detail| error(param, detail))?;
    }
    Ok(arguments)
}

/// PostgreSQL's array types do not include dimensions, so the value determines them.
fn nested(wanted: ColumnType, value: &Value) -> ColumnType {
    match (wanted, value) {
        (ColumnType::Array { item }, Value::List(items)) => {
            let inner = items
                .first()
                .filter(|first| matches!(first, Value::List(_)));
            ColumnType::Array {
                item: match inner {
                    Some(inner) => Box::new(nested(ColumnType::Array { item }, inner)),
                    None => item,
                },
            }
        }
        (wanted, _) => wanted,
    }
}

/// Return the type that the items of an array are sent as. An array names their type, which for a
/// vector only the server knows; it converts text to a vector.
fn item_type(item: &ColumnType) -> u32 {
    match kind_of(item) {
        Kind::Native(NativeKind::Vector { .. }) => oid::TEXT,
        _ => oid::of_type(item),
    }
}

fn array_type(item: &ColumnType) -> u32 {
    match item.base() {
        ColumnType::Array { .. } => oid::of_type(item),
        scalar => oid::array_of(item_type(scalar)).unwrap_or(oid::UNKNOWN),
    }
}

fn add(arguments: &mut PgArguments, ty: u32, what: Sent<'_>) -> Result<(), String> {
    arguments
        .add(Param { ty, what })
        .map_err(|problem| problem.to_string())
}

struct Param<'a> {
    ty: u32,
    what: Sent<'a>,
}

impl Type<Postgres> for Param<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::UNKNOWN))
    }
}

impl Encode<'_, Postgres> for Param<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.what {
            Sent::Scalar(fitted) => Ok(scalar(buffer, self.ty, fitted)?),
            Sent::Pattern(text) => Ok(scalar(buffer, self.ty, &Fitted::Text(text))?),
            Sent::Array(item, items) => {
                array(buffer, item, items)?;
                Ok(IsNull::No)
            }
            Sent::JsonList(..) => Err("PostgreSQL expects lists as arrays".into()),
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.ty)))
    }
}

/// A column of a bulk call.
struct Column<'a> {
    ty: u32,
    item: &'a ColumnType,
    param: usize,
    rows: &'a [Vec<Value>],
}

/// A row with an invalid value: its index and the reason.
#[derive(Debug, thiserror::Error)]
#[error("row {0}: {1}")]
struct BadRow(usize, String);

impl Type<Postgres> for Column<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::UNKNOWN))
    }
}

impl Encode<'_, Postgres> for Column<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let item = item_type(self.item);
        array_head(buffer, item, self.rows.len())?;
        for (at, row) in self.rows.iter().enumerate() {
            let value = row
                .get(self.param)
                .ok_or_else(|| BadRow(at, "the value is missing".to_owned()))?;
            fit(value, self.item)
                .and_then(|fitted| sized(buffer, item, &fitted))
                .map_err(|detail| BadRow(at, detail))?;
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.ty)))
    }
}

fn array_head(out: &mut Vec<u8>, item: u32, len: usize) -> Result<(), String> {
    let len = i32::try_from(len).map_err(|_| "the list is too long".to_owned())?;
    out.extend_from_slice(&i32::from(len > 0).to_be_bytes());
    out.extend_from_slice(&1i32.to_be_bytes());
    out.extend_from_slice(&item.to_be_bytes());
    if len > 0 {
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes());
    }
    Ok(())
}

/// Write a value, preceded by its length.
pub(super) fn sized(out: &mut Vec<u8>, ty: u32, fitted: &Fitted<'_>) -> Result<(), String> {
    let at = out.len();
    out.extend_from_slice(&(-1i32).to_be_bytes());
    if let IsNull::No = scalar(out, ty, fitted)? {
        let len = i32::try_from(out.len() - at - 4).map_err(|_| "longer than 2 GiB".to_owned())?;
        out[at..at + 4].copy_from_slice(&len.to_be_bytes());
    }
    Ok(())
}

fn array(out: &mut Vec<u8>, item: &ColumnType, items: &[Value]) -> Result<(), String> {
    let item = item.base();
    if let ColumnType::Array { .. } = item {
        return nested_array(out, item, items);
    }
    let ty = item_type(item);
    array_head(out, ty, items.len())?;
    for (at, value) in items.iter().enumerate() {
        fit(value, item)
            .and_then(|fitted| sized(out, ty, &fitted))
            .map_err(|detail| format!("item {}: {detail}", at + 1))?;
    }
    Ok(())
}

/// Write an array of arrays, all of which must have the same length in PostgreSQL.
fn nested_array(out: &mut Vec<u8>, item: &ColumnType, items: &[Value]) -> Result<(), String> {
    let uneven = || "PostgreSQL's nested arrays must have the same length everywhere".to_owned();
    let mut dimensions = vec![items.len()];
    let mut inner = item;
    let mut level: Vec<&Value> = items.iter().collect();
    while let ColumnType::Array { item } = inner.base() {
        let mut next = Vec::new();
        let mut width = None;
        for value in level {
            let Value::List(list) = value else {
                return Err(uneven());
            };
            if *width.get_or_insert(list.len()) != list.len() {
                return Err(uneven());
            }
            next.extend(list);
        }
        dimensions.push(width.unwrap_or(0));
        inner = item;
        level = next;
    }
    let ty = oid::of_type(inner);
    if level.is_empty() {
        return array_head(out, ty, 0);
    }
    let count = i32::try_from(dimensions.len()).map_err(|_| uneven())?;
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&1i32.to_be_bytes());
    out.extend_from_slice(&ty.to_be_bytes());
    for len in dimensions {
        let len = i32::try_from(len).map_err(|_| "the list is too long".to_owned())?;
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes());
    }
    for value in level {
        sized(out, ty, &fit(value, inner)?)?;
    }
    Ok(())
}

fn scalar(out: &mut Vec<u8>, ty: u32, fitted: &Fitted<'_>) -> Result<IsNull, String> {
    match fitted {
        Fitted::Null => return Ok(IsNull::Yes),
        Fitted::Bool(truth) => out.push(u8::from(*truth)),
        Fitted::SmallInt(int) => out.extend_from_slice(&int.to_be_bytes()),
        Fitted::Integer(int) => out.extend_from_slice(&int.to_be_bytes()),
        Fitted::BigInt(int) if ty == oid::OID => {
            let int =
                u32::try_from(*int).map_err(|_| format!("{int} is not an object identifier"))?;
            out.extend_from_slice(&int.to_be_bytes());
        }
        Fitted::BigInt(int) => out.extend_from_slice(&int.to_be_bytes()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only a value that comes back equal is sent"
        )]
        Fitted::Double(double) if ty == oid::FLOAT4 => {
            let single = *double as f32;
            if f64::from(single).to_bits() != double.to_bits() && !double.is_nan() {
                return Err(format!(
                    "{double} is not exactly representable as a 32-bit float"
                ));
            }
            out.extend_from_slice(&single.to_be_bytes());
        }
        Fitted::Double(double) => out.extend_from_slice(&double.to_be_bytes()),
        Fitted::Decimal(text) => numeric::encode(out, text)?,
        Fitted::Text(text) => {
            if text.contains('\0') {
                return Err("PostgreSQL's text cannot contain a NUL character".to_owned());
            }
            out.extend_from_slice(text.as_bytes());
        }
        Fitted::Inet(text) => inet(out, text, ty)?,
        Fitted::Bytes(bytes) => out.extend_from_slice(bytes),
        Fitted::Date(day) => {
            let day = i64::from(*day) - EPOCH_DAYS;
            let day = i32::try_from(day).map_err(|_| "the date is out of range".to_owned())?;
            out.extend_from_slice(&day.to_be_bytes());
        }
        Fitted::Time(micros) => out.extend_from_slice(&micros.to_be_bytes()),
        Fitted::DateTime(micros) | Fitted::TimestampTz(micros) => {
            out.extend_from_slice(&(micros - EPOCH_MICROS).to_be_bytes());
        }
        Fitted::Interval(micros) => {
            out.extend_from_slice(&(micros % DAY_MICROS).to_be_bytes());
            let days = i32::try_from(micros / DAY_MICROS)
                .map_err(|_| "the interval is too long".to_owned())?;
            out.extend_from_slice(&days.to_be_bytes());
            out.extend_from_slice(&0i32.to_be_bytes());
        }
        Fitted::Uuid(uuid) => out.extend_from_slice(uuid),
        Fitted::Json(text) => {
            if ty != oid::JSON {
                // The version of the jsonb format.
                out.push(1);
            }
            out.extend_from_slice(text.as_bytes());
        }
        Fitted::List(item, items) => array(out, item, items)?,
        Fitted::Native(value) => native::encode(out, ty, value)?,
    }
    Ok(IsNull::No)
}

fn inet(out: &mut Vec<u8>, text: &str, ty: u32) -> Result<(), String> {
    let wrong = || format!("{text:?} is not an IP address or network");
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let (family, all, bytes): (u8, u8, Vec<u8>) = match address {
        IpAddr::V4(four) => (2, 32, four.octets().to_vec()),
        IpAddr::V6(six) => (3, 128, six.octets().to_vec()),
    };
    let bits = bits.unwrap_or(all);
    if bits > all {
        return Err(wrong());
    }
    let size = u8::try_from(bytes.len()).map_err(|_| wrong())?;
    out.extend_from_slice(&[family, bits, u8::from(ty == oid::CIDR), size]);
    out.extend_from_slice(&bytes);
    Ok(())
}
