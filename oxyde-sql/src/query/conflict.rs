//! The upsert clause: `ON CONFLICT` and `ON DUPLICATE KEY`.

use sea_query::Expr as SeaExpr;

use super::assignment::{assign, assignments, column_names};
use super::context::{Context, Qualifier};
use super::expr::{column, iden};
use super::fragment::{Precedence, Sql};
use super::predicate::predicate;
use crate::error::SqlError;
use crate::ir::{Assignment, Conflict, ConflictAction, ConflictTarget, Insert};

/// The source of the new rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// `VALUES`.
    Values,
    /// A query.
    Selected,
}

/// The alias of the proposed row, in every dialect and in the IR.
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
            cx.join.fill(" ON CONFLICT {0}", &[columns], Precedence::Or)
        }
        ConflictTarget::Any => Sql::text(" ON CONFLICT"),
    };
    match &conflict.action {
        ConflictAction::Nothing => Ok(cx.join.fill("{0} DO NOTHING", &[target], Precedence::Or)),
        ConflictAction::Update {
            columns,
            assignments,
            filter,
        } => {
            if conflict.target == ConflictTarget::Any && cx.features.conflict_update_needs_target {
                return Err(NO_TARGET);
            }
            let set = update_items(cx, insert, columns, assignments, None)?;
            let set = cx.join.list(set, ", ", Precedence::Or);
            let mut sql = cx
                .join
                .fill("{0} DO UPDATE SET {1}", &[target, set], Precedence::Or);
            if let Some(filter) = filter {
                let filter = predicate(cx, filter)?;
                sql = cx
                    .join
                    .fill("{0} WHERE {1}", &[sql, filter], Precedence::Or);
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
    let table = insert.table.name.clone();
    let alias = insert.table.alias.clone();
    let aliased = row == Row::Values && cx.features.insert_row_alias;
    let work = |cx: &mut Context<'_>| duplicate_items(cx, insert, conflict, &table);
    let set = if aliased {
        cx.with_qualifier(&alias, Qualifier::Name(table.clone()), work)?
    } else {
        cx.with_qualifier(&alias, Qualifier::Name(table.clone()), |cx| {
            cx.with_qualifier(NEW_ROW, Qualifier::ValuesOf, work)
        })?
    };
    let set = cx.join.list(set, ", ", Precedence::Or);
    let new_row = Sql::term(SeaExpr::col(iden(NEW_ROW)?));
    let template = if aliased {
        " AS {1} ON DUPLICATE KEY UPDATE {0}"
    } else {
        " ON DUPLICATE KEY UPDATE {0}"
    };
    Ok(cx.join.fill(template, &[set, new_row], Precedence::Or))
}

/// The assignments to the existing row, whichever of its keys conflicts.
fn duplicate_items(
    cx: &mut Context<'_>,
    insert: &Insert,
    conflict: &Conflict,
    table: &str,
) -> Result<Vec<Sql>, SqlError> {
    let mut items = Vec::new();
    if let ConflictTarget::Columns(key) = &conflict.target {
        items.push(guard(cx, &insert.table.alias, table, key)?);
    }
    match &conflict.action {
        // INSERT IGNORE would hide other errors too; this assignment changes nothing instead.
        ConflictAction::Nothing if items.is_empty() => {
            let first = insert.columns.first().ok_or(NO_TARGET)?;
            let same = column(cx, &insert.table.alias, &first.name)?;
            items.push(assign(cx, &first.name, Some(table), same)?);
        }
        ConflictAction::Nothing => (),
        ConflictAction::Update {
            filter: Some(_), ..
        } => return Err(cx.unsupported("conditions in the upsert clause")),
        ConflictAction::Update {
            columns,
            assignments,
            filter: None,
        } => items.extend(update_items(cx, insert, columns, assignments, Some(table))?),
    }
    Ok(items)
}

/// Keeps the key unchanged if it is the key that conflicts. On a conflict of any other key the
/// statement fails with the error of a subquery that returns two rows: the clause cannot name the
/// key, and would otherwise update the row of another key.
fn guard(cx: &mut Context<'_>, alias: &str, table: &str, key: &[String]) -> Result<Sql, SqlError> {
    let first = key.first().ok_or(NO_TARGET)?;
    let mut same = Vec::with_capacity(key.len());
    for name in key {
        let stored = column(cx, alias, name)?;
        let new = column(cx, NEW_ROW, name)?;
        same.push(
            cx.join
                .fill("{0!} = {1!}", &[stored, new], Precedence::Compare),
        );
    }
    let same = cx.join.list(same, " AND ", Precedence::And);
    let kept = column(cx, alias, first)?;
    let value = cx.join.fill(
        "IF({0}, {1}, (SELECT NULL UNION ALL SELECT NULL))",
        &[same, kept],
        Precedence::Term,
    );
    assign(cx, first, Some(table), value)
}

/// The columns that are set to the new row's values, then the further assignments.
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
    // The further assignments may read the columns' old values, so they come first.
    let mut items = assignments(cx, further, &insert.table.alias, target)?;
    for name in columns {
        let value = column(cx, NEW_ROW, name)?;
        items.push(assign(cx, name, target, value)?);
    }
    Ok(items)
}
