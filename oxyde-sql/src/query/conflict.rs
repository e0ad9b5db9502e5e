//! The upsert clause: `ON CONFLICT` and `ON DUPLICATE KEY`.

use sea_query::Expr as SeaExpr;

use super::assignment::{assign, assignments, column_names};
use super::context::{Context, Qualifier};
use super::expr::{column, iden};
use super::fragment::{Level, Sql};
use super::predicate::predicate;
use crate::error::SqlError;
use crate::ir::{Assignment, Conflict, ConflictAction, ConflictTarget, Insert};

/// How the new rows came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// By `VALUES`.
    Values,
    /// By a query.
    Selected,
}

/// The name of the row that was to be inserted, in every dialect and in the IR.
pub(super) const NEW_ROW: &str = "excluded";

/// The clause with a space before it.
pub(super) fn clause(
    cx: &mut Context<'_>,
    insert: &Insert,
    conflict: &Conflict,
    row: Row,
) -> Result<Sql, SqlError> {
    if cx.features.conflict_target {
        on_conflict(cx, insert, conflict)
    } else {
        on_duplicate_key(cx, insert, conflict, row)
    }
}

fn on_conflict(
    cx: &mut Context<'_>,
    insert: &Insert,
    conflict: &Conflict,
) -> Result<Sql, SqlError> {
    let target = match &conflict.target {
        ConflictTarget::Columns(columns) if columns.is_empty() => return Err(NO_TARGET),
        ConflictTarget::Columns(columns) => {
            let columns = column_names(cx, columns.iter().map(String::as_str))?;
            cx.join.fill(" ON CONFLICT {0}", &[columns], Level::Or)
        }
        ConflictTarget::Any => Sql::text(" ON CONFLICT"),
    };
    match &conflict.action {
        ConflictAction::Nothing => Ok(cx.join.fill("{0} DO NOTHING", &[target], Level::Or)),
        ConflictAction::Update {
            columns,
            assignments,
            filter,
        } => {
            if conflict.target == ConflictTarget::Any && cx.features.conflict_update_needs_target {
                return Err(NO_TARGET);
            }
            let set = update_items(cx, insert, columns, assignments, None)?;
            let set = cx.join.list(set, ", ", Level::Or);
            let mut sql = cx
                .join
                .fill("{0} DO UPDATE SET {1}", &[target, set], Level::Or);
            if let Some(filter) = filter {
                let filter = predicate(cx, filter)?;
                sql = cx.join.fill("{0} WHERE {1}", &[sql, filter], Level::Or);
            }
            Ok(sql)
        }
    }
}

const NO_TARGET: SqlError = SqlError::Invalid {
    what: "an upsert that does not name the unique columns",
    hint: "name the columns whose values must be unique",
};

fn on_duplicate_key(
    cx: &mut Context<'_>,
    insert: &Insert,
    conflict: &Conflict,
    row: Row,
) -> Result<Sql, SqlError> {
    match &conflict.action {
        ConflictAction::Nothing => {
            let name = match &conflict.target {
                ConflictTarget::Columns(columns) => columns.first(),
                ConflictTarget::Any => insert.columns.first().map(|column| &column.name),
            };
            let Some(name) = name else {
                return Err(NO_TARGET);
            };
            // INSERT IGNORE would swallow other errors too; this changes nothing instead.
            let table = insert.table.name.as_str();
            let same = column(cx, table, name)?;
            let item = assign(cx, name, Some(table), same)?;
            Ok(cx
                .join
                .fill(" ON DUPLICATE KEY UPDATE {0}", &[item], Level::Or))
        }
        ConflictAction::Update {
            filter: Some(_), ..
        } => Err(cx.unsupported("conditions in the upsert clause")),
        ConflictAction::Update {
            columns,
            assignments,
            filter: None,
        } => {
            let aliased = row == Row::Values && cx.features.insert_row_alias;
            let table = insert.table.name.clone();
            let alias = insert.table.alias.clone();
            let work =
                |cx: &mut Context<'_>| update_items(cx, insert, columns, assignments, Some(&table));
            let set = if aliased {
                cx.with_qualifier(&alias, Qualifier::Name(table.clone()), work)?
            } else {
                cx.with_qualifier(&alias, Qualifier::Name(table.clone()), |cx| {
                    cx.with_qualifier(NEW_ROW, Qualifier::ValuesOf, work)
                })?
            };
            let set = cx.join.list(set, ", ", Level::Or);
            let new_row = Sql::term(SeaExpr::col(iden(NEW_ROW)?));
            let template = if aliased {
                " AS {1} ON DUPLICATE KEY UPDATE {0}"
            } else {
                " ON DUPLICATE KEY UPDATE {0}"
            };
            Ok(cx.join.fill(template, &[set, new_row], Level::Or))
        }
    }
}

/// The columns that take the new row's values, then the further assignments.
fn update_items(
    cx: &mut Context<'_>,
    insert: &Insert,
    columns: &[String],
    further: &[Assignment],
    target: Option<&str>,
) -> Result<Vec<Sql>, SqlError> {
    if columns.is_empty() && further.is_empty() {
        return Err(SqlError::Invalid {
            what: "an upsert that changes nothing",
            hint: "name the columns to update, or ignore the conflict",
        });
    }
    // The further ones may read the old values of the columns, so they come first.
    let mut items = assignments(cx, further, &insert.table.alias, target)?;
    for name in columns {
        let value = column(cx, NEW_ROW, name)?;
        items.push(assign(cx, name, target, value)?);
    }
    Ok(items)
}
