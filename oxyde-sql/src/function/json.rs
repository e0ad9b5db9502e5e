use super::{Call, Function, Rendering, function, template};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::query::{Context, Level, Sql, expr, json_steps};
use crate::types::{ColumnType, Families, Family};

const JSON: Families = Families::of(&[Family::Json]);
const ANY: Families = Families::ANY;

pub(super) const FUNCTIONS: &[Function] = &[
    template(
        "json_type",
        (1, 1),
        JSON,
        "text: the database's own word for the kind of document",
        Templates::of("JSONB_TYPEOF({0})", "json_type({0})", "JSON_TYPE({0})"),
    ),
    template(
        "json_array_length",
        (1, 1),
        JSON,
        "big_int",
        Templates::of(
            "JSONB_ARRAY_LENGTH({0})",
            "json_array_length({0})",
            "JSON_LENGTH({0})",
        ),
    ),
    template(
        "json_merge",
        (2, 2),
        JSON,
        "json: the members of both, the second's win",
        Templates::of(
            "({0!} || {1!})",
            "json_patch({0}, {1})",
            "JSON_MERGE_PATCH({0}, {1})",
        ),
    ),
    template(
        "json_object",
        (0, 0),
        ANY,
        "json: an object without members",
        Templates::of("JSONB_BUILD_OBJECT()", "json_object()", "JSON_OBJECT()"),
    ),
    template(
        "json_array",
        (0, 0),
        ANY,
        "json: a list without items",
        Templates::of("JSONB_BUILD_ARRAY()", "json_array()", "JSON_ARRAY()"),
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
        "json: the document of a JSON path, with a document there, unless another document has \
         something there: (path, other, value)",
        Rendering::With(json_insert),
    ),
    function(
        "json_set",
        (2, 2),
        ANY,
        "json: the document of a JSON path, with a new value there: (path, value)",
        Rendering::With(json_set),
    ),
    function(
        "json_remove",
        (1, 1),
        ANY,
        "json: the document of a JSON path, without what is there",
        Rendering::With(json_remove),
    ),
];

/// `{0}` is the document, `{1}` the path, `{2}` the value as JSON or as it is.
const SET: Templates = Templates::of(
    "JSONB_SET({0}, {1}, {2})",
    "json_set({0}, {1}, {2})",
    "JSON_SET({0}, {1}, {2})",
);
/// As `SET`; `{3}` is the document that is asked. It is that of `{0}` as it was before, which keeps
/// the statement short where several calls stand in each other.
const INSERT: Templates = Templates::of(
    "JSONB_SET({0}, {1}, COALESCE({3!} #> {1}, {2}))",
    "json_insert({0}, {1}, {2})",
    "JSON_INSERT({0}, {1}, {2})",
);
const OR: Templates = Templates::same("COALESCE({0}, {1})");
const REMOVE: Templates = Templates::of(
    "({0!} #- {1})",
    "json_remove({0}, {1})",
    "JSON_REMOVE({0}, {1})",
);

/// A value as it is stored in a document.
const DOCUMENT: Templates =
    Templates::of("{0}", "json({0})", "CAST({0} AS JSON)").mariadb("JSON_EXTRACT({0}, '$')");
const TRUTH: Templates = Templates::of(
    "COALESCE(TO_JSONB({0}), 'null')",
    "json(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END)",
    "CAST(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END AS JSON)",
)
.mariadb("JSON_EXTRACT(CASE WHEN {0} THEN 'true' WHEN NOT {0!} THEN 'false' ELSE 'null' END, '$')");
const NULL: Templates = Templates::of("CAST('null' AS JSONB)", "NULL", "NULL");
/// A NULL in SQL is a null in the document: PostgreSQL would make the whole document NULL.
const PLAIN: Templates = Templates::of("COALESCE(TO_JSONB({0}), 'null')", "{0}", "{0}");

/// The document and the steps of the first argument, which is a JSON path.
fn target(cx: &mut Context<'_>, call: &Call<'_>) -> Result<(Sql, Sql), SqlError> {
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
    Ok((expr(cx, operand)?, json_steps(cx, path)?))
}

fn json_set(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, steps) = target(cx, call)?;
    let value = &call.arguments[1];
    let sql = expr(cx, value)?;
    let templates = match value.column_type().map(ColumnType::family) {
        Some(Family::Json) => &DOCUMENT,
        Some(Family::Array) if !cx.features.native_arrays => &DOCUMENT,
        Some(Family::Bool) => &TRUTH,
        Some(_) => &PLAIN,
        None => &NULL,
    };
    let sql = cx.template(templates, &[sql], Level::Term, call.function.name)?;
    cx.template(
        &SET,
        &[document, steps, sql],
        Level::Term,
        call.function.name,
    )
}

fn json_or(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let document = expr(cx, &call.arguments[0])?;
    let otherwise = expr(cx, &call.arguments[1])?;
    cx.template(&OR, &[document, otherwise], Level::Term, call.function.name)
}

fn json_insert(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, steps) = target(cx, call)?;
    let other = expr(cx, &call.arguments[1])?;
    let value = expr(cx, &call.arguments[2])?;
    let value = cx.template(&DOCUMENT, &[value], Level::Term, call.function.name)?;
    cx.template(
        &INSERT,
        &[document, steps, value, other],
        Level::Term,
        call.function.name,
    )
}

fn json_remove(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let (document, steps) = target(cx, call)?;
    cx.template(&REMOVE, &[document, steps], Level::Term, call.function.name)
}
