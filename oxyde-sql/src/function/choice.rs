use super::{
    ANY_NUMBER, Call, Function, Rendering, as_text, function, join_texts, template, values,
};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql};
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
    function(
        "refuse",
        (2, 3),
        ANY,
        "bool: (number of a rule, value, key of the row); stops the statement",
        Rendering::With(refuse),
    ),
];

fn coalesce(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let mut arguments = values(cx, call.arguments)?;
    // SQLite requires at least two.
    if arguments.len() == 1 {
        return Ok(arguments.remove(0));
    }
    Ok(cx.join.fill("COALESCE({*})", &arguments, Precedence::Term))
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

/// The marker in the message of an error that [`refuse`] raises.
pub const REFUSED: &str = "oxyde|";

/// Raise an error for a value that violates a rule; its message has the number of the rule, the key
/// of the row and the value, separated by `|`. No database has a function that only fails, so this
/// casts that text. The text depends on the row, so that it is not evaluated early; NULL gives
/// NULL.
fn refuse(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const FAIL: Templates = Templates::of(
        "CAST({0} AS BOOLEAN)",
        "oxyde_refuse({0})",
        "CAST({0} AS SIGNED)",
    )
    .mariadb("CAST({0} AS INET6)");
    let mut parts = vec![Sql::text(format!("'{REFUSED}'"))];
    let [rule, value, key @ ..] = call.arguments else {
        return Err(cx.unsupported(call.function.name));
    };
    let bar = || Sql::text("'|'");
    parts.extend([as_text(cx, rule)?, bar()]);
    if let [key] = key {
        parts.push(as_text(cx, key)?);
    }
    parts.extend([bar(), as_text(cx, value)?]);
    let text = join_texts(cx, parts);
    cx.template(&FAIL, &[text], Precedence::Term, call.function.name)
}

/// NULL if an argument is NULL, also on PostgreSQL, whose own functions ignore NULLs.
fn extreme(cx: &mut Context<'_>, call: &Call<'_>, templates: &Templates) -> Result<Sql, SqlError> {
    let mut arguments = values(cx, call.arguments)?;
    if arguments.len() == 1 {
        return Ok(arguments.remove(0));
    }
    let sql = cx.template(templates, &arguments, Precedence::Term, call.function.name)?;
    if !cx.features.native_arrays {
        return Ok(sql);
    }
    let nulls: Vec<Sql> = arguments
        .into_iter()
        .map(|argument| {
            cx.join
                .fill("{0!} IS NULL", &[argument], Precedence::Compare)
        })
        .collect();
    let nulls = cx.join.list(nulls, " OR ", Precedence::Or);
    Ok(cx.join.fill(
        "CASE WHEN {0} THEN NULL ELSE {1} END",
        &[nulls, sql],
        Precedence::Term,
    ))
}
