//! Computed values on databases whose columns accept more than their type declares: rounded to
//! the scale of the column, or refused, as on other databases.

use super::context::Context;
use super::fragment::{Precedence, Sql};
use crate::dialect::quote_text;
use crate::ir::{Expr, Literal};
use crate::types::{ColumnType, Family};

/// The new value of a column, held to the column's type.
pub(super) fn fitted(cx: &Context<'_>, sql: Sql, value: &Expr, column: Named<'_>) -> Sql {
    let as_it_is = match value {
        // Binding has checked the value.
        Expr::Param { ty, .. } => ty == column.ty,
        Expr::Literal(Literal::Null | Literal::Default) => true,
        _ => false,
    };
    if as_it_is || !cx.features.loose_columns {
        return sql;
    }
    kept(cx, sql, value.column_type(), column)
}

/// A column's name, for errors, and its type.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) ty: &'a ColumnType,
}

/// The value of a query's output for a column of a table.
pub(super) fn kept(
    cx: &Context<'_>,
    sql: Sql,
    from: Option<&ColumnType>,
    column: Named<'_>,
) -> Sql {
    let name = Sql::text(quote_text(column.name, cx.features.dialect));
    let number = |number: u32| Sql::text(number.to_string());
    let fill = |template, parts: &[Sql]| cx.join.fill(template, parts, Precedence::Term);
    match column.ty.base() {
        ColumnType::Decimal {
            precision: Some(precision),
            scale,
        } => {
            let digits = number(u32::from(*precision));
            let scale = number(u32::from(scale.unwrap_or(0)));
            fill(
                "oxyde_fit_decimal({0}, {1}, {2}, {3})",
                &[sql, digits, scale, name],
            )
        }
        ColumnType::Decimal {
            precision: None, ..
        } if from.map(ColumnType::family) != Some(Family::Decimal) => {
            fill("oxyde_decimal_cast({0})", &[sql])
        }
        ColumnType::Varchar { length } => fill(
            "oxyde_fit_text({0}, {1}, {2})",
            &[sql, number(*length), name],
        ),
        ColumnType::SmallInt => fill("oxyde_fit_int({0}, {1}, {2})", &[sql, number(16), name]),
        ColumnType::Integer => fill("oxyde_fit_int({0}, {1}, {2})", &[sql, number(32), name]),
        _ => sql,
    }
}
