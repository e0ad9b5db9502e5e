//! Rows as Arrow columns, without a Python object per cell.
//!
//! They are exported by the Arrow `PyCapsule` protocol, which pyarrow, polars and others support:
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

mod column;
mod decimal;
mod error;
mod schema;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::{Field, Schema, SchemaRef};
use oxyde_driver::RowSet;
use oxyde_sql::types::ColumnType;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use self::error::Cause;
pub(crate) use self::error::ExportError;
use crate::error::{Class, error, guarded};

/// A column of a table: its name, and its type if the plan's is not exact enough.
pub(crate) type Named = (String, Option<ColumnType>);

/// Columns that are not Python objects.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct ArrowRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl ArrowRows {
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Return the rows as a stream of batches. Can be called repeatedly. The consumer's requested
    /// schema is ignored, which the protocol permits.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        guarded(py, || {
            let _ = requested_schema;
            let batches = self.batches.clone().into_iter().map(Ok);
            let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
            let stream = FFI_ArrowArrayStream::new(Box::new(reader));
            PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
        })
    }
}

/// Convert the error of a column to a Python exception.
pub(crate) fn refusal(py: Python<'_>, refused: &ExportError) -> PyErr {
    error(
        py,
        Class::FieldValue,
        &refused.to_string(),
        Some("Cast() it in the query, or read these rows by values_list()"),
    )
}

/// Build columns from the rows of a result, one per name. Uses no Python objects.
pub(crate) fn table(names: &[Named], rows: &RowSet) -> Result<ArrowRows, ExportError> {
    let fields: Vec<Field> = names
        .iter()
        .zip(rows.columns())
        .map(|((name, ty), output)| schema::field(name, ty.as_ref().unwrap_or(&output.ty)))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let mut batches = Vec::new();
    if !rows.is_empty() {
        add_batches(&schema, rows, 0..rows.len(), &mut batches)?;
    }
    Ok(ArrowRows { schema, batches })
}

/// Build one batch, or several if the strings of a column are too long for the offsets of one.
fn add_batches(
    schema: &SchemaRef,
    rows: &RowSet,
    range: Range<usize>,
    batches: &mut Vec<RecordBatch>,
) -> Result<(), ExportError> {
    match batch(schema, rows, range.clone()) {
        Ok(batch) => batches.push(batch),
        Err(ExportError {
            cause: Cause::Long, ..
        }) if range.len() > 1 => {
            let middle = range.start + range.len() / 2;
            add_batches(schema, rows, range.start..middle, batches)?;
            add_batches(schema, rows, middle..range.end, batches)?;
        }
        Err(refused) => return Err(refused),
    }
    Ok(())
}

fn batch(
    schema: &SchemaRef,
    rows: &RowSet,
    range: Range<usize>,
) -> Result<RecordBatch, ExportError> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (position, field) in schema.fields().iter().enumerate() {
        let mut cells = range.clone().map(|row| rows.cell(row, position));
        let column = column::array(field.data_type(), &mut cells);
        columns.push(column.map_err(|cause| cause.of(field.name()))?);
    }
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Cause::Arrow(error).of("(all)"))
}
