use super::{ANY_NUMBER, Call, Function, Rendering, function, template};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Expr, PathItem};
use crate::query::{Context, Precedence, Sql, expr, json_steps, json_target};
use crate::types::{ColumnType, Families, Family};

const JSON: Families = Families::of(&[Family::Json]);
const ANY: Families = Families::ANY;

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "json_object",
        (0, ANY_NUMBER),
        ANY,
        "json: an object: (key, value, key, value …)",
        Rendering::With(json_object),
    ),
    function(
        "json_array",
        (0, ANY_NUMBER),
        ANY,
        "json: a list of the arguments",
        Rendering::With(json_array),
    ),
    function(
        "json_or",
        (2, 2),
        JSON,
        "json: the first document, or the second where it is NULL",
        Rendering::With(json_or),
    ),
    function(
        "json_insert",
        (3, 3),
        ANY,
        "json: the document of a JSON path, with a document there unless something is there: \
         (path, the document as it was before the statement, value)",
        Rendering::With(json_insert),
    ),
    function(
        "json_set",
        (3, 3),
        ANY,
        "json: the document of a JSON path, with a new value there: (path, the document as it \
         was before the statement, value)",
        Rendering::With(json_set),
    ),
    function(
        "json_null",
        (0, 0),
        ANY,
        "json: a null",
        Rendering::Template(
            Templates::of("CAST('null' AS JSONB)", "'null'", "CAST('null' AS JSON)")
                .mariadb("'null'"),
        ),
    ),
    template(
        "json_text",
        (1, 1),
        JSON,
        "text: a JSON string as it is, NULL for null, any other value as JSON",
        Templates::of(
            "({0!} #>> ARRAY[]::TEXT[])",
            "CASE json_type({0}) WHEN 'text' THEN {0!} ->> '$' WHEN 'null' THEN NULL ELSE {0} END",
            "CASE WHEN JSON_TYPE({0}) COLLATE utf8mb4_bin <> 'NULL' THEN \
             JSON_UNQUOTE({0}) COLLATE utf8mb4_0900_bin END",
        )
        .mariadb(
            "CASE WHEN JSON_TYPE({0}) <> 'NULL' THEN JSON_UNQUOTE({0}) COLLATE utf8mb4_nopad_bin \
             END",
        ),
    ),
    function(
        "json_remove",
        (1, 1),
        ANY,
        "json: the document of a JSON path, without the value there",
        Rendering::With(json_remove),
    ),
];

/// `{0}` is the document, `{1}` the path, `{2}` the value.
const SET: Templates = Templates::of(
    "JSONB_SET({0}, {1}, {2})",
    "oxyde_json_put({0}, {1}, {2})",
    "JSON_SET({0}, {1}, {2})",
);
/// As `SET`; `{3}` is the existing value. SQLite's function creates missing containers itself.
const INSERT: Templates = Templates::of(
    "JSONB_SET({0}, {1}, COALESCE({3}, {2}))",
    "{0}",
    "JSON_INSERT({0}, {1}, {2})",
);
const OR: Templates = Templates::same("COALESCE({0}, {1})");
const REMOVE: Templates = Templates::of(
    "({0!} #- {1})",
    "json_remove({0}, {1})",
    "JSON_REMOVE({0}, {1})",
);

/// A value as stored in a document: NULL is a null.
const DOCUMENT: Templates = Templates::of(
    "COALESCE({0}, 'null')",
    "COALESCE({0}, 'null')",
    "CAST({0} AS JSON)",
)
.mariadb("JSON_EXTRACT({0}, '$')");
const TRUTH: Templates = Templates::of(
    "COALESCE(TO_JSONB({0}), 'null')",
    "CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END",
    "CAST(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END AS JSON)",
)
.mariadb("JSON_EXTRACT(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END, '$')");
const NULL: Templates = Templates::of("CAST('null' AS JSONB)", "'null'", "NULL");
const NUMBER: Templates = Templates::of(
    "COALESCE(TO_JSONB({0}), 'null')",
    "COALESCE({0}, 'null')",
    "{0}",
);
/// A decimal is a string in a document, as Pydantic writes it.
const DECIMAL: Templates = Templates::of(
    "COALESCE(TO_JSONB(CAST({0} AS TEXT)), 'null')",
    "json_quote({0})",
    "CAST({0} AS CHAR)",
);
const PLAIN: Templates = Templates::of("COALESCE(TO_JSONB({0}), 'null')", "json_quote({0})", "{0}");

/// The document and the path of the first argument.
fn target<'c>(cx: &mut Context<'_>, call: &Call<'c>) -> Result<(Sql, &'c [PathItem]), SqlError> {
    let Some(Expr::JsonPath { operand, path, .. }) = call.arguments.first() else {
        return Err(SqlError::Argument {
            kind: "function",
            name: call.function.name,
            takes: "a path into a JSON document",
        });
    };
    let family = operand.column_type().map(ColumnType::family);
    if let Some(family) = family.filter(|family| *family != Family::Json) {
        return Err(SqlError::WrongFamily {
            kind: "function",
            name: call.function.name,
            family,
        });
    }
    Ok((expr(cx, operand)?, path))
}

/// Values whose text in a document is the one that Pydantic writes.
const MEMBER_MOMENT: Templates = Templates::of(
    "TO_CHAR({0}, CASE WHEN EXTRACT(MICROSECONDS FROM {0})::BIGINT % 1000000 = 0 \
     THEN 'YYYY-MM-DD\"T\"HH24:MI:SS' ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US' END)",
    "replace(oxyde_moment({0}), ' ', 'T')",
    "DATE_FORMAT({0}, IF(MICROSECOND({0}) = 0, '%Y-%m-%dT%H:%i:%s', '%Y-%m-%dT%H:%i:%s.%f'))",
);
const MEMBER_AWARE: Templates = Templates::of(
    "TO_CHAR({0!} AT TIME ZONE 'UTC', \
     CASE WHEN EXTRACT(MICROSECONDS FROM {0})::BIGINT % 1000000 = 0 \
     THEN 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"' ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"' END)",
    "replace(oxyde_moment({0}), ' ', 'T') || 'Z'",
    "DATE_FORMAT({0}, IF(MICROSECOND({0}) = 0, '%Y-%m-%dT%H:%i:%sZ', '%Y-%m-%dT%H:%i:%s.%fZ'))",
);
const MEMBER_TIME: Templates = Templates::of(
    "TO_CHAR({0}, CASE WHEN EXTRACT(MICROSECONDS FROM {0})::BIGINT % 1000000 = 0 \
     THEN 'HH24:MI:SS' ELSE 'HH24:MI:SS.US' END)",
    "{0}",
    "TIME_FORMAT({0}, IF(MICROSECOND({0}) = 0, '%H:%i:%s', '%H:%i:%s.%f'))",
);
const MEMBER_DECIMAL: Templates = Templates::of(
    "CAST({0} AS TEXT)",
    "oxyde_decimal_cast({0})",
    "CAST({0} AS CHAR)",
);
const MEMBER_TRUTH: Templates = Templates::of(
    "{0}",
    "json(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END)",
    "CAST(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END AS JSON)",
)
.mariadb("JSON_EXTRACT(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' END, '$')");
/// MariaDB refuses to join strings of several collations, unless one is explicit.
const MEMBER_TEXT: Templates =
    Templates::same("{0}").mariadb("CONVERT({0} USING utf8mb4) COLLATE utf8mb4_bin");
const MEMBER_DOCUMENT: Templates =
    Templates::of("{0}", "json({0})", "{0}").mariadb("JSON_EXTRACT({0}, '$')");

/// A value as a member of a document that the server builds.
pub(crate) fn as_member(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    let sql = expr(cx, value)?;
    let templates = match value.column_type().map(ColumnType::family) {
        Some(Family::Json) => &MEMBER_DOCUMENT,
        Some(Family::Array) if !cx.features.native_arrays => &MEMBER_DOCUMENT,
        Some(Family::Bool) => &MEMBER_TRUTH,
        Some(Family::Decimal) => &MEMBER_DECIMAL,
        Some(Family::Time) => &MEMBER_TIME,
        Some(Family::DateTime) if value.column_type() == Some(&ColumnType::TimestampTz) => {
            &MEMBER_AWARE
        }
        Some(Family::DateTime) => &MEMBER_MOMENT,
        Some(Family::Text | Family::Enum | Family::Uuid | Family::Inet) => &MEMBER_TEXT,
        _ => return Ok(sql),
    };
    cx.template(templates, &[sql], Precedence::Term, "values in JSON")
}

/// A document as a member of another one.
pub(crate) fn document_member(cx: &Context<'_>, sql: Sql) -> Result<Sql, SqlError> {
    cx.template(&MEMBER_DOCUMENT, &[sql], Precedence::Term, "values in JSON")
}

fn json_object(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const OBJECT: Templates = Templates::of(
        "JSONB_BUILD_OBJECT({*})",
        "json_object({*})",
        "JSON_OBJECT({*})",
    );
    if call.arguments.len() % 2 == 1 {
        return Err(SqlError::Argument {
            kind: "function",
            name: call.function.name,
            takes: "a value after each key",
        });
    }
    let mut parts = Vec::with_capacity(call.arguments.len());
    for pair in call.arguments.chunks_exact(2) {
        let key = expr(cx, &pair[0])?;
        parts.push(cx.template(&MEMBER_TEXT, &[key], Precedence::Term, call.function.name)?);
        parts.push(as_member(cx, &pair[1])?);
    }
    cx.template(&OBJECT, &parts, Precedence::Term, call.function.name)
}

fn json_array(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    const ARRAY: Templates = Templates::of(
        "JSONB_BUILD_ARRAY({*})",
        "json_array({*})",
        "JSON_ARRAY({*})",
    );
    let mut parts = Vec::with_capacity(call.arguments.len());
    for value in call.arguments {
        parts.push(as_member(cx, value)?);
    }
    cx.template(&ARRAY, &parts, Precedence::Term, call.function.name)
}

fn json_set(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, path) = target(cx, call)?;
    let steps = json_target(cx, &call.arguments[1], path, false)?;
    let value = &call.arguments[2];
    let sql = expr(cx, value)?;
    let templates = match value.column_type().map(ColumnType::family) {
        Some(Family::Json) => &DOCUMENT,
        Some(Family::Array) if !cx.features.native_arrays => &DOCUMENT,
        Some(Family::Bool) => &TRUTH,
        Some(Family::Int | Family::Float) => &NUMBER,
        Some(Family::Decimal) => &DECIMAL,
        Some(_) => &PLAIN,
        None => &NULL,
    };
    let sql = cx.template(templates, &[sql], Precedence::Term, call.function.name)?;
    cx.template(
        &SET,
        &[document, steps, sql],
        Precedence::Term,
        call.function.name,
    )
}

fn json_or(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let document = expr(cx, &call.arguments[0])?;
    let otherwise = expr(cx, &call.arguments[1])?;
    cx.template(
        &OR,
        &[document, otherwise],
        Precedence::Term,
        call.function.name,
    )
}

fn json_insert(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, path) = target(cx, call)?;
    let before = &call.arguments[1];
    let steps = json_target(cx, before, path, true)?;
    let there = Expr::JsonPath {
        operand: Box::new(before.clone()),
        path: path.to_vec(),
        ty: ColumnType::Json,
    };
    let there = expr(cx, &there)?;
    let value = expr(cx, &call.arguments[2])?;
    cx.template(
        &INSERT,
        &[document, steps, value, there],
        Precedence::Term,
        call.function.name,
    )
}

fn json_remove(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, path) = target(cx, call)?;
    let steps = json_steps(cx, path)?;
    cx.template(
        &REMOVE,
        &[document, steps],
        Precedence::Term,
        call.function.name,
    )
}
