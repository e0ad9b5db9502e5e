//! Builds an Arrow array from the cells of a column.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type,
    Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array,
    ListArray, PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef, Fields};
use oxyde_driver::Cell;
use oxyde_sql::value::Included;

use super::decimal::scaled;
use super::error::Cause;

/// The cells of a column, in order.
type Cells<'c, 'a> = &'c mut dyn ExactSizeIterator<Item = Cell<'a>>;

/// Build an array of a type that [`super::schema`] returns.
pub(super) fn array(ty: &DataType, cells: Cells<'_, '_>) -> Result<ArrayRef, Cause> {
    match ty {
        DataType::Boolean => boolean(ty, cells),
        DataType::Int16 => primitive::<Int16Type>(ty, cells, |cell| match cell {
            Cell::Int(value) => i16::try_from(*value).ok(),
            _ => None,
        }),
        DataType::Int32 => primitive::<Int32Type>(ty, cells, |cell| match cell {
            Cell::Int(value) => i32::try_from(*value).ok(),
            _ => None,
        }),
        DataType::Int64 => primitive::<Int64Type>(ty, cells, |cell| match cell {
            Cell::Int(value) => Some(*value),
            _ => None,
        }),
        DataType::Float64 => primitive::<Float64Type>(ty, cells, |cell| match cell {
            Cell::Double(value) => Some(*value),
            _ => None,
        }),
        DataType::Decimal128(precision, scale) => {
            primitive::<Decimal128Type>(ty, cells, |cell| match cell {
                Cell::Decimal(text) => scaled(text, *precision, *scale),
                _ => None,
            })
        }
        DataType::Date32 => primitive::<Date32Type>(ty, cells, |cell| match cell {
            Cell::Date(days) => Some(*days),
            _ => None,
        }),
        DataType::Time64(_) => primitive::<Time64MicrosecondType>(ty, cells, |cell| match cell {
            Cell::Time(micros) => Some(*micros),
            _ => None,
        }),
        DataType::Timestamp(_, _) => {
            primitive::<TimestampMicrosecondType>(ty, cells, |cell| match cell {
                Cell::DateTime(micros) | Cell::TimestampTz(micros) => Some(*micros),
                _ => None,
            })
        }
        DataType::Duration(_) => {
            primitive::<DurationMicrosecondType>(ty, cells, |cell| match cell {
                Cell::Interval(micros) => Some(*micros),
                _ => None,
            })
        }
        DataType::Utf8 => {
            let (offsets, bytes, nulls) = bytes(ty, cells, |cell| match cell {
                Cell::Text(text) | Cell::Json(text) | Cell::Decimal(text) => Some(text.as_bytes()),
                _ => None,
            })?;
            Ok(Arc::new(StringArray::try_new(offsets, bytes, nulls)?))
        }
        DataType::Binary => {
            let (offsets, bytes, nulls) = bytes(ty, cells, |cell| match cell {
                Cell::Bytes(bytes) => Some(bytes),
                _ => None,
            })?;
            Ok(Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?))
        }
        DataType::FixedSizeBinary(_) => uuids(ty, cells),
        DataType::List(item) if *item.data_type() == DataType::Float32 => {
            vectors(ty, item, None, cells)
        }
        DataType::FixedSizeList(item, size) => vectors(ty, item, Some(*size), cells),
        DataType::List(item) => lists(ty, item, cells),
        DataType::Struct(fields) => ranges(ty, fields, cells),
        other => Err(Cause::value(&Cell::Null, other)),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    ty: &DataType,
    cells: Cells<'_, '_>,
    native: impl Fn(&Cell<'_>) -> Option<T::Native>,
) -> Result<ArrayRef, Cause> {
    let mut values = Vec::with_capacity(cells.len());
    let mut valid = NullBufferBuilder::new(cells.len());
    for cell in cells {
        if matches!(cell, Cell::Null) {
            valid.append_null();
            values.push(T::Native::default());
        } else {
            valid.append_non_null();
            values.push(native(&cell).ok_or_else(|| Cause::value(&cell, ty))?);
        }
    }
    let array = PrimitiveArray::<T>::try_new(values.into(), valid.finish())?;
    Ok(Arc::new(array.with_data_type(ty.clone())))
}

fn boolean(ty: &DataType, cells: Cells<'_, '_>) -> Result<ArrayRef, Cause> {
    let mut values = BooleanBufferBuilder::new(cells.len());
    let mut valid = NullBufferBuilder::new(cells.len());
    for cell in cells {
        let value = match cell {
            Cell::Null => None,
            Cell::Bool(value) => Some(value),
            other => return Err(Cause::value(&other, ty)),
        };
        valid.append(value.is_some());
        values.append(value.unwrap_or_default());
    }
    Ok(Arc::new(BooleanArray::new(values.finish(), valid.finish())))
}

type Bytes = (OffsetBuffer<i32>, Buffer, Option<arrow_buffer::NullBuffer>);

fn bytes(
    ty: &DataType,
    cells: Cells<'_, '_>,
    of: impl for<'a> Fn(&Cell<'a>) -> Option<&'a [u8]>,
) -> Result<Bytes, Cause> {
    let mut offsets = Offsets::new(cells.len());
    let mut valid = NullBufferBuilder::new(cells.len());
    let mut all = Vec::new();
    for cell in cells {
        if matches!(cell, Cell::Null) {
            valid.append_null();
        } else {
            valid.append_non_null();
            all.extend_from_slice(of(&cell).ok_or_else(|| Cause::value(&cell, ty))?);
        }
        offsets.push(all.len())?;
    }
    Ok((offsets.finish(), all.into(), valid.finish()))
}

fn uuids(ty: &DataType, cells: Cells<'_, '_>) -> Result<ArrayRef, Cause> {
    let mut all = Vec::with_capacity(cells.len() * 16);
    let mut valid = NullBufferBuilder::new(cells.len());
    for cell in cells {
        let uuid = match cell {
            Cell::Null => None,
            Cell::Uuid(bytes) => Some(bytes),
            other => return Err(Cause::value(&other, ty)),
        };
        valid.append(uuid.is_some());
        all.extend_from_slice(uuid.unwrap_or(&[0; 16]));
    }
    let array = FixedSizeBinaryArray::try_new(16, all.into(), valid.finish())?;
    Ok(Arc::new(array))
}

fn lists(ty: &DataType, item: &FieldRef, cells: Cells<'_, '_>) -> Result<ArrayRef, Cause> {
    let mut offsets = Offsets::new(cells.len());
    let mut valid = NullBufferBuilder::new(cells.len());
    let mut items = Vec::new();
    for cell in cells {
        match cell {
            Cell::Null => valid.append_null(),
            Cell::List(list) => {
                valid.append_non_null();
                items.extend(list.iter());
            }
            other => return Err(Cause::value(&other, ty)),
        }
        offsets.push(items.len())?;
    }
    let values = array(item.data_type(), &mut items.into_iter())?;
    let array = ListArray::try_new(Arc::clone(item), offsets.finish(), values, valid.finish())?;
    Ok(Arc::new(array))
}

/// Ranges, as [`super::schema`] lays them out: the bounds, their brackets, and whether it is empty.
fn ranges(ty: &DataType, fields: &Fields, cells: Cells<'_, '_>) -> Result<ArrayRef, Cause> {
    let mut valid = NullBufferBuilder::new(cells.len());
    let mut columns: [Vec<Cell<'_>>; 4] = Default::default();
    for cell in cells {
        let parts = match cell {
            Cell::Null => [Cell::Null; 4],
            Cell::Range(range) => {
                let bounds = range.included().map_or("()", Included::brackets);
                let empty = Cell::Bool(range.included().is_none());
                [range.lower(), range.upper(), Cell::Text(bounds), empty]
            }
            other => return Err(Cause::value(&other, ty)),
        };
        valid.append(!matches!(cell, Cell::Null));
        for (column, part) in columns.iter_mut().zip(parts) {
            column.push(part);
        }
    }
    let arrays = fields
        .iter()
        .zip(columns)
        .map(|(field, column)| array(field.data_type(), &mut column.into_iter()))
        .collect::<Result<Vec<_>, _>>()?;
    let array = StructArray::try_new(fields.clone(), arrays, valid.finish())?;
    Ok(Arc::new(array))
}

/// Vectors of fixed or variable length.
fn vectors(
    ty: &DataType,
    item: &FieldRef,
    size: Option<i32>,
    cells: Cells<'_, '_>,
) -> Result<ArrayRef, Cause> {
    let mut offsets = Offsets::new(cells.len());
    let mut valid = NullBufferBuilder::new(cells.len());
    let mut all: Vec<f32> = Vec::new();
    let width = size.and_then(|size| usize::try_from(size).ok());
    for cell in cells {
        match cell {
            Cell::Null => {
                valid.append_null();
                all.resize(all.len() + width.unwrap_or(0), 0.0);
            }
            Cell::Vector(numbers) if width.is_none_or(|width| width == numbers.len()) => {
                valid.append_non_null();
                all.extend_from_slice(numbers);
            }
            other => return Err(Cause::value(&other, ty)),
        }
        offsets.push(all.len())?;
    }
    let values = Arc::new(Float32Array::new(all.into(), None));
    let (item, valid) = (Arc::clone(item), valid.finish());
    Ok(match size {
        Some(size) => Arc::new(FixedSizeListArray::try_new(item, size, values, valid)?),
        None => Arc::new(ListArray::try_new(item, offsets.finish(), values, valid)?),
    })
}

/// The end offset of each value.
struct Offsets(Vec<i32>);

impl Offsets {
    fn new(count: usize) -> Self {
        let mut offsets = Vec::with_capacity(count + 1);
        offsets.push(0);
        Self(offsets)
    }

    fn push(&mut self, end: usize) -> Result<(), Cause> {
        self.0.push(i32::try_from(end).map_err(|_| Cause::Long)?);
        Ok(())
    }

    fn finish(self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(self.0))
    }
}
