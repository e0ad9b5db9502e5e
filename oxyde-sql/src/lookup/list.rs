//! Lists of any length as one placeholder, so that a plan does not depend on the length.

use sea_query::Expr as SeaExpr;

use crate::dialect::Dialect;
use crate::plan::Form;
use crate::query::{Context, Level, Sql};
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
            .fill("{0!} = ANY({1})", &[left, array], Level::Compare);
    }
    let rows = list_rows(cx, &[list]);
    cx.join.fill("{0!} IN ({1})", &[left, rows], Level::Compare)
}

/// A query whose rows are the items of the lists, side by side.
pub(crate) fn list_rows(cx: &mut Context<'_>, lists: &[ListColumn<'_>]) -> Sql {
    match cx.features.dialect {
        Dialect::Postgres => {
            let arrays: Vec<Sql> = lists
                .iter()
                .map(|list| cx.placeholder(list.param, list.ty, Form::Array))
                .collect();
            cx.join
                .fill("SELECT * FROM UNNEST({*})", &arrays, Level::Or)
        }
        Dialect::Sqlite => sqlite(cx, lists),
        Dialect::Mysql | Dialect::Mariadb => mysql(cx, lists),
    }
}

/// Whether two lists are side by side in a statement; then their items need their positions.
fn several(lists: &[ListColumn<'_>]) -> bool {
    lists.len() > 1
}

fn sqlite(cx: &mut Context<'_>, lists: &[ListColumn<'_>]) -> Sql {
    let mut columns = Vec::new();
    let mut sources = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        let value = match list.ty.family() {
            Family::Bytes => "unhex(value)",
            // SQLite reads some numbers of a JSON text a digit off.
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
            sources.push(cx.join.sequence(parts, Level::Term));
        } else {
            columns.push(Sql::text(value));
            sources.push(cx.join.fill("json_each({0})", &[json], Level::Term));
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
            Level::Term,
        ));
    }
    select(cx, columns, sources)
}

fn select(cx: &Context<'_>, columns: Vec<Sql>, sources: Vec<Sql>) -> Sql {
    let columns = cx.join.list(columns, ", ", Level::Or);
    let sources = cx.join.list(sources, " JOIN ", Level::Or);
    cx.join
        .fill("SELECT {0} FROM {1}", &[columns, sources], Level::Or)
}
