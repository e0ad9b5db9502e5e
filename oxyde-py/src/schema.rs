//! Schemas and types from Python, DDL texts to it.

use oxyde_sql::dialect::Features;
use oxyde_sql::schema::Schema;
use oxyde_sql::types::ColumnType;
use pyo3::prelude::*;

use crate::error::{Class, error, from_sql, guarded, internal};
use crate::plan::dialect_of;

/// A column type as Python writes it in the IR: `"big_int"`, `{"varchar": {"length": 20}}`.
pub(crate) fn column_type(ty: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let py = ty.py();
    let packed = py.import("msgpack")?.call_method1("packb", (ty,))?;
    oxyde_sql::packed::read_type(packed.extract::<&[u8]>()?).map_err(|refused| {
        error(
            py,
            Class::Field,
            &format!("unknown column type: {refused}"),
            None,
        )
    })
}

fn read_schema(py: Python<'_>, schema: &[u8]) -> PyResult<Schema> {
    oxyde_sql::packed::read_schema(schema)
        .map_err(|refused| internal(py, &format!("the schema cannot be read: {refused}")))
}

/// The statements that create all tables of a schema (MessagePack), in the order to run them.
#[pyfunction]
pub(crate) fn create_tables_sql(
    py: Python<'_>,
    schema: &[u8],
    flavour: &str,
) -> PyResult<Vec<String>> {
    guarded(py, || {
        let features = Features::of(dialect_of(py, flavour)?);
        oxyde_sql::ddl::create_tables(&read_schema(py, schema)?, &features)
            .map_err(|refused| from_sql(py, &refused))
    })
}

/// The statements that drop them again.
#[pyfunction]
pub(crate) fn drop_tables_sql(
    py: Python<'_>,
    schema: &[u8],
    flavour: &str,
) -> PyResult<Vec<String>> {
    guarded(py, || {
        let features = Features::of(dialect_of(py, flavour)?);
        oxyde_sql::ddl::drop_tables(&read_schema(py, schema)?, &features)
            .map_err(|refused| from_sql(py, &refused))
    })
}

/// Python source with a model for each table of a schema (MessagePack).
#[pyfunction]
pub(crate) fn models_source(py: Python<'_>, schema: &[u8], flavour: &str) -> PyResult<String> {
    guarded(py, || {
        let dialect = dialect_of(py, flavour)?;
        Ok(oxyde_cli::models_source(&read_schema(py, schema)?, dialect))
    })
}
