use super::{Delete, Insert, InsertRows, Output, RowOf, Select, Update};
use crate::ir;
use crate::schema;

/// A table of the database; [`table!`](crate::table) implements it.
pub trait Table {
    /// The table under its alias.
    fn source(&self) -> ir::Table;

    /// All of its columns, in order.
    fn columns(&self) -> Vec<Output>;

    /// The table in a schema: its columns, without keys, indexes and constraints.
    fn definition(&self) -> schema::Table;

    /// Read rows: all columns, unless [`Select::columns`] says which.
    fn select(&self) -> Select
    where
        Self: Sized,
    {
        Select::from_table(self)
    }

    /// Add a row.
    fn insert(&self) -> Insert
    where
        Self: Sized,
    {
        Insert::into_table(self)
    }

    /// Add any number of rows, each with a value for each of the columns.
    ///
    /// ```
    /// # use oxyde_sql::build::*;
    /// # oxyde_sql::table! { struct Users("users") { id: i64, name: String, age: Option<i64> } }
    /// # let users = Users::table();
    /// let rows = [("Alice", Some(30)), ("Bob", None)];
    /// let insert = users.insert_rows((users.name, users.age), rows);
    /// ```
    fn insert_rows<R, C: RowOf<R>>(
        &self,
        columns: C,
        rows: impl IntoIterator<Item = R>,
    ) -> InsertRows
    where
        Self: Sized,
    {
        InsertRows::into_table(self, &columns, rows)
    }

    /// Change rows.
    fn update(&self) -> Update
    where
        Self: Sized,
    {
        Update::of_table(self)
    }

    /// Remove rows.
    fn delete(&self) -> Delete
    where
        Self: Sized,
    {
        Delete::from_table(self)
    }
}

/// Declares a table: a struct with a [`Column`](crate::build::Column) for each of its columns.
///
/// The name in parentheses is the table's, with `in` and its schema if it is not in the default
/// one. A column has the Rust type of its values, in `Option` if it may be NULL; `as` gives it
/// another name than that of the field, `=` another type than the usual one.
///
/// ```
/// use oxyde_sql::build::*;
/// use oxyde_sql::types::ColumnType;
///
/// oxyde_sql::table! {
///     /// Who can log in.
///     pub struct Users("users") {
///         id: i64,
///         name: String = ColumnType::Varchar { length: 50 },
///         age: Option<i64>,
///         kind: String as "type",
///     }
/// }
///
/// let users = Users::table();
/// let query = users.select().filter(users.age.gte(18)).order_by(users.name);
/// // A table that is read twice has a second alias.
/// let other = Users::aliased("other");
/// let twins = users.select().join(&other, other.name.eq(users.name));
/// ```
///
/// A value of another type does not compile:
///
/// ```compile_fail
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { pub struct Users("users") { id: i64, name: String } }
/// let users = Users::table();
/// let query = users.select().filter(users.id.eq("three"));
/// ```
///
/// NULL for a column that does not allow it does not either:
///
/// ```compile_fail
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { pub struct Users("users") { id: i64, name: String } }
/// let users = Users::table();
/// let insert = users.insert().set(users.name, None::<String>);
/// ```
#[macro_export]
macro_rules! table {
    (
        $(#[$meta:meta])*
        $vis:vis struct $table:ident($name:literal $(in $schema:literal)?) {
            $(
                $(#[$column_meta:meta])*
                $column:ident: $field:ty $(as $column_name:literal)? $(= $ty:expr)?
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $table {
            __alias: &'static str,
            $($(#[$column_meta])* $vis $column: $crate::build::Column<$field>,)*
        }

        #[allow(dead_code, reason = "a program may read the table under aliases only, or never")]
        impl $table {
            /// The table under its own name.
            #[must_use]
            $vis const fn table() -> Self {
                Self::aliased($name)
            }

            /// The table under another name, to read it twice in a statement.
            #[must_use]
            $vis const fn aliased(alias: &'static str) -> Self {
                Self {
                    __alias: alias,
                    $($column: $crate::table!(
                        @column alias, $column, $field $(, as $column_name)? $(, = $ty)?
                    ),)*
                }
            }
        }

        impl $crate::build::Table for $table {
            fn source(&self) -> $crate::ir::Table {
                let table = $crate::ir::Table::new($name).aliased(self.__alias);
                $(let table = table.in_schema($schema);)?
                table
            }

            fn columns(&self) -> ::std::vec::Vec<$crate::build::Output> {
                ::std::vec![$(self.$column.into()),*]
            }

            fn definition(&self) -> $crate::schema::Table {
                let table = $crate::schema::Table::new($name);
                $(let table = table.in_schema($schema);)?
                $(let table = table.column(self.$column.definition());)*
                table
            }
        }
    };
    (@column $alias:ident, $column:ident, $field:ty) => {
        $crate::build::Column::<$field>::new($alias, stringify!($column))
    };
    (@column $alias:ident, $column:ident, $field:ty, as $name:literal) => {
        $crate::build::Column::<$field>::new($alias, $name)
    };
    (@column $alias:ident, $column:ident, $field:ty, = $ty:expr) => {
        $crate::build::Column::<$field>::typed($alias, stringify!($column), || $ty)
    };
    (@column $alias:ident, $column:ident, $field:ty, as $name:literal, = $ty:expr) => {
        $crate::build::Column::<$field>::typed($alias, $name, || $ty)
    };
}
