//! Converts column types to Arrow types.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DECIMAL128_MAX_PRECISION, DataType, Field, Fields, TimeUnit};
use oxyde_sql::types::ColumnType;

/// The key of Arrow's canonical extension types.
const EXTENSION: &str = "ARROW:extension:name";

/// A column. All are nullable: an outer join or an aggregate may return NULL for any column.
pub(super) fn field(name: &str, ty: &ColumnType) -> Field {
    let field = Field::new(name, data_type(ty), true);
    match ty.base() {
        ColumnType::Uuid => field.with_metadata(HashMap::from([(
            EXTENSION.to_owned(),
            "arrow.uuid".to_owned(),
        )])),
        _ => field,
    }
}

fn data_type(ty: &ColumnType) -> DataType {
    match ty {
        ColumnType::SmallInt => DataType::Int16,
        ColumnType::Integer => DataType::Int32,
        ColumnType::BigInt => DataType::Int64,
        ColumnType::Double => DataType::Float64,
        ColumnType::Decimal { precision, scale } => decimal(*precision, *scale),
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Text
        | ColumnType::Varchar { .. }
        | ColumnType::Json
        | ColumnType::Inet
        | ColumnType::Enum { .. } => DataType::Utf8,
        ColumnType::Bytes => DataType::Binary,
        ColumnType::Date => DataType::Date32,
        ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
        ColumnType::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::Interval => DataType::Duration(TimeUnit::Microsecond),
        ColumnType::Uuid => DataType::FixedSizeBinary(16),
        ColumnType::Array { item } => DataType::List(Arc::new(field("item", item))),
        ColumnType::Vector { dimensions } => {
            let item = Arc::new(Field::new("item", DataType::Float32, true));
            match dimensions {
                Some(dimensions) => DataType::FixedSizeList(item, i32::from(*dimensions)),
                None => DataType::List(item),
            }
        }
        ColumnType::Range { item } => {
            let bound = data_type(item.column_type());
            DataType::Struct(Fields::from(vec![
                Field::new("lower", bound.clone(), true),
                Field::new("upper", bound, true),
                Field::new("bounds", DataType::Utf8, true),
                Field::new("empty", DataType::Boolean, true),
            ]))
        }
        ColumnType::Custom { base, .. } => data_type(base),
    }
}

/// Text if the number of digits is not known in advance, or is more than 38: polars
/// does not read `Decimal256`.
fn decimal(precision: Option<u16>, scale: Option<u16>) -> DataType {
    let Some(scale) = scale.and_then(|scale| i8::try_from(scale).ok()) else {
        return DataType::Utf8;
    };
    let precision = precision.map_or(DECIMAL128_MAX_PRECISION, |digits| {
        u8::try_from(digits).unwrap_or(u8::MAX)
    });
    if scale.unsigned_abs() > precision || precision > DECIMAL128_MAX_PRECISION {
        DataType::Utf8
    } else {
        DataType::Decimal128(precision, scale)
    }
}
