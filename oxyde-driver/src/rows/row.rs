//! A row, and its values by name.

use oxyde_sql::plan::OutputColumn;

use super::{Cell, RowSet, Slot};
use crate::error::DriverError;
use crate::rows::FromCell;

/// A row of a [`RowSet`].
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::Executor;
///
/// let rows = pool.fetch_raw("SELECT id, name, age FROM users", ()).await?;
/// for row in &rows {
///     let id: i64 = row.get("id")?;
///     let name = row.get::<&str>("name")?;
///     let age: Option<u8> = row.get(2)?;
///     println!("{id} {name} {age:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    rows: &'a RowSet,
    slots: &'a [Slot],
}

/// The name of a column, or its position from zero.
pub trait ColumnIndex: sealed::Sealed {
    /// Return the position in `row`.
    ///
    /// # Errors
    /// [`DriverError::NoColumn`].
    fn position(&self, row: Row<'_>) -> Result<usize, DriverError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for usize {}
    impl Sealed for str {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

impl ColumnIndex for usize {
    fn position(&self, row: Row<'_>) -> Result<usize, DriverError> {
        if *self < row.slots.len() {
            Ok(*self)
        } else {
            Err(row.no_column(self.to_string()))
        }
    }
}

impl ColumnIndex for str {
    fn position(&self, row: Row<'_>) -> Result<usize, DriverError> {
        row.columns()
            .iter()
            .position(|column| column.name == self)
            .ok_or_else(|| row.no_column(self.to_owned()))
    }
}

impl<T: ColumnIndex + ?Sized> ColumnIndex for &T {
    fn position(&self, row: Row<'_>) -> Result<usize, DriverError> {
        (**self).position(row)
    }
}

impl<'a> Row<'a> {
    pub(super) fn new(rows: &'a RowSet, slots: &'a [Slot]) -> Self {
        Self { rows, slots }
    }

    /// Return the columns in order.
    #[must_use]
    pub fn columns(self) -> &'a [OutputColumn] {
        self.rows.columns()
    }

    /// Return the value of a column, by its name or its position from zero. Of several columns with
    /// this name, it is the first.
    ///
    /// # Errors
    /// [`DriverError::NoColumn`] if there is no such column, [`DriverError::Mismatch`] if its value is
    /// not a `T`: NULL is one only for an `Option`.
    pub fn get<T: FromCell<'a>>(self, column: impl ColumnIndex) -> Result<T, DriverError> {
        let at = column.position(self)?;
        self.convert(at)
    }

    /// Iterate over the cells in the order of the columns.
    #[must_use]
    pub fn cells(self) -> impl ExactSizeIterator<Item = Cell<'a>> {
        let rows = self.rows;
        self.slots.iter().map(move |slot| rows.resolve(*slot))
    }

    /// Return the value of a field whose column is probably at `expected`, for the derived
    /// [`FromRow`](crate::FromRow): fields are mostly declared in the order of the columns.
    #[doc(hidden)]
    pub fn field<T: FromCell<'a>>(self, name: &str, expected: usize) -> Result<T, DriverError> {
        match self.columns().get(expected) {
            Some(column) if column.name == name => self.convert(expected),
            _ => self.get(name),
        }
    }

    /// The same, with a value for a missing column.
    #[doc(hidden)]
    pub fn field_or_default<T: FromCell<'a> + Default>(
        self,
        name: &str,
        expected: usize,
    ) -> Result<T, DriverError> {
        match self.field(name, expected) {
            Err(DriverError::NoColumn { .. }) => Ok(T::default()),
            result => result,
        }
    }

    /// Convert the value of a column that exists.
    fn convert<T: FromCell<'a>>(self, at: usize) -> Result<T, DriverError> {
        T::from_cell(self.rows.resolve(self.slots[at])).map_err(|mismatch| DriverError::Mismatch {
            column: self.columns()[at].name.clone(),
            mismatch,
        })
    }

    fn no_column(self, column: String) -> DriverError {
        DriverError::NoColumn {
            column,
            columns: self
                .columns()
                .iter()
                .map(|column| column.name.clone())
                .collect(),
        }
    }
}
