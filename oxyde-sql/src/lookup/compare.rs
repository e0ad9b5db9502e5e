use super::numbers::as_one_type;
use super::{Call, Lookup, Rendering, lookup};
use crate::dialect::{Dialect, Templates, quote_text};
use crate::error::SqlError;
use crate::ir::{Expr, Literal, PathItem};
use crate::plan::Form;
use crate::query::{
    Bounds, Context, Precedence, Sql, comparable, expr, is_document, json_equal, within_days,
};
use crate::types::{ColumnType, Families, Family};

const fn order(name: &'static str, template: &'static str) -> Lookup {
    lookup(
        name,
        Families::ORDERED,
        Rendering::Order(Templates::same(template)),
    )
}

pub(super) const LOOKUPS: &[Lookup] = &[
    lookup("exact", Families::ANY, Rendering::With(exact)),
    order("gt", "{0!} > {1!}"),
    order("gte", "{0!} >= {1!}"),
    order("lt", "{0!} < {1!}"),
    order("lte", "{0!} <= {1!}"),
];

/// `operand <> argument`, where neither is NULL; `None` for anything but plain equality.
pub(crate) fn differs(
    cx: &mut Context<'_>,
    name: &str,
    operand: &Expr,
    arguments: &[Expr],
) -> Result<Option<Sql>, SqlError> {
    let ("exact", [argument]) = (name, arguments) else {
        return Ok(None);
    };
    let is_null = matches!(argument, Expr::Literal(Literal::Null));
    if is_null || is_document(cx, operand) || is_document(cx, argument) {
        return Ok(None);
    }
    let sides = match as_one_type(cx, operand, arguments)? {
        Some(sides) => sides,
        None => vec![comparable(cx, operand)?, expr(cx, argument)?],
    };
    Ok(Some(cx.join.fill(
        "{0!} <> {1!}",
        &sides,
        Precedence::Compare,
    )))
}

/// A condition on a part of a document, beside which the document contains the part: an index of
/// documents (GIN) serves that.
fn contained(
    cx: &mut Context<'_>,
    operand: &Expr,
    argument: &Expr,
    condition: Sql,
) -> Result<Sql, SqlError> {
    let (
        Dialect::Postgres,
        Expr::JsonPath {
            operand: document,
            path,
            ty,
        },
        Expr::Param {
            index,
            ty: sent_as,
            list: false,
        },
    ) = (cx.features.dialect, operand, argument)
    else {
        return Ok(condition);
    };
    let keys: Option<Vec<&str>> = path
        .iter()
        .map(|item| match item {
            PathItem::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let (Some(keys), Expr::Column { .. }) = (keys, &**document) else {
        return Ok(condition);
    };
    let (sent_as, cast) = match ty.family() {
        Family::Json => (&ColumnType::Json, "CAST({0} AS JSONB)"),
        Family::Text => (sent_as, "CAST({0} AS TEXT)"),
        Family::Bool => (sent_as, "CAST({0} AS BOOLEAN)"),
        _ => return Ok(condition),
    };
    let value = cx.placeholder(*index, sent_as, Form::Scalar);
    let mut object = cx.join.fill(cast, &[value], Precedence::Term);
    for key in keys.iter().rev() {
        let key = Sql::text(quote_text(key, cx.features.dialect));
        object = cx.join.fill(
            "JSONB_BUILD_OBJECT({0}, {1})",
            &[key, object],
            Precedence::Term,
        );
    }
    let parts = [condition, expr(cx, document)?, object];
    Ok(cx.join.fill("{0} AND {1!} @> {2}", &parts, Precedence::And))
}

fn exact(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let argument = &call.arguments[0];
    let is_null = matches!(argument, Expr::Literal(Literal::Null));
    if !is_null && (is_document(cx, call.operand) || is_document(cx, argument)) {
        let equal = json_equal(cx, call.operand, argument)?;
        return contained(cx, call.operand, argument, equal);
    }
    if let Some(sides) = as_one_type(cx, call.operand, call.arguments)? {
        return Ok(cx.join.fill("{0!} = {1!}", &sides, Precedence::Compare));
    }
    let left = comparable(cx, call.operand)?;
    if is_null {
        return Ok(cx.join.fill("{0!} IS NULL", &[left], Precedence::Compare));
    }
    let right = expr(cx, argument)?;
    let same = cx
        .join
        .fill("{0!} = {1!}", &[left, right], Precedence::Compare);
    let bounds = Bounds {
        least: Some(argument),
        most: Some(argument),
    };
    let same = contained(cx, call.operand, argument, same)?;
    within_days(cx, call.operand, bounds, same)
}
