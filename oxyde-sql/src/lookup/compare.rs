use super::{Call, Lookup, Rendering, lookup};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Expr, Literal};
use crate::query::{Context, Level, Sql, comparable, expr};
use crate::types::{Families, Family};

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

/// Documents are equal whatever the order of their keys and their spaces.
const SAME_DOCUMENT: Templates = Templates::of(
    "{0!} = {1!}",
    "oxyde_json_equal({0}, {1})",
    "{0!} = CAST({1} AS JSON)",
)
.mariadb("({0!} IS NOT NULL AND JSON_EQUALS({0}, {1}))");

fn exact(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let left = comparable(cx, call.operand)?;
    let argument = &call.arguments[0];
    if matches!(argument, Expr::Literal(Literal::Null)) {
        return Ok(cx.join.fill("{0!} IS NULL", &[left], Level::Compare));
    }
    let right = expr(cx, argument)?;
    let family = call
        .operand
        .column_type()
        .map(crate::types::ColumnType::family);
    let document = match family {
        Some(Family::Json) => true,
        Some(Family::Array) => !cx.features.native_arrays,
        _ => false,
    };
    if document {
        return cx.template(&SAME_DOCUMENT, &[left, right], Level::Compare, "exact");
    }
    Ok(cx.join.fill("{0!} = {1!}", &[left, right], Level::Compare))
}
