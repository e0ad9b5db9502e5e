//! `SELECT`.

use sea_query::{
    Asterisk, CommonTableExpression, LockBehavior, LockType, SelectStatement, TableRef, UnionType,
    WithClause,
};

use super::context::{Context, Piece};
use super::expr::{comparable, expr, exprs, iden};
use super::fragment::Level;
use super::order::order_select;
use super::ordered::check_combined;
use super::predicate::predicate;
use super::source::{join_select, source_ref};
use super::{output_columns, scan};
use crate::error::SqlError;
use crate::ir::{
    Compound, Cte, Distinct, Expr, Literal, Lock, LockStrength, LockWait, Output, Select,
    SetOperator,
};
use crate::plan::Plan;

/// The plan of a statement that reads.
pub(super) fn compile(cx: &mut Context<'_>, select: &Select) -> Result<Plan, SqlError> {
    let query = build(cx, select)?;
    let (sql, binds) = cx.write(&[Piece::Select(Box::new(query))]);
    Ok(Plan {
        sql,
        binds,
        outputs: output_columns(&select.outputs),
        writes: select.lock.is_some(),
        bulk: None,
    })
}

/// A query inside another statement. Where that statement changes a table which the query
/// reads, and the database refuses this, the query is put into a derived table first.
pub(super) fn nested(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    let query = build(cx, select)?;
    let reads_changed = cx
        .changed
        .as_deref()
        .is_some_and(|table| scan::reads(select, table));
    Ok(if reads_changed {
        wrapped(query, "_unchanged")
    } else {
        query
    })
}

/// `SELECT * FROM (query) AS alias`.
pub(super) fn wrapped(query: SelectStatement, alias: &'static str) -> SelectStatement {
    let mut outer = SelectStatement::new();
    outer.column(Asterisk).from_subquery(query, alias);
    outer
}

pub(super) fn build(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    cx.deeper(|cx| {
        if select.outputs.is_empty() {
            return Err(SqlError::Invalid {
                what: "a query without columns",
                hint: "select at least one column",
            });
        }
        let with = query_with(cx, select)?;
        let mut query = core(cx, select)?;
        compounds(cx, &mut query, select)?;
        finish(cx, with, &mut query, select)?;
        Ok(query)
    })
}

/// What comes before the set operators.
fn core(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    let mut query = SelectStatement::new();
    outputs(cx, &mut query, &select.outputs, &select.distinct)?;
    if let Some(source) = &select.from {
        let source = source_ref(cx, source)?;
        query.from(source);
    }
    for join in &select.joins {
        join_select(cx, &mut query, join)?;
    }
    if let Some(filter) = &select.filter {
        let filter = predicate(cx, filter)?;
        query.and_where(filter.expr());
    }
    for value in &select.group_by {
        let value = comparable(cx, value)?;
        query.add_group_by([value.expr()]);
    }
    if let Some(having) = &select.having {
        let having = predicate(cx, having)?;
        query.and_having(having.expr());
    }
    Ok(query)
}

fn outputs(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    outputs: &[Output],
    distinct: &Distinct,
) -> Result<(), SqlError> {
    // sea-query's DISTINCT ON takes columns only; so it goes before the first output.
    let mut before = match distinct {
        Distinct::All => None,
        Distinct::Rows => {
            query.distinct();
            None
        }
        Distinct::On(_) if !cx.features.distinct_on => {
            return Err(cx.unsupported("DISTINCT ON"));
        }
        Distinct::On(values) => {
            let values = exprs(cx, values)?;
            Some(cx.join.fill("DISTINCT ON ({*}) ", &values, Level::Or))
        }
    };
    for output in outputs {
        let mut value = expr(cx, &output.expr)?.expr();
        if let Some(before) = before.take() {
            value = cx
                .join
                .sequence(vec![before.expr(), value], Level::Or)
                .expr();
        }
        query.expr_as(value, iden(&output.name)?);
    }
    Ok(())
}

fn query_with(cx: &mut Context<'_>, select: &Select) -> Result<Option<WithClause>, SqlError> {
    if select.ctes.is_empty() {
        return Ok(None);
    }
    let mut with = WithClause::new();
    with.recursive(select.ctes.iter().any(|cte| cte.recursive));
    for cte in &select.ctes {
        with.cte(common_table(cx, cte)?);
    }
    Ok(Some(with))
}

fn common_table(cx: &mut Context<'_>, cte: &Cte) -> Result<CommonTableExpression, SqlError> {
    if cte.recursive && cte.select.compounds.is_empty() {
        return Err(SqlError::Invalid {
            what: "a recursive query without UNION",
            hint: "give it a first query and, by union_all, one that refers to itself",
        });
    }
    let mut table = CommonTableExpression::new();
    table.table_name(iden(&cte.name)?);
    for column in &cte.columns {
        table.column(iden(column)?);
    }
    table.query(build(cx, &cte.select)?);
    Ok(table)
}

/// The set operators, applied in order to the rows so far.
fn compounds(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    let mut looser_before = false;
    for compound in &select.compounds {
        let intersects = compound.operator == SetOperator::Intersect;
        if intersects && looser_before && cx.features.intersect_first {
            // Otherwise the database would intersect first.
            *query = wrapped(query.take(), "_so_far");
            looser_before = false;
        }
        looser_before |= !intersects;
        let (operator, member) = member(cx, compound, select.outputs.len())?;
        query.union(operator, member);
    }
    Ok(())
}

fn member(
    cx: &mut Context<'_>,
    compound: &Compound,
    columns: usize,
) -> Result<(UnionType, SelectStatement), SqlError> {
    let operator = match compound.operator {
        SetOperator::Union => UnionType::Distinct,
        SetOperator::UnionAll => UnionType::All,
        SetOperator::Intersect => UnionType::Intersect,
        SetOperator::Except => UnionType::Except,
    };
    if matches!(operator, UnionType::Intersect | UnionType::Except) && !cx.features.intersect_except
    {
        return Err(cx.unsupported("INTERSECT and EXCEPT"));
    }
    let select = &compound.select;
    if select.outputs.len() != columns {
        return Err(SqlError::Invalid {
            what: "the queries of a union have different numbers of columns",
            hint: "select the same columns in each of them",
        });
    }
    let query = build(cx, select)?;
    let simple = select.ctes.is_empty()
        && select.compounds.is_empty()
        && select.order_by.is_empty()
        && select.limit.is_none()
        && select.offset.is_none();
    let query = if simple || cx.features.compound_parentheses {
        query
    } else {
        wrapped(query, "_member")
    };
    Ok((operator, query))
}

/// What holds for the rows of all set operators together.
fn finish(
    cx: &mut Context<'_>,
    with: Option<WithClause>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    if let Some(with) = with {
        query.with_cte(with);
    }
    if !select.compounds.is_empty() {
        for order in &select.order_by {
            check_combined(cx, &order.expr)?;
        }
    }
    order_select(cx, query, &select.order_by)?;
    limit_offset(cx, query, select)?;
    if let Some(lock) = &select.lock {
        lock_rows(cx, query, lock)?;
    }
    Ok(())
}

fn limit_offset(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    match &select.limit {
        Some(limit) => {
            let marker = limit_value(cx, limit)?;
            query.limit(marker);
        }
        None if select.offset.is_some() => {
            if let Some(text) = cx.features.no_limit() {
                let marker = cx.limit_marker(Err(text.to_owned()));
                query.limit(marker);
            }
        }
        None => {}
    }
    if let Some(offset) = &select.offset {
        let marker = limit_value(cx, offset)?;
        query.offset(marker);
    }
    Ok(())
}

fn limit_value(cx: &mut Context<'_>, value: &Expr) -> Result<u64, SqlError> {
    match value {
        Expr::Param {
            index, list: false, ..
        } => Ok(cx.limit_marker(Ok(*index))),
        Expr::Literal(Literal::Int(number)) if *number >= 0 => {
            Ok(cx.limit_marker(Err(number.to_string())))
        }
        _ => Err(SqlError::Invalid {
            what: "a limit or offset that is no number",
            hint: "use an integer that is not negative",
        }),
    }
}

fn lock_rows(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    lock: &Lock,
) -> Result<(), SqlError> {
    let kind = match lock.strength {
        LockStrength::Update => LockType::Update,
        LockStrength::Share => LockType::Share,
    };
    let behavior = match lock.wait {
        LockWait::Wait => None,
        LockWait::NoWait if !cx.features.nowait => return Err(cx.unsupported("NOWAIT")),
        LockWait::NoWait => Some(LockBehavior::Nowait),
        LockWait::SkipLocked if !cx.features.skip_locked => {
            return Err(cx.unsupported("SKIP LOCKED"));
        }
        LockWait::SkipLocked => Some(LockBehavior::SkipLocked),
    };
    if !lock.of.is_empty() && !cx.features.lock_of {
        return Err(cx.unsupported("locks of single tables (OF)"));
    }
    if !cx.features.row_locks {
        return Ok(());
    }
    let tables = lock
        .of
        .iter()
        .map(|alias| Ok(TableRef::from(iden(alias)?)))
        .collect::<Result<Vec<_>, SqlError>>()?;
    match (tables.is_empty(), behavior) {
        (true, None) => query.lock(kind),
        (true, Some(behavior)) => query.lock_with_behavior(kind, behavior),
        (false, None) => query.lock_with_tables(kind, tables),
        (false, Some(behavior)) => query.lock_with_tables_behavior(kind, tables, behavior),
    };
    Ok(())
}
