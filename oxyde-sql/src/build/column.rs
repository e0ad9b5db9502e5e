use std::fmt;
use std::marker::PhantomData;

use super::{Field, SqlType};
use crate::ir;
use crate::schema;
use crate::types::ColumnType;

/// A column of a table, for values of `F`: `Column<i64>`, or `Column<Option<i64>>` if it may be
/// NULL. [`table!`](crate::table) declares those of a table.
pub struct Column<F> {
    table: &'static str,
    name: &'static str,
    ty: fn() -> ColumnType,
    holds: PhantomData<fn() -> F>,
}

impl<F> Clone for Column<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Column<F> {}

impl<F> fmt::Debug for Column<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.name)
    }
}

impl<F: Field> Column<F> {
    /// A column of the table with that alias, of the usual type for such values. An empty alias
    /// makes it a bare name, such as the order of a union needs.
    #[must_use]
    pub const fn new(table: &'static str, name: &'static str) -> Self {
        Self::typed(table, name, <F::Of as SqlType>::column_type)
    }

    /// The same with a type of its own: `|| ColumnType::Varchar { length: 50 }`.
    #[must_use]
    pub const fn typed(table: &'static str, name: &'static str, ty: fn() -> ColumnType) -> Self {
        Self {
            table,
            name,
            ty,
            holds: PhantomData,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Its type.
    #[must_use]
    pub fn column_type(self) -> ColumnType {
        (self.ty)()
    }

    /// Its definition in a schema.
    #[must_use]
    pub fn definition(self) -> schema::Column {
        let column = schema::Column::new(self.name, self.column_type());
        if F::NULLABLE {
            column.nullable()
        } else {
            column
        }
    }

    pub(super) fn node(self) -> ir::Expr {
        ir::Expr::Column {
            table: self.table.to_owned(),
            name: self.name.to_owned(),
            ty: self.column_type(),
        }
    }

    pub(super) fn target(self) -> ir::InsertColumn {
        ir::InsertColumn::new(self.name, self.column_type())
    }
}
