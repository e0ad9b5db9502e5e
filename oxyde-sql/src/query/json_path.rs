//! Parts of JSON documents.

use std::fmt::Write;

use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Level, Sql};
use crate::dialect::{JsonPathStyle, Templates, quote_text};
use crate::error::SqlError;
use crate::ir::{Expr, PathItem};
use crate::types::{ColumnType, Family};

/// The part at a path, read as `ty`; NULL where the document has none, or one of another kind.
pub(super) fn json_path(
    cx: &mut Context<'_>,
    operand: &Expr,
    path: &[PathItem],
    ty: &ColumnType,
) -> Result<Sql, SqlError> {
    let from = operand.column_type().map(ColumnType::family);
    let document = expr(cx, operand)?;
    if from == Some(Family::Array) && cx.features.native_arrays {
        return array_item(cx, document, path);
    }
    if from.is_some_and(|family| !matches!(family, Family::Json | Family::Array)) {
        return Err(SqlError::WrongFamily {
            kind: "operator",
            name: "JSON path",
            family: from.unwrap_or(Family::Json),
        });
    }
    let document = if cx.features.json_scalar_is_list {
        lists_only(cx, document, path, from == Some(Family::Array))?
    } else {
        document
    };
    let steps = steps(cx, path)?;
    let form = match ty.family() {
        Family::Json | Family::Array => &PART,
        Family::Int | Family::Interval => &INT,
        Family::Float => &FLOAT,
        Family::Bool => &BOOL,
        Family::Decimal => &DECIMAL,
        _ => &TEXT,
    };
    let sql = cx.template(form, &[document, steps], Level::Term, "JSON paths")?;
    Ok(match ty.family() {
        Family::Text
        | Family::Json
        | Family::Int
        | Family::Float
        | Family::Bool
        | Family::Decimal => sql,
        _ if cx.features.native_arrays => cx.cast(sql, ty),
        _ => sql,
    })
}

/// `{0}` is the document, `{1}` the path as a literal.
const PART: Templates = Templates::of("({0!} #> {1})", "({0!} -> {1})", "JSON_EXTRACT({0}, {1})");
/// Texts only: the number 1 is not the text "1".
const TEXT: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0!} #> {1}) = 'string' THEN {0!} #>> {1} END",
    "CASE WHEN json_type({0}, {1}) = 'text' THEN {0!} ->> {1} END",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'STRING' THEN \
     JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_0900_bin END",
)
.mariadb(
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) = 'STRING' THEN \
     JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_nopad_bin END",
);
const FLOAT: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0!} #> {1}) = 'number' THEN CAST({0!} #>> {1} AS DOUBLE PRECISION) \
     END",
    "CASE WHEN json_type({0}, {1}) IN ('integer', 'real') THEN CAST({0!} ->> {1} AS REAL) END",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin IN ('INTEGER', \
     'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN \
     CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DOUBLE) END",
)
.mariadb(
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) IN ('INTEGER', \
     'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN \
     CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DOUBLE) END",
);
/// Whole numbers only: 1.5 is no integer, and is not made one.
const INT: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0!} #> {1}) = 'number' THEN CASE WHEN \
     CAST({0!} #>> {1} AS NUMERIC) % 1 = 0 THEN \
     CAST(CAST({0!} #>> {1} AS NUMERIC) AS BIGINT) END END",
    "CASE WHEN json_type({0}, {1}) IN ('integer', 'real') THEN CASE WHEN {0!} ->> {1} = \
     CAST({0!} ->> {1} AS INTEGER) THEN CAST({0!} ->> {1} AS INTEGER) END END",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin IN ('INTEGER', \
     'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN JSON_EXTRACT({0}, {1}) % 1 = 0 THEN \
     CAST(JSON_EXTRACT({0}, {1}) AS SIGNED) END END",
)
.mariadb(
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) IN ('INTEGER', \
     'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN JSON_EXTRACT({0}, {1}) % 1 = 0 THEN \
     CAST(JSON_EXTRACT({0}, {1}) AS SIGNED) END END",
);
const BOOL: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0!} #> {1}) = 'boolean' THEN CAST({0!} #>> {1} AS BOOLEAN) END",
    "CASE WHEN json_type({0}, {1}) IN ('true', 'false') THEN {0!} ->> {1} END",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'BOOLEAN' THEN \
     JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'true' END",
)
.mariadb(
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) = 'BOOLEAN' THEN \
     JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'true' END",
);
/// A number, or a text that is one: Pydantic writes decimals as texts.
const DECIMAL: Templates = Templates::of(
    "CASE WHEN {0!} #>> {1} ~ '^(-|)[0-9]+([.][0-9]+|)([eE](-|[+]|)[0-9]+|)$' THEN \
     CAST({0!} #>> {1} AS NUMERIC) END",
    "CASE WHEN {0!} ->> {1} REGEXP '^(-|)[0-9]+([.][0-9]+|)([eE](-|[+]|)[0-9]+|)$' THEN \
     oxyde_decimal_cast({0!} ->> {1}) END",
    "CASE WHEN JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin REGEXP \
     '^(-|)[0-9]+([.][0-9]+|)([eE](-|[+]|)[0-9]+|)$' THEN \
     CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DECIMAL(65,30)) END",
);

/// The document where every index of the path meets a list. MySQL takes a scalar for a list of
/// one, so that `[0]` of 5 would be 5.
fn lists_only(
    cx: &mut Context<'_>,
    document: Sql,
    path: &[PathItem],
    is_list: bool,
) -> Result<Sql, SqlError> {
    let mut document = document;
    for (position, item) in path.iter().enumerate() {
        if !matches!(item, PathItem::Index(_)) || (position == 0 && is_list) {
            continue;
        }
        let before = if position == 0 {
            Sql::text(quote_text("$", cx.features.dialect))
        } else {
            steps(cx, &path[..position])?
        };
        document = cx.template(&LIST_AT, &[document, before], Level::Term, "JSON paths")?;
    }
    Ok(document)
}

const LIST_AT: Templates = Templates::of(
    "",
    "",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'ARRAY' THEN {0} END",
)
.mariadb("CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) = 'ARRAY' THEN {0} END");

/// The path as the dialect writes it, as a literal.
pub(crate) fn steps(cx: &Context<'_>, path: &[PathItem]) -> Result<Sql, SqlError> {
    if path.is_empty() {
        return Err(SqlError::Invalid {
            what: "a JSON path without a step",
            hint: "name at least one key or index",
        });
    }
    let style = cx.features.json_path_style();
    let as_array = style == JsonPathStyle::Array;
    let mut text = String::from(if as_array { "{" } else { "$" });
    for (i, item) in path.iter().enumerate() {
        if as_array && i > 0 {
            text.push(',');
        }
        match item {
            PathItem::Index(index) if as_array => text.push_str(&index.to_string()),
            PathItem::Index(index) if *index >= 0 => {
                let _ = write!(text, "[{index}]");
            }
            PathItem::Index(index) => match (style, index + 1) {
                (JsonPathStyle::Hash, _) => {
                    let _ = write!(text, "[#{index}]");
                }
                (JsonPathStyle::Last, 0) => text.push_str("[last]"),
                (JsonPathStyle::Last, back) => {
                    let _ = write!(text, "[last{back}]");
                }
                (JsonPathStyle::Array | JsonPathStyle::NoEnd, _) => {
                    return Err(cx.unsupported("JSON indexes counted from the end"));
                }
            },
            PathItem::Key(key) => {
                if key.contains('\0') {
                    return Err(SqlError::BadName { name: key.clone() });
                }
                if !as_array {
                    text.push('.');
                }
                quote_key(&mut text, key);
            }
        }
    }
    if as_array {
        text.push('}');
    }
    Ok(Sql::text(quote_text(&text, cx.features.dialect)))
}

/// The key in double quotes, as all dialects take it.
fn quote_key(text: &mut String, key: &str) {
    text.push('"');
    for c in key.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

/// An item of a native array, from 0; negative indexes count from the end.
fn array_item(cx: &Context<'_>, array: Sql, path: &[PathItem]) -> Result<Sql, SqlError> {
    let [PathItem::Index(index)] = path else {
        return Err(SqlError::Invalid {
            what: "a path of more than one step into an array",
            hint: "use one index",
        });
    };
    let array = cx.join.brackets(array);
    let position = if *index >= 0 {
        format!("[{}]", index.saturating_add(1))
    } else {
        let parts = vec![
            array.clone().expr(),
            SeaExpr::Custom("[CARDINALITY".into()),
            array.expr(),
            SeaExpr::Custom(format!(" - {}]", index.unsigned_abs() - 1).into()),
        ];
        return Ok(cx.join.sequence(parts, Level::Term));
    };
    let parts = vec![array.expr(), SeaExpr::Custom(position.into())];
    Ok(cx.join.sequence(parts, Level::Term))
}
