//! Parts of JSON documents.

use std::fmt::Write;

use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use crate::dialect::{JsonPathStyle, Templates, quote_text};
use crate::error::SqlError;
use crate::ir::{Expr, PathItem};
use crate::types::{ColumnType, Family};

/// The part at a path, read as `ty`; NULL if it is missing or of another kind.
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
    let (document, steps) = place(cx, document, path, from == Some(Family::Array))?;
    let is_part = matches!(ty.family(), Family::Json | Family::Array);
    let Some(steps) = steps else {
        if is_part {
            return Ok(document);
        }
        let whole = whole(cx);
        return read(cx, document, whole, ty);
    };
    read(cx, document, steps, ty)
}

/// The path to the whole document.
pub(super) fn whole(cx: &Context<'_>) -> Sql {
    Sql::text(match cx.features.json_path_style() {
        JsonPathStyle::Array => "'{}'",
        JsonPathStyle::Hash | JsonPathStyle::Last | JsonPathStyle::NoEnd => "'$'",
    })
}

fn read(cx: &mut Context<'_>, document: Sql, steps: Sql, ty: &ColumnType) -> Result<Sql, SqlError> {
    let form = match ty.family() {
        Family::Json | Family::Array => &PART,
        Family::Int | Family::Interval => &INT,
        Family::Float => &FLOAT,
        Family::Bool => &BOOL,
        Family::Decimal => &DECIMAL,
        _ => &TEXT,
    };
    let sql = cx.template(form, &[document, steps], Precedence::Term, "JSON paths")?;
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
/// Strings only: the number 1 is not the string "1".
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
/// 64-bit integers only: 1.5 is not an integer and is not converted.
const INT: Templates = Templates::of(
    "CASE WHEN JSONB_TYPEOF({0!} #> {1}) = 'number' THEN CASE WHEN \
     CAST({0!} #>> {1} AS NUMERIC) % 1 = 0 AND CAST({0!} #>> {1} AS NUMERIC) BETWEEN \
     -9223372036854775808 AND 9223372036854775807 THEN \
     CAST(CAST({0!} #>> {1} AS NUMERIC) AS BIGINT) END END",
    "CASE WHEN json_type({0}, {1}) IN ('integer', 'real') THEN CASE WHEN {0!} ->> {1} = \
     CAST({0!} ->> {1} AS INTEGER) THEN CAST({0!} ->> {1} AS INTEGER) END END",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin IN ('INTEGER', \
     'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN JSON_EXTRACT({0}, {1}) % 1 = 0 AND \
     JSON_EXTRACT({0}, {1}) >= CAST('-9223372036854775808' AS JSON) AND \
     JSON_EXTRACT({0}, {1}) <= CAST('9223372036854775807' AS JSON) THEN CAST(JSON_EXTRACT({0}, {1}) AS SIGNED) END END",
)
.mariadb(
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) IN ('INTEGER', 'DOUBLE') THEN \
     CASE WHEN ABS(CAST(JSON_EXTRACT({0}, {1}) AS DOUBLE)) < 1e20 THEN \
     CASE WHEN CAST(JSON_EXTRACT({0}, {1}) AS DECIMAL(65,30)) % 1 = 0 AND \
     CAST(JSON_EXTRACT({0}, {1}) AS DECIMAL(65,30)) BETWEEN -9223372036854775808 AND \
     9223372036854775807 THEN CAST(CAST(JSON_EXTRACT({0}, {1}) AS DECIMAL(65,0)) AS SIGNED) \
     END END END",
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
/// A number, or a numeric string: Pydantic writes decimals as strings. MySQL has no decimals beyond
/// 35 digits: larger numbers become the largest possible decimal, which keeps their order.
const DECIMAL: Templates = Templates::of(
    "CASE WHEN {0!} #>> {1} ~ '^(-|)[0-9]+([.][0-9]+|)([eE](-|[+]|)[0-9][0-9]?[0-9]?[0-9]?|)$' THEN \
     CAST({0!} #>> {1} AS NUMERIC) END",
    "oxyde_json_decimal({0!} -> {1})",
    "CASE WHEN JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin REGEXP \
     '^(-|)[0-9]+([.][0-9]+|)([eE](-|[+]|)[0-9]+|)$' THEN \
     CASE WHEN ABS(CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DOUBLE)) BETWEEN 1e-30 AND 1e35 \
     THEN CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DECIMAL(65,30)) ELSE \
     SIGN(CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DOUBLE)) * \
     CASE WHEN ABS(CAST(JSON_UNQUOTE(JSON_EXTRACT({0}, {1})) AS DOUBLE)) < 1 THEN \
     0.000000000000000000000000000001 ELSE 99999999999999999999999999999999999 END END END",
);

/// Maximum number of interpretations of a path with numbers: each number doubles it.
const MOST_WAYS: usize = 16;

/// The document with the path as a literal; or the part itself, if no literal path
/// distinguishes keys from indexes as the containers do.
fn place(
    cx: &mut Context<'_>,
    document: Sql,
    path: &[PathItem],
    is_list: bool,
) -> Result<(Sql, Option<Sql>), SqlError> {
    let numbered = path
        .iter()
        .any(|item| matches!(item, PathItem::Member { .. }));
    match cx.features.json_path_style() {
        JsonPathStyle::Array if path.iter().any(is_strict) => {
            return Ok((walk(cx, document, path), None));
        }
        JsonPathStyle::Hash if numbered => {
            let path = Sql::text(quote_text(&encoded(path)?, cx.features.dialect));
            let part = "oxyde_json_at({0}, {1})";
            return Ok((
                cx.join.fill(part, &[document, path], Precedence::Term),
                None,
            ));
        }
        JsonPathStyle::Array | JsonPathStyle::Hash => {
            let steps = steps(cx, path)?;
            return Ok((document, Some(steps)));
        }
        JsonPathStyle::Last | JsonPathStyle::NoEnd => {}
    }
    let mut ways = ways(path)?;
    if ways.len() == 1 {
        let way = ways.remove(0);
        let document = lists_only(cx, document, &way, is_list)?;
        let steps = steps(cx, &way)?;
        return Ok((document, Some(steps)));
    }
    let mut parts = Vec::with_capacity(ways.len());
    for way in &ways {
        let document = lists_only(cx, document.clone(), way, is_list)?;
        let steps = steps(cx, way)?;
        parts.push(cx.join.fill(
            "JSON_EXTRACT({0}, {1})",
            &[document, steps],
            Precedence::Term,
        ));
    }
    Ok((
        cx.join.fill("COALESCE({*})", &parts, Precedence::Term),
        None,
    ))
}

/// Each interpretation of the numbers of a path: as keys, and as indexes. At most one matches a
/// document.
fn ways(path: &[PathItem]) -> Result<Vec<Vec<PathItem>>, SqlError> {
    let mut ways = vec![Vec::with_capacity(path.len())];
    for item in path {
        let PathItem::Member { number, .. } = item else {
            for way in &mut ways {
                way.push(item.clone());
            }
            continue;
        };
        let mut indexed = ways.clone();
        for way in &mut ways {
            way.push(PathItem::Key(number.to_string()));
        }
        for way in &mut indexed {
            way.push(PathItem::Index(i64::from(*number)));
        }
        ways.append(&mut indexed);
        if ways.len() > MOST_WAYS {
            return Err(SqlError::Invalid {
                what: "a JSON path with more than four numbers",
                hint: "specify which are keys and which are indexes",
            });
        }
    }
    Ok(ways)
}

/// The path as the functions for SQLite accept it: strings are keys, `[n]` is an index, and for a
/// number (followed by 1 if a missing container becomes a list) the container decides.
pub(super) fn encoded(path: &[PathItem]) -> Result<String, SqlError> {
    let mut text = String::from("[");
    for (at, item) in path.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match item {
            PathItem::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
            PathItem::Member { number, list } => {
                let _ = write!(text, "[{number},{}]", u8::from(*list));
            }
            PathItem::Key(key) => {
                no_nul(key)?;
                quote_key(&mut text, key);
            }
        }
    }
    text.push(']');
    Ok(text)
}

/// Whether PostgreSQL's `#>` might interpret the step differently: it reads a number as a key or an
/// index, depending on the container.
fn is_strict(item: &PathItem) -> bool {
    match item {
        PathItem::Index(_) => true,
        PathItem::Member { .. } => false,
        PathItem::Key(key) => {
            let digits = key.trim_start();
            let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

/// The part, step by step.
fn walk(cx: &Context<'_>, document: Sql, path: &[PathItem]) -> Sql {
    path.iter().fold(document, |document, item| {
        let step = match item {
            PathItem::Key(key) => format!(" -> {})", quote_text(key, cx.features.dialect)),
            // `->` treats a scalar as a list of one item.
            PathItem::Index(index) => {
                let item = "CASE WHEN JSONB_TYPEOF({0}) = 'array' THEN {0!} -> {1} END";
                let index = Sql::text(index.to_string());
                return cx.join.fill(item, &[document, index], Precedence::Term);
            }
            PathItem::Member { number, .. } => format!(" #> '{{{number}}}')"),
        };
        let parts = vec![
            SeaExpr::Custom("(".into()),
            cx.join.operand(document).expr(),
            SeaExpr::Custom(step.into()),
        ];
        cx.join.sequence(parts, Precedence::Term)
    })
}

/// The document, if every index of the path applies to a list. MySQL treats a scalar as a list of
/// one item, so `[0]` of 5 would be 5.
fn lists_only(
    cx: &mut Context<'_>,
    document: Sql,
    path: &[PathItem],
    is_list: bool,
) -> Result<Sql, SqlError> {
    let mut document = document;
    for (position, item) in path.iter().enumerate() {
        let first = matches!(item, PathItem::Index(index) if *index <= 0);
        if !first || (position == 0 && is_list) {
            continue;
        }
        let before = if position == 0 {
            Sql::text(quote_text("$", cx.features.dialect))
        } else {
            steps(cx, &path[..position])?
        };
        document = cx.template(
            &LIST_AT,
            &[document, before],
            Precedence::Term,
            "JSON paths",
        )?;
    }
    Ok(document)
}

const LIST_AT: Templates = Templates::of(
    "",
    "",
    "CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin = 'ARRAY' THEN {0} END",
)
.mariadb("CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {1})) = 'ARRAY' THEN {0} END");

/// The path in the dialect's syntax, as a literal.
pub(crate) fn steps(cx: &Context<'_>, path: &[PathItem]) -> Result<Sql, SqlError> {
    if path.is_empty() {
        return Err(SqlError::Invalid {
            what: "an empty JSON path",
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
                if as_array {
                    quote_element(&mut text, key)?;
                } else {
                    step_to(cx, &mut text, key)?;
                }
            }
            PathItem::Member { number, .. } if as_array => {
                let _ = write!(text, "{number}");
            }
            PathItem::Member { .. } => {
                return Err(cx.unsupported("JSON paths with numbers"));
            }
        }
    }
    if as_array {
        text.push('}');
    }
    Ok(Sql::text(quote_text(&text, cx.features.dialect)))
}

/// The step to a key: `."key"`.
pub(super) fn step_to(cx: &Context<'_>, text: &mut String, key: &str) -> Result<(), SqlError> {
    no_nul(key)?;
    // MariaDB finds nothing by `$."-1"`.
    if cx.features.json_path_style() == JsonPathStyle::NoEnd && key.starts_with('-') {
        return Err(cx.unsupported("JSON paths over keys that begin with `-`"));
    }
    text.push('.');
    quote_key(text, key);
    Ok(())
}

fn no_nul(key: &str) -> Result<(), SqlError> {
    if key.contains('\0') {
        return Err(SqlError::BadName {
            name: key.to_owned(),
        });
    }
    Ok(())
}

/// The key in double quotes, as in JSON.
fn quote_key(text: &mut String, key: &str) {
    text.push('"');
    for c in key.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            // In the form in which Oxyde writes keys: MariaDB distinguishes `\n` from `\u000a`.
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

/// The key as an element of a PostgreSQL array literal.
fn quote_element(text: &mut String, key: &str) -> Result<(), SqlError> {
    no_nul(key)?;
    text.push('"');
    for c in key.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    Ok(())
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
        return Ok(cx.join.sequence(parts, Precedence::Term));
    };
    let parts = vec![array.expr(), SeaExpr::Custom(position.into())];
    Ok(cx.join.sequence(parts, Precedence::Term))
}
