use super::{ANY_NUMBER, Call, Function, Rendering, function, template, values};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Level, Sql};
use crate::types::Families;

const ANY: Families = Families::ANY;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "coalesce",
        (1, ANY_NUMBER),
        ANY,
        "the arguments'",
        Rendering::With(coalesce),
    ),
    template(
        "nullif",
        (2, 2),
        ANY,
        "the first argument's",
        Templates::same("NULLIF({0}, {1})"),
    ),
    function(
        "greatest",
        (1, ANY_NUMBER),
        Families::ORDERED,
        "the arguments'",
        Rendering::With(greatest),
    ),
    function(
        "least",
        (1, ANY_NUMBER),
        Families::ORDERED,
        "the arguments'",
        Rendering::With(least),
    ),
];

fn coalesce(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let mut arguments = values(cx, call.arguments)?;
    // SQLite takes at least two.
    if arguments.len() == 1 {
        return Ok(arguments.remove(0));
    }
    Ok(cx.join.fill("COALESCE({*})", &arguments, Level::Term))
}

fn greatest(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    extreme(
        cx,
        call,
        &Templates::of("GREATEST({*})", "max({*})", "GREATEST({*})"),
    )
}

fn least(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    extreme(
        cx,
        call,
        &Templates::of("LEAST({*})", "min({*})", "LEAST({*})"),
    )
}

/// NULL when an argument is NULL, on PostgreSQL too, whose own functions leave NULLs out.
fn extreme(cx: &mut Context<'_>, call: &Call<'_>, templates: &Templates) -> Result<Sql, SqlError> {
    let mut arguments = values(cx, call.arguments)?;
    if arguments.len() == 1 {
        return Ok(arguments.remove(0));
    }
    let sql = cx.template(templates, &arguments, Level::Term, call.function.name)?;
    if !cx.features.native_arrays {
        return Ok(sql);
    }
    let nulls: Vec<Sql> = arguments
        .into_iter()
        .map(|argument| cx.join.fill("{0!} IS NULL", &[argument], Level::Compare))
        .collect();
    let nulls = cx.join.list(nulls, " OR ", Level::Or);
    Ok(cx.join.fill(
        "CASE WHEN {0} THEN NULL ELSE {1} END",
        &[nulls, sql],
        Level::Term,
    ))
}
