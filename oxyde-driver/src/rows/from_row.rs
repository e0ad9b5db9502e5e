//! Rows as values of Rust's types.

use super::{FromCell, Row, RowSet};
use crate::error::DriverError;

/// A type that a row converts to.
///
/// Derive it for a struct whose fields have the names of the columns; a tuple takes the columns in
/// their order, at most twelve.
///
/// | attribute of a field | |
/// |---|---|
/// | `#[oxyde(rename = "…")]` | the name of the column |
/// | `#[oxyde(default)]` | [`Default::default()`] if the row has no such column; NULL stays an error |
/// | `#[oxyde(flatten)]` | the field's type is itself a `FromRow`, of the same row |
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Executor, FromRow, values};
///
/// #[derive(FromRow)]
/// struct User {
///     id: i64,
///     #[oxyde(rename = "full_name")]
///     name: String,
///     age: Option<u8>,
/// }
///
/// let sql = "SELECT id, full_name, age FROM users WHERE age > $1";
/// let users: Vec<User> = pool.fetch_all(sql, values![18]).await?;
/// let (count,): (i64,) = pool.fetch_one("SELECT count(*) FROM users", ()).await?;
/// # Ok(())
/// # }
/// ```
///
/// A field of a type that no column converts to is an error of the compiler, at that type:
///
/// ```compile_fail,E0277
/// #[derive(oxyde_driver::FromRow)]
/// struct Reading {
///     started: std::time::Instant,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a row does not convert to `{Self}`",
    note = "derive `oxyde_driver::FromRow` for it, or use a tuple"
)]
pub trait FromRow: Sized {
    /// Convert a row.
    ///
    /// # Errors
    /// [`DriverError::NoColumn`] or [`DriverError::Mismatch`].
    fn from_row(row: Row<'_>) -> Result<Self, DriverError>;
}

impl RowSet {
    /// Convert all rows.
    ///
    /// # Errors
    /// As [`FromRow::from_row`], of the first row that does not convert.
    pub fn all<T: FromRow>(&self) -> Result<Vec<T>, DriverError> {
        self.iter().map(T::from_row).collect()
    }

    /// Convert the only row.
    ///
    /// # Errors
    /// [`DriverError::RowCount`] if there is not exactly one; as [`FromRow::from_row`].
    pub fn one<T: FromRow>(&self) -> Result<T, DriverError> {
        self.optional()?.ok_or(DriverError::RowCount { found: 0 })
    }

    /// Convert the only row, if there is one.
    ///
    /// # Errors
    /// [`DriverError::RowCount`] if there are several; as [`FromRow::from_row`].
    pub fn optional<T: FromRow>(&self) -> Result<Option<T>, DriverError> {
        match self.len() {
            0 => Ok(None),
            1 => T::from_row(self.row(0)).map(Some),
            found => Err(DriverError::RowCount { found }),
        }
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),+) => {
        impl<$($name: for<'a> FromCell<'a>),+> FromRow for ($($name,)+) {
            fn from_row(row: Row<'_>) -> Result<Self, DriverError> {
                Ok(($(row.get::<$name>($at)?,)+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
