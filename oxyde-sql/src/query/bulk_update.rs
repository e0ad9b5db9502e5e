//! Bulk updates: many rows, each with its own values.

use sea_query::Expr as SeaExpr;

use super::assignment::{self, assign};
use super::context::{Context, Piece, row_value_name};
use super::expr::{column, iden};
use super::fragment::{Precedence, Sql};
use super::insert::{arrays, check_marks, row_value};
use super::moment::{Bounds, within_days};
use super::source::table_alias_sql;
use super::update::where_clause;
use super::visit;
use crate::error::SqlError;
use crate::ir::{BulkUpdate, Expr, InsertColumn};
use crate::plan::{Bind, Bulk, Form, Plan};
use crate::types::{ColumnType, Family};

/// The alias of the new values.
const ROWS: &str = "new_rows";

/// The plan of a bulk update; its `sql` changes one row.
pub(super) fn compile(cx: &mut Context<'_>, update: &BulkUpdate) -> Result<Plan, SqlError> {
    if update.keys.is_empty() || (update.columns.is_empty() && update.assignments.is_empty()) {
        return Err(SqlError::Invalid {
            what: "a bulk update without keys or without columns",
            hint: "name the columns that identify a row, and those that change",
        });
    }
    if cx.features.sequential_assignments && crossed(update) {
        // An UPDATE of several tables does not define the order of its assignments.
        return Err(cx.unsupported(
            "a bulk update with an expression that reads a column which it also changes",
        ));
    }
    if !cx.features.reads_changed_table {
        cx.changed = Some(update.table.name.clone());
    }
    let (sql, binds) = single(cx, update)?;
    let row = row_columns(update, &binds)?;
    let unfolds = |column: &InsertColumn| column.ty.family() != Family::Array;
    cx.rows = Some(ROWS);
    let bulk = if cx.features.unnest {
        if row.iter().all(unfolds) {
            unnest(cx, update, &row)?
        } else {
            values_list(cx, update, &row)?
        }
    } else if cx.features.update_from {
        Bulk::PerRow
    } else {
        union(cx, update, &row)?
    };
    Ok(Plan {
        sql,
        binds,
        outputs: Vec::new(),
        writes: true,
        plain_insert: false,
        bulk: Some(bulk),
    })
}

/// Whether an expression reads a column that another expression, or a value of the row, sets.
fn crossed(update: &BulkUpdate) -> bool {
    let alias = update.table.alias.as_str();
    let written = update.assignments.iter().map(|item| &item.column);
    let columns: Vec<&InsertColumn> = update.columns.iter().chain(written).collect();
    update.assignments.iter().any(|item| {
        columns.iter().any(|column| {
            column.name != item.column.name && visit::reads_column(&item.value, alias, &column.name)
        })
    })
}

/// The columns of the derived table: the values of a row, as bound by the statement for one row.
fn row_columns(update: &BulkUpdate, binds: &[Bind]) -> Result<Vec<InsertColumn>, SqlError> {
    let mut binds: Vec<&Bind> = binds.iter().collect();
    binds.sort_by_key(|bind| bind.param);
    // An expression may use a value of the row several times, and a key is also compared by its
    // day.
    binds.retain(|bind| !matches!(bind.form, Form::Since | Form::Until));
    binds.dedup();
    let once = |(position, bind): (usize, &&Bind)| {
        bind.param as usize == position && bind.form == Form::Scalar
    };
    if !binds.iter().enumerate().all(once) {
        return Err(SqlError::Invalid {
            what: "an expression of a bulk update with a list or a search pattern as its value",
            hint: "compare with single values, or update all rows that a condition selects",
        });
    }
    let own = update.keys.len() + update.columns.len();
    let params = binds.iter().enumerate().skip(own);
    let params = params.map(|(position, bind)| InsertColumn {
        name: row_value_name(position),
        ty: bind.ty.clone(),
    });
    let columns = update.keys.iter().chain(&update.columns).cloned();
    Ok(columns.chain(params).collect())
}

/// The statement for one row.
fn single(cx: &mut Context<'_>, update: &BulkUpdate) -> Result<(String, Vec<Bind>), SqlError> {
    let alias = update.table.alias.as_str();
    let keys = update.keys.len();
    let mut items = Vec::with_capacity(update.columns.len() + update.assignments.len());
    for (new, param) in update.columns.iter().zip(0..) {
        let param: u32 = param;
        let offset = u32::try_from(keys).unwrap_or(u32::MAX);
        let value = cx.placeholder(param.saturating_add(offset), &new.ty, Form::Scalar);
        items.push(assign(cx, &new.name, None, value)?);
    }
    for item in &update.assignments {
        let value = assignment::value(cx, item)?;
        items.push(assign(cx, &item.column.name, None, value)?);
    }
    let mut conditions = Vec::with_capacity(keys);
    for (key, param) in update.keys.iter().zip(0..) {
        let left = key_column(cx, alias, key)?;
        let right = cx.placeholder(param, &key.ty, Form::Scalar);
        let same = cx
            .join
            .fill("{0!} = {1!}", &[left, right], Precedence::Compare);
        conditions.push(key_within_days(cx, alias, key, param, same)?);
    }
    let mut pieces = vec![
        Piece::text("UPDATE "),
        Piece::Sql(table_alias_sql(cx, &update.table)?),
        Piece::text(" SET "),
        Piece::Sql(cx.join.list(items, ", ", Precedence::Or)),
    ];
    pieces.extend(where_clause(cx, conditions));
    Ok(cx.write(&pieces))
}

fn key_column(cx: &Context<'_>, alias: &str, key: &InsertColumn) -> Result<Sql, SqlError> {
    let sql = column(cx, alias, &key.name)?;
    Ok(super::expr::collated(cx, sql, Some(&key.ty)))
}

fn key_within_days(
    cx: &mut Context<'_>,
    alias: &str,
    key: &InsertColumn,
    param: u32,
    same: Sql,
) -> Result<Sql, SqlError> {
    let operand = Expr::Column {
        table: alias.to_owned(),
        name: key.name.clone(),
        ty: key.ty.clone(),
    };
    let value = Expr::param(param, key.ty.clone());
    let bounds = Bounds {
        least: Some(&value),
        most: Some(&value),
    };
    within_days(cx, &operand, bounds, same)
}

/// `column = new_rows.v1, …`
fn items(cx: &mut Context<'_>, update: &BulkUpdate, target: Option<&str>) -> Result<Sql, SqlError> {
    let mut items = Vec::with_capacity(update.columns.len() + update.assignments.len());
    for (i, new) in update.columns.iter().enumerate() {
        let value = column(cx, ROWS, &row_value_name(update.keys.len() + i))?;
        items.push(assign(cx, &new.name, target, value)?);
    }
    for item in &update.assignments {
        let value = assignment::value(cx, item)?;
        items.push(assign(cx, &item.column.name, target, value)?);
    }
    Ok(cx.join.list(items, ", ", Precedence::Or))
}

/// `t.key = new_rows.v0 AND …`
fn matching(cx: &Context<'_>, update: &BulkUpdate) -> Result<Sql, SqlError> {
    let mut conditions = Vec::with_capacity(update.keys.len());
    for (i, key) in update.keys.iter().enumerate() {
        let left = column(cx, &update.table.alias, &key.name)?;
        let right = column(cx, ROWS, &row_value_name(i))?;
        conditions.push(
            cx.join
                .fill("{0!} = {1!}", &[left, right], Precedence::Compare),
        );
    }
    Ok(cx.join.list(conditions, " AND ", Precedence::And))
}

/// `AS new_rows (v0, v1, …)`
fn rows_alias(cx: &Context<'_>, row: &[InsertColumn]) -> Result<Sql, SqlError> {
    let mut names = vec![Sql::term(SeaExpr::col(iden(ROWS)?))];
    let mut columns_sql = Vec::new();
    for i in 0..row.len() {
        columns_sql.push(Sql::term(SeaExpr::col(iden(&row_value_name(i))?)));
    }
    names.push(cx.join.fill("({*})", &columns_sql, Precedence::Term));
    Ok(cx.join.fill(" AS {0} {1}", &names, Precedence::Or))
}

fn unnest(
    cx: &mut Context<'_>,
    update: &BulkUpdate,
    row: &[InsertColumn],
) -> Result<Bulk, SqlError> {
    let arrays = arrays(cx, row.iter());
    let arrays = cx.join.fill("UNNEST({*})", &arrays, Precedence::Term);
    let pieces = [
        Piece::text("UPDATE "),
        Piece::Sql(table_alias_sql(cx, &update.table)?),
        Piece::text(" SET "),
        Piece::Sql(items(cx, update, None)?),
        Piece::text(" FROM "),
        Piece::Sql(arrays),
        Piece::Sql(rows_alias(cx, row)?),
        Piece::text(" WHERE "),
        Piece::Sql(matching(cx, update)?),
    ];
    let (sql, _) = cx.write(&pieces);
    Ok(Bulk::Arrays { sql, copy: None })
}

/// Arrays cannot be unnested together with other values, so the rows are listed one by one.
fn values_list(
    cx: &mut Context<'_>,
    update: &BulkUpdate,
    row: &[InsertColumn],
) -> Result<Bulk, SqlError> {
    let items = items(cx, update, None)?;
    let (prefix, _) = cx.write(&[
        Piece::text("UPDATE "),
        Piece::Sql(table_alias_sql(cx, &update.table)?),
        Piece::text(" SET "),
        Piece::Sql(items),
        Piece::text(" FROM (VALUES "),
    ]);
    let (suffix, _) = cx.write(&[
        Piece::text(")"),
        Piece::Sql(rows_alias(cx, row)?),
        Piece::text(" WHERE "),
        Piece::Sql(matching(cx, update)?),
    ]);
    let values: Vec<String> = row.iter().map(|column| row_value(cx, &column.ty)).collect();
    let first = format!("({})", values.join(", "));
    check_marks(&first, row.len())?;
    Ok(Bulk::Text {
        prefix,
        next: format!(", {first}"),
        first,
        suffix,
        numbered: true,
    })
}

/// A derived table of one SELECT per row, each value cast to its type.
fn union(
    cx: &mut Context<'_>,
    update: &BulkUpdate,
    row: &[InsertColumn],
) -> Result<Bulk, SqlError> {
    let typed = |ty: &ColumnType| ty.typed_value(cx.features.dialect);
    let values: Vec<String> = row.iter().map(|column| typed(&column.ty)).collect();
    let named: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(i, value)| format!("{value} AS {}", row_value_name(i)))
        .collect();
    let (prefix, _) = cx.write(&[
        Piece::text("UPDATE "),
        Piece::Sql(table_alias_sql(cx, &update.table)?),
        Piece::text(" INNER JOIN ("),
    ]);
    let rows = Sql::term(SeaExpr::col(iden(ROWS)?));
    let on = matching(cx, update)?;
    let items = items(cx, update, Some(&update.table.alias))?;
    let end = cx.join.fill(
        ") AS {0} ON {1} SET {2}",
        &[rows, on, items],
        Precedence::Or,
    );
    let (suffix, _) = cx.write(&[Piece::Sql(end)]);
    Ok(Bulk::Text {
        prefix,
        first: format!("SELECT {}", named.join(", ")),
        next: format!(" UNION ALL SELECT {}", values.join(", ")),
        suffix,
        numbered: false,
    })
}
