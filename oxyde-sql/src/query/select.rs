//! `SELECT`.

use sea_query::{
    Asterisk, CommonTableExpression, LockBehavior, LockType, SelectStatement, TableRef, UnionType,
    WithClause,
};

use super::context::{Context, Piece};
use super::expr::{comparable, expr, exprs, iden};
use super::fragment::Precedence;
use super::json_value::{collated, distinct_key, is_document};
use super::order::order_select;
use super::predicate::predicate;
use super::sort_key::check_combined;
use super::source::{join_select, source_ref};
use super::{index_order, output_columns, visit};
use crate::dialect::Requirement;
use crate::error::SqlError;
use crate::ir::{
    Compound, Cte, Distinct, Expr, Literal, Lock, LockStrength, LockWait, Order, Output, Select,
    SetOperator,
};
use crate::plan::Plan;

/// The plan of a SELECT.
pub(super) fn compile(cx: &mut Context<'_>, select: &Select) -> Result<Plan, SqlError> {
    let query = build(cx, select)?;
    let (sql, binds) = cx.write(&[Piece::Select(Box::new(query))]);
    Ok(Plan {
        sql,
        binds,
        outputs: output_columns(&select.outputs),
        writes: select.lock.is_some(),
        plain_insert: false,
        bulk: None,
    })
}

/// A query inside another statement. If that statement changes a table that the query
/// reads outside of derived tables, and the database refuses this, the query is wrapped in one.
pub(super) fn nested(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    let reads_changed = cx
        .changed
        .as_deref()
        .is_some_and(|table| visit::reads_directly(select, table));
    if !reads_changed {
        return build(cx, select);
    }
    Ok(wrapped(derived(cx, select)?, "_unchanged"))
}

/// A derived table, which may read what the statement around it changes.
pub(super) fn derived(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    // A query within this one can refer to its rows only without a derived table of its own.
    let changed = cx.changed.take();
    let query = build(cx, select);
    cx.changed = changed;
    query
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
        check_size(cx, select)?;
        if let Some(query) = index_order::build(cx, select)? {
            return Ok(query);
        }
        let with = query_with(cx, select)?;
        let mut query = core(cx, select)?;
        compounds(cx, &mut query, select)?;
        finish(cx, with, &mut query, select)?;
        Ok(query)
    })
}

fn check_size(cx: &Context<'_>, select: &Select) -> Result<(), SqlError> {
    let limits = cx.features.limits();
    cx.at_most(
        limits.columns,
        select.outputs.len(),
        "columns",
        "select fewer columns, or split the query",
    )?;
    cx.at_most(
        limits.tables,
        usize::from(select.from.is_some()) + select.joins.len(),
        "joined tables",
        "join fewer tables, and load their rows by queries of their own",
    )?;
    cx.at_most(
        limits.combined,
        1 + select.compounds.len(),
        "combined queries",
        "combine fewer at a time, and then the results; or use one condition with `or` or `in`",
    )
}

/// The part before the set operators.
pub(super) fn core(cx: &mut Context<'_>, select: &Select) -> Result<SelectStatement, SqlError> {
    let mut query = SelectStatement::new();
    outputs(cx, &mut query, select)?;
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
    let distinct = distinct_by_groups(cx, select);
    let outputs = select.outputs.iter().map(|output| &output.expr);
    for value in select.group_by.iter().chain(
        outputs.filter(|value| distinct && !matches!(value, Expr::Literal(_) | Expr::Param { .. })),
    ) {
        let value = distinct_key(cx, value)?;
        query.add_group_by([value.expr()]);
    }
    if let Some(having) = &select.having {
        let having = predicate(cx, having)?;
        query.and_having(having.expr());
    }
    Ok(query)
}

/// Whether DISTINCT would keep equal documents with different text: the groups of equal ones
/// then represent the distinct rows.
fn distinct_by_groups(cx: &Context<'_>, select: &Select) -> bool {
    cx.features.distinct_json_by_text
        && select.distinct == Distinct::Rows
        && select.group_by.is_empty()
        && !select
            .outputs
            .iter()
            .any(|output| visit::gathers(&output.expr))
        && select
            .outputs
            .iter()
            .any(|output| is_document(cx, &output.expr))
}

fn outputs(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    // sea-query's DISTINCT ON accepts only columns, so it is written before the first output.
    let mut before = match &select.distinct {
        Distinct::All => None,
        Distinct::Rows if distinct_by_groups(cx, select) => None,
        Distinct::Rows => {
            query.distinct();
            None
        }
        Distinct::On(_) if !cx.features.distinct_on => {
            return Err(cx.unsupported("DISTINCT ON"));
        }
        Distinct::On(values) => {
            let values = exprs(cx, values)?;
            Some(cx.join.fill("DISTINCT ON ({*}) ", &values, Precedence::Or))
        }
    };
    let rows = select.distinct == Distinct::Rows;
    let compared = rows || !select.compounds.is_empty();
    for output in &select.outputs {
        let value = if rows && is_document(cx, &output.expr) {
            let value = expr(cx, &output.expr)?;
            collated(cx, value)
        } else if compared {
            comparable(cx, &output.expr)?
        } else {
            expr(cx, &output.expr)?
        };
        let mut value = value.expr();
        if let Some(before) = before.take() {
            value = cx
                .join
                .sequence(vec![before.expr(), value], Precedence::Or)
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
            hint: "combine a first query with one that refers to the CTE, by union_all",
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
            // Otherwise the database would apply INTERSECT first.
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
    if matches!(operator, UnionType::Intersect | UnionType::Except) {
        cx.features.require(Requirement::IntersectExcept)?;
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

/// The clauses that apply to the combined rows of all set operators.
fn finish(
    cx: &mut Context<'_>,
    with: Option<WithClause>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    if (!select.compounds.is_empty() || select.distinct == Distinct::Rows)
        && let Some(orders) = orders_of_rows(cx, select)
    {
        *query = wrapped(query.take(), "_rows");
        order_select(cx, query, &orders)?;
        return finish_rows(cx, with, query, select);
    }
    if !select.compounds.is_empty() {
        for order in &select.order_by {
            check_combined(cx, &order.expr)?;
        }
    }
    order_select(cx, query, &select.order_by)?;
    finish_rows(cx, with, query, select)
}

/// The order by the result columns, if ordering by a document takes several values
/// and the query can order only by result columns.
fn orders_of_rows(cx: &Context<'_>, select: &Select) -> Option<Vec<Order>> {
    let document = |order: &Order| is_document(cx, &order.expr);
    if cx.features.json_collation || !select.order_by.iter().any(document) {
        return None;
    }
    let by_column = |order: &Order| {
        let named = |output: &&Output| match &order.expr {
            Expr::Column { table, name, .. } if table.is_empty() => output.name == *name,
            expr => output.expr == *expr,
        };
        let output = select.outputs.iter().find(named)?;
        Some(Order {
            expr: Expr::Column {
                table: String::new(),
                name: output.name.clone(),
                ty: output.expr.column_type()?.clone(),
            },
            ..order.clone()
        })
    };
    select.order_by.iter().map(by_column).collect()
}

/// The clauses that apply to the ordered rows.
fn finish_rows(
    cx: &mut Context<'_>,
    with: Option<WithClause>,
    query: &mut SelectStatement,
    select: &Select,
) -> Result<(), SqlError> {
    if let Some(with) = with {
        query.with_cte(with);
    }
    limit_offset(cx, query, select)?;
    if let Some(lock) = &select.lock {
        lock_rows(cx, query, lock)?;
    }
    Ok(())
}

pub(super) fn limit_offset(
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

pub(super) fn limit_value(cx: &mut Context<'_>, value: &Expr) -> Result<u64, SqlError> {
    match value {
        Expr::Param {
            index, list: false, ..
        } => Ok(cx.limit_marker(Ok(*index))),
        Expr::Literal(Literal::Int(number)) if *number >= 0 => {
            Ok(cx.limit_marker(Err(number.to_string())))
        }
        _ => Err(SqlError::Invalid {
            what: "a limit or offset that is not a number",
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
