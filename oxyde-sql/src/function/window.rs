use super::{Call, Function, Rendering, function, values};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql};
use crate::types::Families;

const fn window(
    name: &'static str,
    arguments: (usize, usize),
    result: &'static str,
    templates: Templates,
) -> Function {
    Function {
        window: true,
        ..function(
            name,
            arguments,
            Families::ANY,
            result,
            Rendering::Template(templates),
        )
    }
}

const fn neighbour(
    name: &'static str,
    render: fn(&mut Context<'_>, &Call<'_>) -> Result<Sql, SqlError>,
) -> Function {
    Function {
        window: true,
        ..function(
            name,
            (1, 3),
            Families::ANY,
            "the argument's: (value, rows, otherwise)",
            Rendering::With(render),
        )
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    window(
        "row_number",
        (0, 0),
        "big_int",
        Templates::same("ROW_NUMBER()"),
    ),
    window("rank", (0, 0), "big_int", Templates::same("RANK()")),
    window(
        "dense_rank",
        (0, 0),
        "big_int",
        Templates::same("DENSE_RANK()"),
    ),
    window(
        "percent_rank",
        (0, 0),
        "double",
        Templates::same("PERCENT_RANK()"),
    ),
    window(
        "cume_dist",
        (0, 0),
        "double",
        Templates::same("CUME_DIST()"),
    ),
    window(
        "ntile",
        (1, 1),
        "big_int",
        Templates::of("NTILE(CAST({0} AS INTEGER))", "NTILE({0})", "NTILE({0})"),
    ),
    neighbour("lag", lag),
    neighbour("lead", lead),
    window(
        "first_value",
        (1, 1),
        "the argument's",
        Templates::same("FIRST_VALUE({0})"),
    ),
    window(
        "last_value",
        (1, 1),
        "the argument's",
        Templates::same("LAST_VALUE({0})"),
    ),
    window(
        "nth_value",
        (2, 2),
        "the argument's: (value, row from 1)",
        Templates::of(
            "NTH_VALUE({0}, CAST({1} AS INTEGER))",
            "NTH_VALUE({0}, {1})",
            "NTH_VALUE({0}, {1})",
        ),
    ),
];

const LAG: [Templates; 3] = [
    Templates::same("LAG({0})"),
    Templates::of(
        "LAG({0}, CAST({1} AS INTEGER))",
        "LAG({0}, {1})",
        "LAG({0}, {1})",
    ),
    Templates::of(
        "LAG({0}, CAST({1} AS INTEGER), {2})",
        "LAG({0}, {1}, {2})",
        "LAG({0}, {1}, {2})",
    )
    .not_mariadb(),
];

const LEAD: [Templates; 3] = [
    Templates::same("LEAD({0})"),
    Templates::of(
        "LEAD({0}, CAST({1} AS INTEGER))",
        "LEAD({0}, {1})",
        "LEAD({0}, {1})",
    ),
    Templates::of(
        "LEAD({0}, CAST({1} AS INTEGER), {2})",
        "LEAD({0}, {1}, {2})",
        "LEAD({0}, {1}, {2})",
    )
    .not_mariadb(),
];

fn lag(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    by_count(cx, call, &LAG)
}

fn lead(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    by_count(cx, call, &LEAD)
}

fn by_count(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    forms: &[Templates; 3],
) -> Result<Sql, SqlError> {
    let arguments = values(cx, call.arguments)?;
    cx.template(
        &forms[arguments.len() - 1],
        &arguments,
        Precedence::Term,
        call.function.name,
    )
}
