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
        "the argument's, or as told",
        Rendering::Number(forms),
    )
}

const fn real(name: &'static str, postgres: &'static str, sqlite: &'static str) -> Function {
    template(
        name,
        (1, 1),
        NUMBERS,
        "double",
        Templates {
            postgres: Some(postgres),
            sqlite: Some(sqlite),
            mysql: None,
            mariadb: None,
        },
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
        "neg",
        (1, 1),
        SIGNED,
        "the argument's",
        Rendering::ByFamily(&[
            (
                DECIMALS,
                Templates::of("(-{0!})", "oxyde_decimal_neg({0})", "(-{0!})"),
            ),
            (
                INTS,
                Templates::of("(-{0!})", "oxyde_int_sub(0, {0})", "(-{0!})"),
            ),
            (SIGNED, Templates::same("(-{0!})")),
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
            "SQRT(CAST({0} AS DOUBLE PRECISION))",
            "oxyde_sqrt({0})",
        ),
        "SQRT({0})",
    ),
    with_mysql(
        real(
            "exp",
            "EXP(CAST({0} AS DOUBLE PRECISION))",
            "oxyde_exp({0})",
        ),
        "EXP({0})",
    ),
    with_mysql(
        real("ln", "LN(CAST({0} AS DOUBLE PRECISION))", "oxyde_ln({0})"),
        "LN({0})",
    ),
    function("power", (2, 2), NUMBERS, "as told", Rendering::With(power)),
    function("mod", (2, 2), NUMBERS, "as told", Rendering::With(modulo)),
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

/// Half away from zero. PostgreSQL rounds digits of NUMERIC only.
const ROUND_WHOLE: &[(Families, Templates)] = &[
    (
        DECIMALS,
        Templates::of("ROUND({0})", "oxyde_decimal_round({0}, 0)", "ROUND({0})"),
    ),
    (NUMBERS, Templates::same("ROUND({0})")),
];
const ROUND_DIGITS: &[(Families, Templates)] = &[
    (
        DECIMALS,
        Templates::of(
            "ROUND({0}, CAST({1} AS INTEGER))",
            "oxyde_decimal_round({0}, {1})",
            "ROUND({0}, {1})",
        ),
    ),
    (
        NUMBERS,
        Templates::of(
            "ROUND(CAST({0} AS NUMERIC), CAST({1} AS INTEGER))",
            "round({0}, {1})",
            "ROUND({0}, {1})",
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

fn modulo(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    arithmetic(
        cx,
        BinaryOp::Modulo,
        &call.arguments[0],
        &call.arguments[1],
        call.ty,
    )
}
