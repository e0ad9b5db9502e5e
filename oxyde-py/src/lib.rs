//! `oxyde._core`, the Python interface of the Rust core.
//!
//! The only crate that uses pyo3: it converts values, compiles and runs plans, hydrates models
//! and maps errors. `python/oxyde/_core.pyi` documents each name.

mod arrow;
mod bind;
mod bridge;
mod bulk_rows;
mod cli;
mod collector;
mod cursor;
mod error;
mod executor;
mod exports;
mod features;
mod hints;
mod hydrate;
mod listener;
mod plan;
mod pool;
mod raw_rows;
mod schema;
mod slices;
mod stages;
mod target;
mod transaction;

use pyo3::prelude::*;

/// The names of `oxyde._core`. The extension relies on the GIL.
#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("IR_VERSION", oxyde_sql::ir::IR_VERSION)?;
    module.add("MAX_DEPTH", oxyde_sql::MAX_DEPTH)?;
    exports::add(module)?;
    module.add_class::<features::Features>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<hydrate::Recipe>()?;
    module.add_class::<bulk_rows::Inserting>()?;
    module.add_class::<bulk_rows::Rows>()?;
    module.add_class::<slices::Slices>()?;
    module.add_class::<executor::BoundRows>()?;
    module.add_class::<bridge::Operation>()?;
    module.add_class::<raw_rows::RawRows>()?;
    module.add_class::<arrow::ArrowRows>()?;
    module.add_class::<cursor::Cursor>()?;
    module.add_class::<listener::Listener>()?;
    module.add_class::<executor::Executor>()?;
    module.add_class::<pool::Pool>()?;
    module.add_class::<transaction::Transaction>()?;
    module.add_function(wrap_pyfunction!(hydrate::attach::attach, module)?)?;
    module.add_function(wrap_pyfunction!(hydrate::attach::grouped, module)?)?;
    module.add_function(wrap_pyfunction!(features::features, module)?)?;
    module.add_function(wrap_pyfunction!(plan::compile, module)?)?;
    module.add_function(wrap_pyfunction!(schema::present_tables_sql, module)?)?;
    module.add_function(wrap_pyfunction!(schema::create_tables_sql, module)?)?;
    module.add_function(wrap_pyfunction!(schema::drop_tables_sql, module)?)?;
    module.add_function(wrap_pyfunction!(schema::models_source, module)?)?;
    module.add_function(wrap_pyfunction!(cli::run_cli, module)?)?;
    module.add_function(wrap_pyfunction!(pool::setting_names, module)?)?;
    module.add_function(wrap_pyfunction!(stages::record_stages, module)?)?;
    module.add_function(wrap_pyfunction!(stages::take_stages, module)?)?;
    module.add_function(wrap_pyfunction!(bridge::drive, module)?)?;
    module.add_function(wrap_pyfunction!(bridge::is_thread_driven, module)?)?;
    module.add_function(wrap_pyfunction!(bridge::block_running_loops, module)?)?;
    let after_fork = wrap_pyfunction!(bridge::after_fork_in_child, module)?;
    bridge::register(py, &after_fork)?;
    module.add_function(after_fork)?;
    Ok(())
}
