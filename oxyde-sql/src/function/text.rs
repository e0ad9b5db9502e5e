use super::{ANY_NUMBER, Call, Function, Rendering, function, template};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::{ColumnType, Families, Family};

const TEXT: Families = Families::TEXTUAL;
const LONG: Families = Families::of(&[Family::Text, Family::Enum, Family::Bytes]);

const fn same(name: &'static str, count: usize, text: &'static str) -> Function {
    template(name, (count, count), TEXT, "text", Templates::same(text))
}

const fn of(name: &'static str, count: usize, templates: Templates) -> Function {
    template(name, (count, count), TEXT, "text", templates)
}

pub(super) const FUNCTIONS: &[Function] = &[
    of(
        "lower",
        1,
        Templates::of("LOWER({0})", "oxyde_casefold({0})", "LOWER({0})"),
    ),
    of(
        "upper",
        1,
        Templates::of("UPPER({0})", "oxyde_upper({0})", "UPPER({0})"),
    ),
    template(
        "length",
        (1, 1),
        LONG,
        "big_int: characters, or bytes",
        Templates::of("LENGTH({0})", "length({0})", "CHAR_LENGTH({0})"),
    ),
    same("trim", 1, "TRIM({0})"),
    same("ltrim", 1, "LTRIM({0})"),
    same("rtrim", 1, "RTRIM({0})"),
    function(
        "concat",
        (1, ANY_NUMBER),
        Families::ANY,
        "text",
        Rendering::With(concat),
    ),
    same("replace", 3, "REPLACE({0}, {1}, {2})"),
    function(
        "substr",
        (2, 3),
        TEXT,
        "text: (text, first from 1, length)",
        Rendering::With(substr),
    ),
    of(
        "left",
        2,
        Templates::of(
            concat!("LEFT({0}, ", count!("1"), ")"),
            "substr({0}, 1, max({1}, 0))",
            "LEFT({0}, {1})",
        ),
    ),
    of(
        "right",
        2,
        Templates::of(
            concat!("RIGHT({0}, ", count!("1"), ")"),
            "CASE WHEN {1!} > 0 THEN substr({0}, -min({1}, length({0}))) ELSE substr({0}, 1, {1!} * 0) END",
            "RIGHT({0}, {1})",
        ),
    ),
    of(
        "repeat",
        2,
        Templates::of(
            concat!("REPEAT({0}, ", count!("1"), ")"),
            "oxyde_repeat({0}, {1})",
            "REPEAT({0}, {1})",
        ),
    ),
    of(
        "reverse",
        1,
        Templates::of("REVERSE({0})", "oxyde_reverse({0})", "REVERSE({0})"),
    ),
    of(
        "lpad",
        3,
        Templates::of(
            "LPAD({0}, CAST({1} AS INTEGER), {2})",
            "oxyde_lpad({0}, {1}, {2})",
            "LPAD({0}, {1}, {2})",
        ),
    ),
    of(
        "rpad",
        3,
        Templates::of(
            "RPAD({0}, CAST({1} AS INTEGER), {2})",
            "oxyde_rpad({0}, {1}, {2})",
            "RPAD({0}, {1}, {2})",
        ),
    ),
    function(
        "chr",
        (1, 1),
        Families::of(&[Family::Int]),
        "text: the character of a code point; NULL if there is none",
        Rendering::With(chr),
    ),
    template(
        "ord",
        (1, 1),
        TEXT,
        "big_int: the code point of the first character; NULL for an empty string",
        Templates::of(
            "NULLIF(ASCII({0}), 0)",
            "unicode({0})",
            "NULLIF(ORD(CONVERT(LEFT({0}, 1) USING utf32)), 0)",
        ),
    ),
    template(
        "position",
        (2, 2),
        TEXT,
        "big_int: (text, part), from 1; 0 when it is not there",
        Templates::of("STRPOS({0}, {1})", "instr({0}, {1})", "LOCATE({1}, {0})"),
    ),
    template(
        "search_rank",
        (2, 2),
        TEXT,
        "double: (text, words), higher is nearer",
        Templates::of(
            "CAST(TS_RANK(TO_TSVECTOR({0}), PLAINTO_TSQUERY({1})) AS DOUBLE PRECISION)",
            "",
            "MATCH ({0}) AGAINST ({1} IN NATURAL LANGUAGE MODE)",
        )
        .not_sqlite(),
    ),
];

/// A range of characters, as in the SQL standard: positions before the
/// first exist and are empty. SQLite and MySQL would count them from the end.
fn substr(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const FROM: Templates = Templates::of(
        concat!("SUBSTR({0}, ", small!("1"), ")"),
        "substr({0}, max({1}, 1))",
        "SUBSTR({0}, GREATEST({1}, 1))",
    );
    const FROM_FOR: Templates = Templates::of(
        concat!("SUBSTR({0}, ", small!("1"), ", ", count!("2"), ")"),
        "substr({0}, max({1}, 1), max({2!} + (min({1}, 1) - 1), 0))",
        "SUBSTR({0}, GREATEST({1}, 1), GREATEST({2!} + (LEAST({1}, 1) - 1), 0))",
    );
    let templates = if call.arguments.len() == 2 {
        &FROM
    } else {
        &FROM_FOR
    };
    let arguments = super::values(cx, call.arguments)?;
    cx.template(templates, &arguments, Precedence::Term, call.function.name)
}

/// The character of a code point, except NUL and surrogates.
fn chr(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const CHR: Templates = Templates::of(
        "CHR(CASE WHEN {0!} BETWEEN 1 AND 55295 OR {0!} BETWEEN 57344 AND 1114111 \
         THEN CAST({0} AS INTEGER) END)",
        "CASE WHEN {0!} BETWEEN 1 AND 55295 OR {0!} BETWEEN 57344 AND 1114111 \
         THEN char({0}) END",
        "CASE WHEN {0!} BETWEEN 1 AND 55295 OR {0!} BETWEEN 57344 AND 1114111 \
         THEN CONVERT(CHAR({0} USING utf32) USING utf8mb4) END",
    );
    let arguments = super::values(cx, call.arguments)?;
    let sql = cx.template(&CHR, &arguments, Precedence::Term, call.function.name)?;
    // With the collation of text.
    Ok(cx.cast(sql, call.ty))
}

/// Concatenates all arguments; NULL counts as an empty string.
fn concat(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let mut parts = Vec::with_capacity(call.arguments.len());
    for argument in call.arguments {
        let sql = as_text(cx, argument)?;
        parts.push(cx.join.fill("COALESCE({0}, '')", &[sql], Precedence::Term));
    }
    Ok(join_texts(cx, parts))
}

/// Any value as text.
pub(crate) fn as_text(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    let sql = expr(cx, value)?;
    match value.column_type() {
        Some(ty) if ty.family() == Family::Text => Ok(sql),
        from => crate::query::convert(cx, sql, from, &ColumnType::Text),
    }
}

const JOINED: Templates = Templates::of("||", "||", "CONCAT");

/// Concatenates strings; NULL if one of them is NULL.
pub(crate) fn join_texts(cx: &Context<'_>, parts: Vec<Sql>) -> Sql {
    if JOINED.pick(cx.features.dialect) == Some("||") {
        let operands: Vec<Sql> = parts
            .into_iter()
            .map(|part| cx.join.operand(part))
            .collect();
        cx.join.list(operands, " || ", Precedence::Operator)
    } else {
        cx.join.fill("CONCAT({*})", &parts, Precedence::Term)
    }
}
