//! Lists of values. One of any length is one placeholder, so that a plan does not depend on the
//! length; where lists are no arrays, a short one is as many placeholders as its padded size says,
//! by which every server finds rows in an index.

use sea_query::Expr as SeaExpr;

use crate::dialect::Dialect;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::plan::Form;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::{ColumnType, Family};

/// A list param and the type of its items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListColumn<'a> {
    pub(crate) param: u32,
    pub(crate) ty: &'a ColumnType,
}

/// `left` equals an item of the list.
pub(super) fn is_in(cx: &mut Context<'_>, left: Sql, list: ListColumn<'_>) -> Sql {
    if cx.features.unnest {
        let array = cx.placeholder(list.param, list.ty, Form::Array);
        return cx
            .join
            .fill("{0!} = ANY({1})", &[left, array], Precedence::Compare);
    }
    let rows = if list.ty.family() == Family::Json {
        documents(cx, list)
    } else {
        list_rows(cx, &[list])
    };
    cx.join
        .fill("{0!} IN ({1})", &[left, rows], Precedence::Compare)
}

/// `left` equals an item of a list that has at most `size` items; `None` where it is to be sent as
/// one placeholder.
pub(super) fn is_in_items(
    cx: &mut Context<'_>,
    left: &Sql,
    list: ListColumn<'_>,
    size: i64,
) -> Option<Sql> {
    let family = list.ty.family();
    let compared_otherwise =
        family == Family::Json || (family == Family::DateTime && cx.features.moment_as_text);
    if cx.features.unnest || compared_otherwise {
        return None;
    }
    let items: Vec<Sql> = (0..u32::try_from(size).ok()?)
        .map(|at| cx.placeholder(list.param, list.ty, Form::Item(at)))
        .collect();
    let items = cx.join.list(items, ", ", Precedence::Or);
    let parts = [left.clone(), items];
    Some(cx.join.fill("{0!} IN ({1})", &parts, Precedence::Compare))
}

/// The days between which the text of a date and time must be for it to be in the list, which an
/// index can serve, unlike the comparison itself.
pub(super) fn days_of(
    cx: &mut Context<'_>,
    operand: &Expr,
    list: ListColumn<'_>,
) -> Result<Option<Sql>, SqlError> {
    if !cx.features.moment_as_text
        || list.ty.family() != Family::DateTime
        || !matches!(operand, Expr::Column { .. })
    {
        return Ok(None);
    }
    let column = expr(cx, operand)?;
    let mut list = || cx.placeholder(list.param, list.ty, Form::JsonList);
    let parts = [column, list(), list()];
    // No day follows the last year: use a string that sorts after all digits.
    let days = "{0} >= (SELECT date(min(value), '-1 day') FROM json_each({1})) \
                AND {0} < (SELECT coalesce(date(max(value), '+2 days'), ':') FROM json_each({2}))";
    Ok(Some(cx.join.fill(days, &parts, Precedence::And)))
}

/// The documents of a list, each of which is sent as a string, in the form of `distinct_key`.
fn documents(cx: &mut Context<'_>, list: ListColumn<'_>) -> Sql {
    let query = match cx.features.dialect {
        Dialect::Postgres | Dialect::Sqlite => "SELECT value FROM json_each({0})",
        Dialect::Mysql => {
            "SELECT CAST(l0.v AS JSON) FROM \
             JSON_TABLE({0}, '$[*]' COLUMNS (v LONGTEXT PATH '$')) AS l0"
        }
        Dialect::Mariadb => {
            "SELECT JSON_NORMALIZE(l0.v) FROM \
             JSON_TABLE({0}, '$[*]' COLUMNS (v LONGTEXT PATH '$')) AS l0"
        }
    };
    let json = cx.placeholder(list.param, list.ty, Form::JsonList);
    cx.join.fill(query, &[json], Precedence::Or)
}

/// A query whose rows are the items of the lists, in parallel.
pub(crate) fn list_rows(cx: &mut Context<'_>, lists: &[ListColumn<'_>]) -> Sql {
    match cx.features.dialect {
        Dialect::Postgres => {
            let arrays: Vec<Sql> = lists
                .iter()
                .map(|list| cx.placeholder(list.param, list.ty, Form::Array))
                .collect();
            cx.join
                .fill("SELECT * FROM UNNEST({*})", &arrays, Precedence::Or)
        }
        Dialect::Sqlite => sqlite(cx, lists),
        Dialect::Mysql | Dialect::Mariadb => mysql(cx, lists),
    }
}

/// Whether a statement has two parallel lists, so that their items need positions.
fn several(lists: &[ListColumn<'_>]) -> bool {
    lists.len() > 1
}

fn sqlite(cx: &mut Context<'_>, lists: &[ListColumn<'_>]) -> Sql {
    let mut columns = Vec::new();
    let mut sources = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        let value = match list.ty.family() {
            Family::Bytes => "unhex(value)",
            // SQLite reads some numbers in JSON text inexactly.
            Family::Float => "oxyde_double(value)",
            Family::Json | Family::Array => "json(value)",
            _ => "value",
        };
        let json = cx.placeholder(list.param, list.ty, Form::JsonList);
        if several(lists) {
            columns.push(Sql::text(value.replace("value", &format!("l{i}.value"))));
            let on = if i == 0 {
                String::new()
            } else {
                format!(" ON l{i}.key = l0.key")
            };
            let end = SeaExpr::Custom(format!(") AS l{i}{on}").into());
            let parts = vec![SeaExpr::Custom("json_each(".into()), json.expr(), end];
            sources.push(cx.join.sequence(parts, Precedence::Term));
        } else {
            columns.push(Sql::text(value));
            sources.push(cx.join.fill("json_each({0})", &[json], Precedence::Term));
        }
    }
    select(cx, columns, sources)
}

fn mysql(cx: &mut Context<'_>, lists: &[ListColumn<'_>]) -> Sql {
    let mut columns = Vec::new();
    let mut sources = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        let (ty, value) = list.ty.json_table(cx.features.dialect);
        let position = if several(lists) {
            "n FOR ORDINALITY, "
        } else {
            ""
        };
        let on = if i == 0 {
            String::new()
        } else {
            format!(" ON l{i}.n = l0.n")
        };
        let json = cx.placeholder(list.param, list.ty, Form::JsonList);
        let table = format!(", '$[*]' COLUMNS ({position}v {ty} PATH '$')) AS l{i}{on}");
        columns.push(Sql::text(value.replace("{0}", &format!("l{i}.v"))));
        sources.push(cx.join.sequence(
            vec![
                SeaExpr::Custom("JSON_TABLE(".into()),
                json.expr(),
                SeaExpr::Custom(table.into()),
            ],
            Precedence::Term,
        ));
    }
    select(cx, columns, sources)
}

fn select(cx: &Context<'_>, columns: Vec<Sql>, sources: Vec<Sql>) -> Sql {
    let columns = cx.join.list(columns, ", ", Precedence::Or);
    let sources = cx.join.list(sources, " JOIN ", Precedence::Or);
    cx.join
        .fill("SELECT {0} FROM {1}", &[columns, sources], Precedence::Or)
}
