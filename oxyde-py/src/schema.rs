//! Schemas and types from Python, and DDL for Python.

use oxyde_sql::ddl::{Present, PresentRow};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use oxyde_sql::types::ColumnType;
use pyo3::prelude::*;

use crate::error::{Class, error, from_sql, guarded, internal};
use crate::features::{Features, dialect_of};

/// Parse a column type in the form of the IR: `"big_int"`, `{"varchar": {"length": 20}}`.
pub(crate) fn column_type(ty: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let py = ty.py();
    let packed = py.import("msgpack")?.call_method1("packb", (ty,))?;
    oxyde_sql::msgpack::read_type(packed.extract::<&[u8]>()?).map_err(|refused| {
        error(
            py,
            Class::Field,
            &format!("unknown column type: {refused}"),
            None,
        )
    })
}

fn read_schema(py: Python<'_>, schema: &[u8]) -> PyResult<Schema> {
    oxyde_sql::msgpack::read_schema(schema)
        .map_err(|refused| internal(py, &format!("the schema cannot be read: {refused}")))
}

/// Return the query for the existing objects of a schema (MessagePack), and the statement that
/// keeps others from creating tables until the transaction ends, if there is one.
#[pyfunction]
pub(crate) fn present_tables_sql(
    py: Python<'_>,
    schema: &[u8],
    features: &Bound<'_, Features>,
) -> PyResult<(String, Option<&'static str>)> {
    guarded(py, || {
        let style = DdlStyle::of(features.get().table().dialect);
        let sql = oxyde_sql::ddl::present_sql(style, &read_schema(py, schema)?);
        Ok((sql, style.creation_lock))
    })
}

/// Return the statements that create the tables of a schema (MessagePack), in execution order:
/// those that are missing in the rows of `present_tables_sql`.
#[pyfunction]
pub(crate) fn create_tables_sql(
    py: Python<'_>,
    schema: &[u8],
    features: &Bound<'_, Features>,
    present: Vec<PresentRow>,
) -> PyResult<Vec<String>> {
    guarded(py, || {
        let schema = read_schema(py, schema)?;
        oxyde_sql::ddl::create_tables(&schema, features.get().table(), &Present::of(present))
            .map_err(|refused| from_sql(py, &refused))
    })
}

/// Return the statements that drop the existing tables.
#[pyfunction]
pub(crate) fn drop_tables_sql(
    py: Python<'_>,
    schema: &[u8],
    features: &Bound<'_, Features>,
    present: Vec<PresentRow>,
) -> PyResult<Vec<String>> {
    guarded(py, || {
        let schema = read_schema(py, schema)?;
        oxyde_sql::ddl::drop_tables(&schema, features.get().table(), &Present::of(present))
            .map_err(|refused| from_sql(py, &refused))
    })
}

/// Return Python source with a model for each table of a schema (MessagePack).
#[pyfunction]
pub(crate) fn models_source(py: Python<'_>, schema: &[u8], dialect: &str) -> PyResult<String> {
    guarded(py, || {
        let dialect = dialect_of(py, dialect)?;
        Ok(oxyde_cli::models_source(&read_schema(py, schema)?, dialect))
    })
}
