//! Rows from Python instead of a database.

use oxyde_driver::Cell;
use oxyde_sql::plan::Form;
use oxyde_sql::value::Value;
use pyo3::prelude::*;

use super::build::Source;
use super::cell::cell_of_value;
use crate::bind::{Limits, Slot};
use crate::schema::column_type;

/// Rows of bound values.
pub(super) struct Values {
    width: usize,
    rows: Vec<Vec<Value>>,
}

impl Values {
    /// Bind rows of Python values by the types of their columns.
    pub(super) fn bind(
        types: &[Bound<'_, PyAny>],
        rows: &[Vec<Bound<'_, PyAny>>],
    ) -> PyResult<Values> {
        let slots = types
            .iter()
            .enumerate()
            .map(|(column, ty)| {
                Ok(Slot {
                    label: format!("column {column}"),
                    // A column may contain values that are longer than its type now allows.
                    lookup: true,
                    secret: false,
                    target: Some((column_type(ty)?, Form::Scalar)),
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let bind_row = |row: &Vec<Bound<'_, PyAny>>| {
            slots
                .iter()
                .zip(row)
                .map(|(slot, value)| slot.bind(value, Limits::NONE))
                .collect::<PyResult<Vec<_>>>()
        };
        Ok(Values {
            width: types.len(),
            rows: rows.iter().map(bind_row).collect::<PyResult<_>>()?,
        })
    }
}

impl Source for Values {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn width(&self) -> usize {
        self.width
    }

    fn read<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>) {
        cells.extend(self.rows[row].iter().map(cell_of_value));
    }
}
