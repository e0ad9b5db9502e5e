//! `UPDATE`.

use sea_query::Expr as SeaExpr;

use super::assignment::assignments;
use super::context::{Context, Piece};
use super::fragment::{Precedence, Sql};
use super::predicate::predicate;
use super::returning::returning;
use super::source::{source_sql, table_alias_sql};
use super::{output_columns, visit};
use crate::error::SqlError;
use crate::ir::{Join, JoinKind, Scope, Update};
use crate::plan::Plan;

/// The plan of an update.
pub(super) fn compile(cx: &mut Context<'_>, update: &Update) -> Result<Plan, SqlError> {
    if !update.returning.is_empty() && !cx.features.update_returning {
        return Err(cx.unsupported("UPDATE … RETURNING"));
    }
    if update.assignments.is_empty() {
        return Err(SqlError::Invalid {
            what: "an update that changes nothing",
            hint: "pass at least one new value",
        });
    }
    if !cx.features.reads_changed_table {
        cx.changed = Some(update.table.name.clone());
    }
    let table = table_alias_sql(cx, &update.table)?;
    let alias = update.table.alias.as_str();
    let mut pieces = vec![Piece::text("UPDATE "), Piece::Sql(table)];
    let mut conditions = Vec::new();
    if cx.features.update_from {
        pieces.extend(set(cx, update, None)?);
        pieces.extend(from(cx, &update.joins, &mut conditions)?);
    } else {
        for join in &update.joins {
            pieces.push(joined(cx, join)?);
        }
        let mut several = !update.joins.is_empty();
        if !several && cx.features.semi_join_of_several && has_query(&update.scope) {
            pieces.push(Piece::text(ONE_ROW));
            several = true;
        }
        let target = several.then_some(alias);
        pieces.extend(set(cx, update, target)?);
    }
    if let Scope::Where(filter) = &update.scope {
        conditions.push(predicate(cx, filter)?);
    }
    pieces.extend(where_clause(cx, conditions));
    let bare = !cx.features.conflict_update_needs_target;
    pieces.extend(returning(cx, &update.returning, alias, bare)?.map(Piece::Sql));
    let (sql, binds) = cx.write(&pieces);
    Ok(Plan {
        sql,
        binds,
        outputs: output_columns(&update.returning),
        writes: true,
        plain_insert: false,
        bulk: None,
    })
}

/// A second table, with which the statement is one of several tables.
const ONE_ROW: &str = " INNER JOIN (SELECT 1) AS _one ON TRUE";

/// Whether the rows are found by a query.
fn has_query(scope: &Scope) -> bool {
    matches!(scope, Scope::Where(filter) if visit::has_query(filter))
}

fn set(
    cx: &mut Context<'_>,
    update: &Update,
    target: Option<&str>,
) -> Result<[Piece; 2], SqlError> {
    let items = assignments(cx, &update.assignments, &update.table.alias, target)?;
    Ok([
        Piece::text(" SET "),
        Piece::Sql(cx.join.list(items, ", ", Precedence::Or)),
    ])
}

/// ` FROM a, b`; the conditions of the joins are added to the WHERE.
fn from(
    cx: &mut Context<'_>,
    joins: &[Join],
    conditions: &mut Vec<Sql>,
) -> Result<Vec<Piece>, SqlError> {
    let mut pieces = Vec::new();
    for join in joins {
        match join.kind {
            JoinKind::Inner => {}
            JoinKind::Left => return Err(cx.unsupported("LEFT JOIN in UPDATE")),
            JoinKind::Lateral => return Err(cx.unsupported("LATERAL in UPDATE")),
        }
        pieces.push(Piece::text(if pieces.is_empty() { " FROM " } else { ", " }));
        pieces.push(Piece::Sql(source_sql(cx, &join.source)?));
        conditions.push(predicate(cx, &join.on)?);
    }
    Ok(pieces)
}

fn joined(cx: &mut Context<'_>, join: &Join) -> Result<Piece, SqlError> {
    let template = match join.kind {
        JoinKind::Inner => " INNER JOIN {0} ON {1}",
        JoinKind::Left => " LEFT JOIN {0} ON {1}",
        JoinKind::Lateral => return Err(cx.unsupported("LATERAL in UPDATE")),
    };
    let source = source_sql(cx, &join.source)?;
    let on = predicate(cx, &join.on)?;
    Ok(Piece::Sql(cx.join.fill(
        template,
        &[source, on],
        Precedence::Or,
    )))
}

/// ` WHERE …`; empty without conditions.
pub(super) fn where_clause(cx: &Context<'_>, conditions: Vec<Sql>) -> Option<Piece> {
    if conditions.is_empty() {
        return None;
    }
    let single = conditions.len() == 1;
    let conditions: Vec<Sql> = conditions
        .into_iter()
        .map(|sql| {
            if single {
                sql
            } else {
                cx.join.within(sql, Precedence::And)
            }
        })
        .collect();
    let all = cx.join.list(conditions, " AND ", Precedence::And);
    let parts = vec![SeaExpr::Custom(" WHERE ".into()), all.expr()];
    Some(Piece::Sql(cx.join.sequence(parts, Precedence::Or)))
}
