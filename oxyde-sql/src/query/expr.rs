//! Expressions: columns, params, literals, and their combinations.

use sea_query::{DynIden, Expr as SeaExpr, SubQueryStatement};

use super::context::{Context, Qualifier};
use super::fragment::{Precedence, Sql};
use super::{arithmetic, case, json_path, moment, predicate, search, select, window};
use crate::dialect::{DECIMAL_COLLATION, quote_identifier};
use crate::error::SqlError;
use crate::ir::{Expr, Literal, RawPart};
use crate::plan::Form;
use crate::types::{ColumnType, Family};
use crate::{aggregate, function};

/// A value.
pub(crate) fn expr(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    cx.deeper(|cx| match value {
        Expr::Column { table, name, ty } => {
            if let Some(only) = ty.lacking(cx.features) {
                cx.needs(only)?;
            }
            column(cx, table, name)
        }
        Expr::Param { index, ty, list } => Ok(param(cx, *index, ty, *list)),
        Expr::Literal(literal) => literal_sql(cx, *literal),
        Expr::Binary {
            op,
            left,
            right,
            ty,
        } => arithmetic::binary(cx, *op, left, right, ty),
        Expr::Function {
            name,
            arguments,
            ty,
        } => function::render(cx, name, arguments, ty),
        Expr::Aggregate(aggregate) => aggregate::render(cx, aggregate),
        Expr::Case(case) => case::case(cx, case),
        Expr::Cast { operand, ty } => cast(cx, operand, ty),
        Expr::JsonPath { operand, path, ty } => json_path::json_path(cx, operand, path, ty),
        Expr::Subquery { select, .. } => {
            let query = select::nested(cx, select)?;
            Ok(Sql::term(SeaExpr::SubQuery(
                None,
                Box::new(SubQueryStatement::SelectStatement(query)),
            )))
        }
        Expr::Predicate(condition) => predicate::predicate(cx, condition),
        Expr::Window(window) => window::window(cx, window),
        Expr::Search(wanted) => search::search(cx, wanted),
        Expr::Raw { parts, .. } => raw(cx, parts),
    })
}

/// Comma-separated values.
pub(crate) fn exprs(cx: &mut Context<'_>, values: &[Expr]) -> Result<Vec<Sql>, SqlError> {
    values.iter().map(|value| expr(cx, value)).collect()
}

/// A value for comparisons and ordering: decimals that are stored as text are compared as
/// numbers, dates and times as points in time.
pub(crate) fn comparable(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    let sql = expr(cx, value)?;
    Ok(collated(cx, sql, value.column_type()))
}

/// The same for a rendered value.
pub(crate) fn collated(cx: &Context<'_>, sql: Sql, ty: Option<&ColumnType>) -> Sql {
    if moment::has_spellings(cx, ty) {
        return moment::compared(cx, sql);
    }
    let decimal = ty.is_some_and(|ty| ty.family() == Family::Decimal);
    if decimal && cx.features.decimal_as_text {
        let operand = cx.join.operand(sql);
        let collate = SeaExpr::Custom(format!(" COLLATE {DECIMAL_COLLATION}").into());
        return cx
            .join
            .sequence(vec![operand.expr(), collate], Precedence::Term);
    }
    sql
}

/// Check a name, and return it as an identifier.
pub(super) fn iden(name: &str) -> Result<DynIden, SqlError> {
    if name.is_empty() || name.contains('\0') {
        return Err(SqlError::BadName {
            name: name.to_owned(),
        });
    }
    Ok(DynIden::from(name.to_owned()))
}

/// A column, qualified by the alias of its table.
pub(super) fn column(cx: &Context<'_>, table: &str, name: &str) -> Result<Sql, SqlError> {
    let column = iden(name)?;
    if table.is_empty() {
        return Ok(Sql::term(SeaExpr::col(column)));
    }
    match cx.qualifier(table) {
        None => Ok(Sql::term(SeaExpr::col((iden(table)?, column)))),
        Some(Qualifier::Bare) => Ok(Sql::term(SeaExpr::col(column))),
        Some(Qualifier::Name(other)) => Ok(Sql::term(SeaExpr::col((iden(other)?, column)))),
        Some(Qualifier::ValuesOf) => {
            let name = quote_identifier(name, cx.features.dialect);
            Ok(Sql::text(format!("VALUES({name})")))
        }
    }
}

fn param(cx: &mut Context<'_>, index: u32, ty: &ColumnType, list: bool) -> Sql {
    if !list {
        return cx.placeholder(index, ty, Form::Scalar);
    }
    // Outside `in`, a list is an array value.
    match ty {
        ColumnType::Array { .. } => cx.placeholder(index, ty, Form::Scalar),
        item => {
            let ty = ColumnType::Array {
                item: Box::new(item.clone()),
            };
            cx.placeholder(index, &ty, Form::Scalar)
        }
    }
}

fn literal_sql(cx: &Context<'_>, literal: Literal) -> Result<Sql, SqlError> {
    Ok(match literal {
        Literal::Null => Sql::text("NULL"),
        Literal::Bool(true) => Sql::text("TRUE"),
        Literal::Bool(false) => Sql::text("FALSE"),
        Literal::Int(number) if number < 0 => {
            Sql::text(number.to_string()).at(Precedence::Operator)
        }
        Literal::Int(number) => Sql::text(number.to_string()),
        Literal::Default if cx.features.default_keyword => Sql::text("DEFAULT"),
        Literal::Default => return Err(cx.unsupported("DEFAULT as a value")),
    })
}

fn cast(cx: &mut Context<'_>, operand: &Expr, ty: &ColumnType) -> Result<Sql, SqlError> {
    let from = operand.column_type().cloned();
    let sql = expr(cx, operand)?;
    crate::query::convert(cx, sql, from.as_ref(), ty)
}

fn raw(cx: &mut Context<'_>, parts: &[RawPart]) -> Result<Sql, SqlError> {
    let mut pieces = vec![SeaExpr::Custom("(".into())];
    for (at, part) in parts.iter().enumerate() {
        let digit = |text: &String| text.starts_with(|c: char| c.is_ascii_digit());
        let glued = match part {
            RawPart::Text(text) => digit(text),
            RawPart::Name(_) => false,
            RawPart::Expr(_) => true,
        };
        if glued && at > 0 && matches!(parts[at - 1], RawPart::Expr(_)) {
            // Otherwise `$1` before a digit would be a different placeholder.
            pieces.push(SeaExpr::Custom(" ".into()));
        }
        pieces.push(match part {
            RawPart::Text(text) => SeaExpr::Custom(text.clone().into()),
            RawPart::Name(name) => {
                iden(name)?;
                SeaExpr::Custom(quote_identifier(name, cx.features.dialect).into())
            }
            RawPart::Expr(value) => expr(cx, value)?.expr(),
        });
    }
    pieces.push(SeaExpr::Custom(")".into()));
    Ok(cx.join.sequence(pieces, Precedence::Term))
}
