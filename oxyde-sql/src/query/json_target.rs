//! The target of an update of a part of a JSON document: the existing containers determine whether
//! a number is a key or an index, and without a place for the value the document stays unchanged.

use std::fmt::Write;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use super::json_path::{encoded, step_to, steps, whole};
use crate::dialect::{JsonPathStyle, Templates, quote_text};
use crate::error::SqlError;
use crate::ir::{Expr, PathItem};

/// Maximum number of numbers in a path whose containers are checked by an expression in the path.
const MOST_NUMBERS: usize = 4;

/// The path for the functions that write; `before` is the document before the statement,
/// and `within` means that the value is put into the existing container.
pub(crate) fn json_target(
    cx: &mut Context<'_>,
    before: &Expr,
    path: &[PathItem],
    within: bool,
) -> Result<Sql, SqlError> {
    if path.iter().any(|item| matches!(item, PathItem::Index(_))) {
        return Err(SqlError::Invalid {
            what: "an update of a JSON path with an index that counts from the end",
            hint: "use an index of 0 or more",
        });
    }
    match cx.features.json_path_style() {
        JsonPathStyle::Array => guarded(cx, before, path, within),
        JsonPathStyle::Hash => Ok(Sql::text(quote_text(&encoded(path)?, cx.features.dialect))),
        JsonPathStyle::Last | JsonPathStyle::NoEnd => asked(cx, before, path, within),
    }
}

fn part(cx: &mut Context<'_>, before: &Expr, path: &[PathItem]) -> Result<Sql, SqlError> {
    if path.is_empty() {
        return expr(cx, before);
    }
    let operand = expr(cx, before)?;
    let steps = steps(cx, path)?;
    let part = "({0!} #> {1})";
    Ok(cx.join.fill(part, &[operand, steps], Precedence::Term))
}

/// PostgreSQL's path: an empty one, which writes nothing, if a container is of another kind.
fn guarded(
    cx: &mut Context<'_>,
    before: &Expr,
    path: &[PathItem],
    within: bool,
) -> Result<Sql, SqlError> {
    let mut conditions = Vec::with_capacity(path.len());
    for (at, item) in path.iter().enumerate() {
        let container = part(cx, before, &path[..at])?;
        let is_object = "COALESCE(JSONB_TYPEOF({0}), 'object') = 'object'";
        let last = at + 1 == path.len() && !within;
        conditions.push(match item {
            PathItem::Member { .. } if last => cx.join.fill(
                "COALESCE(JSONB_TYPEOF({0}), 'object') IN ('object', 'array')",
                &[container],
                Precedence::Compare,
            ),
            PathItem::Member { number, .. } => cx.join.fill(
                "CASE WHEN JSONB_TYPEOF({0}) = 'array' THEN JSONB_ARRAY_LENGTH({0}) >= {1} \
                 ELSE COALESCE(JSONB_TYPEOF({0}), 'object') = 'object' END",
                &[container, Sql::text(number.to_string())],
                Precedence::Term,
            ),
            _ => cx.join.fill(is_object, &[container], Precedence::Compare),
        });
    }
    let conditions = cx.join.list(conditions, " AND ", Precedence::And);
    let parts = [conditions, steps(cx, path)?, whole(cx)];
    let path = "CASE WHEN {0} THEN CAST({1} AS TEXT[]) ELSE CAST({2} AS TEXT[]) END";
    Ok(cx.join.fill(path, &parts, Precedence::Term))
}

const IS_LIST: Templates = Templates::of(
    "",
    "",
    "COALESCE(JSON_TYPE(JSON_EXTRACT({0}, {1})) COLLATE utf8mb4_bin, {2}) = 'ARRAY'",
)
.mariadb("COALESCE(JSON_TYPE(JSON_EXTRACT({0}, {1})), {2}) = 'ARRAY'");

/// MySQL's path, assembled from what the document says about each number.
fn asked(
    cx: &mut Context<'_>,
    before: &Expr,
    path: &[PathItem],
    within: bool,
) -> Result<Sql, SqlError> {
    let numbers = |item: &&PathItem| matches!(item, PathItem::Member { .. });
    if path.iter().filter(numbers).count() > MOST_NUMBERS {
        return Err(SqlError::Invalid {
            what: "an update of a JSON path with more than four numbers",
            hint: "set the enclosing part as a whole",
        });
    }
    let mut written = vec![];
    let mut text = String::from("$");
    for (at, item) in path.iter().enumerate() {
        match item {
            PathItem::Key(key) => step_to(cx, &mut text, key)?,
            PathItem::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
            PathItem::Member { number, list } => {
                if !text.is_empty() {
                    written.push(literal(cx, &std::mem::take(&mut text)));
                }
                let here = joined(cx, &written);
                let made = if *list { "'ARRAY'" } else { "'OBJECT'" };
                let document = expr(cx, before)?;
                let asked = [document.clone(), here.clone(), Sql::text(made)];
                let mut is_list =
                    cx.template(&IS_LIST, &asked, Precedence::Compare, "JSON updates")?;
                if within || at + 1 < path.len() {
                    let parts = [is_list, document, here, Sql::text(number.to_string())];
                    let long = "{0} AND COALESCE(JSON_LENGTH({1}, {2}), {3}) >= {3}";
                    is_list = cx.join.fill(long, &parts, Precedence::And);
                }
                let choice = [
                    is_list,
                    literal(cx, &format!("[{number}]")),
                    literal(cx, &format!(".\"{number}\"")),
                ];
                written.push(cx.join.fill("IF({0}, {1}, {2})", &choice, Precedence::Term));
            }
        }
    }
    if !text.is_empty() {
        written.push(literal(cx, &text));
    }
    Ok(joined(cx, &written))
}

fn literal(cx: &Context<'_>, text: &str) -> Sql {
    Sql::text(quote_text(text, cx.features.dialect))
}

fn joined(cx: &Context<'_>, parts: &[Sql]) -> Sql {
    match parts {
        [only] => only.clone(),
        parts => cx.join.fill("CONCAT({*})", parts, Precedence::Term),
    }
}
