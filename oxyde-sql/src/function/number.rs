use super::{Call, Function, Rendering, as_number, by_family, function, template};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::BinaryOp;
use crate::query::{Context, Sql, arithmetic};
use crate::types::{Families, Family};

const NUMBERS: Families = Families::NUMBERS;
const INTS: Families = Families::of(&[Family::Int]);
const DECIMALS: Families = Families::of(&[Family::Decimal]);
const SIGNED: Families = Families::of(&[
    Family::Int,
    Family::Float,
    Family::Decimal,
    Family::Interval,
]);

const fn number(name: &'static str, forms: &'static [(Families, Templates)]) -> Function {
    function(
        name,
        (1, 1),
        NUMBERS,
        "the argument's, or as requested",
        Rendering::Number(forms),
    )
}

const fn real(name: &'static str, postgres: &'static str, sqlite: &'static str) -> Function {
    template(
        name,
        (1, 1),
        NUMBERS,
        "double",
        Templates::of(postgres, sqlite, "").not_mysql(),
    )
}

const fn with_mysql(mut function: Function, text: &'static str) -> Function {
    if let Rendering::Template(mut templates) = function.rendering {
        templates.mysql = Some(text);
        templates.mariadb = Some(text);
        function.rendering = Rendering::Template(templates);
    }
    function
}

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "abs",
        (1, 1),
        SIGNED,
        "the argument's",
        Rendering::ByFamily(&[
            (
                DECIMALS,
                Templates::of("ABS({0})", "oxyde_decimal_abs({0})", "ABS({0})"),
            ),
            (
                Families::of(&[Family::Interval]),
                Templates::of("GREATEST({0}, -{0!})", "abs({0})", "ABS({0})"),
            ),
            (NUMBERS, Templates::same("ABS({0})")),
        ]),
    ),
    function(
        "round",
        (1, 2),
        NUMBERS,
        "the argument's: (number, digits)",
        Rendering::With(round),
    ),
    number(
        "ceil",
        &[
            (
                DECIMALS,
                Templates::of("CEIL({0})", "oxyde_decimal_ceil({0})", "CEIL({0})"),
            ),
            (
                NUMBERS,
                Templates::of("CEIL({0})", "oxyde_ceil({0})", "CEIL({0})"),
            ),
        ],
    ),
    number(
        "floor",
        &[
            (
                DECIMALS,
                Templates::of("FLOOR({0})", "oxyde_decimal_floor({0})", "FLOOR({0})"),
            ),
            (
                NUMBERS,
                Templates::of("FLOOR({0})", "oxyde_floor({0})", "FLOOR({0})"),
            ),
        ],
    ),
    function(
        "sign",
        (1, 1),
        NUMBERS,
        "big_int: -1, 0 or 1",
        Rendering::Number(&[(
            NUMBERS,
            Templates::of("SIGN({0})", "sign(CAST({0} AS REAL))", "SIGN({0})"),
        )]),
    ),
    with_mysql(
        real(
            "sqrt",
            "SQRT(CASE WHEN {0!} >= 0 THEN CAST({0} AS DOUBLE PRECISION) END)",
            "oxyde_sqrt({0})",
        ),
        "SQRT({0})",
    ),
    with_mysql(
        real(
            "exp",
            // PostgreSQL raises an error for a result that is too small, which is 0 elsewhere.
            "CASE WHEN {0!} < -745 THEN 0 ELSE EXP(CAST({0} AS DOUBLE PRECISION)) END",
            "oxyde_exp({0})",
        ),
        "EXP({0})",
    ),
    with_mysql(
        real(
            "ln",
            "LN(CASE WHEN {0!} > 0 THEN CAST({0} AS DOUBLE PRECISION) END)",
            "oxyde_ln({0})",
        ),
        "LN({0})",
    ),
    template(
        "log",
        (2, 2),
        NUMBERS,
        "double: (number, base)",
        Templates::of(
            "CASE WHEN {0!} > 0 AND {1!} > 0 AND {1!} <> 1 THEN \
             LN(CAST({0} AS DOUBLE PRECISION)) / LN(CAST({1} AS DOUBLE PRECISION)) END",
            "oxyde_log({0}, {1})",
            "CASE WHEN {0!} > 0 AND {1!} > 0 AND {1!} <> 1 THEN LN({0}) / LN({1}) END",
        ),
    ),
    function(
        "power",
        (2, 2),
        NUMBERS,
        "as requested",
        Rendering::With(power),
    ),
    template(
        "random",
        (0, 0),
        Families::ANY,
        "double: 0 to 1",
        Templates::of(
            "RANDOM()",
            "(abs(random() % 9007199254740992) / 9007199254740992.0)",
            "RAND()",
        ),
    ),
];

/// Rounds half away from zero: floats by their decimal form, so that 2.675 becomes 2.68. The
/// servers' own functions use the binary value, or round half to even. Beyond 15 digits no half
/// exists.
pub(crate) const WHOLE: Templates = Templates::of(
    "ROUND(CAST(CAST({0} AS TEXT) AS NUMERIC))",
    "oxyde_round({0}, 0)",
    "CASE WHEN ABS({0}) < 1e15 THEN ROUND(CAST({0} AS DECIMAL(65,30))) ELSE ROUND({0}) END",
);
const ROUND_WHOLE: &[(Families, Templates)] = &[
    (
        DECIMALS,
        Templates::of("ROUND({0})", "oxyde_decimal_round({0}, 0)", "ROUND({0})"),
    ),
    (INTS, Templates::same("{0}")),
    (NUMBERS, WHOLE),
];
const ROUND_DIGITS: &[(Families, Templates)] = &[
    (
        DECIMALS,
        Templates::of(
            concat!("ROUND({0}, ", small!("1"), ")"),
            "oxyde_decimal_round({0}, {1})",
            "ROUND({0}, {1})",
        ),
    ),
    (
        INTS,
        Templates::of(
            concat!("ROUND(CAST({0} AS NUMERIC), ", small!("1"), ")"),
            "oxyde_round({0}, {1})",
            "ROUND({0}, {1})",
        ),
    ),
    (
        NUMBERS,
        Templates::of(
            concat!(
                "ROUND(CAST(CAST({0} AS TEXT) AS NUMERIC), ",
                small!("1"),
                ")"
            ),
            "oxyde_round({0}, {1})",
            "CASE WHEN ABS({0}) < 1e15 AND {1} < 25 \
             THEN CAST(ROUND(CAST({0} AS DECIMAL(65,30)), {1}) AS DOUBLE) ELSE ROUND({0}, {1}) END",
        ),
    ),
];

fn round(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let forms = if call.arguments.len() == 1 {
        ROUND_WHOLE
    } else {
        ROUND_DIGITS
    };
    let sql = by_family(cx, forms, call)?;
    Ok(as_number(cx, sql, call.ty))
}

fn power(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    arithmetic(
        cx,
        BinaryOp::Power,
        &call.arguments[0],
        &call.arguments[1],
        call.ty,
    )
}
