//! Distances of vectors: pgvector's operators
//! (<https://github.com/pgvector/pgvector>, "Querying").

use super::{Call, Function, Rendering, function, values};
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql};
use crate::types::{Families, Family, VECTORS};

const fn distance(
    name: &'static str,
    result: &'static str,
    render: fn(&mut Context<'_>, &Call<'_>) -> Result<Sql, SqlError>,
) -> Function {
    function(
        name,
        (2, 2),
        Families::of(&[Family::Vector]),
        result,
        Rendering::With(render),
    )
}

pub(super) const FUNCTIONS: &[Function] = &[
    distance("l2_distance", "double: the straight line", |cx, call| {
        operator(cx, call, "({0!} <-> {1!})")
    }),
    distance(
        "cosine_distance",
        "double: 1 less the cosine of the angle",
        |cx, call| operator(cx, call, "({0!} <=> {1!})"),
    ),
    distance(
        "inner_product",
        "double: the inner product with its sign turned, so that the nearest is smallest",
        |cx, call| operator(cx, call, "({0!} <#> {1!})"),
    ),
    distance(
        "l1_distance",
        "double: the sum of the differences (pgvector 0.7)",
        |cx, call| operator(cx, call, "({0!} <+> {1!})"),
    ),
];

fn operator(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    template: &'static str,
) -> Result<Sql, SqlError> {
    cx.needs(&VECTORS)?;
    let arguments = values(cx, call.arguments)?;
    Ok(cx.join.fill(template, &arguments, Precedence::Term))
}
