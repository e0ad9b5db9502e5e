//! Searches queries and expressions for references.

use std::collections::HashSet;

use crate::ir::{Expr, Join, Predicate, RawPart, Select, Source, Table};
use crate::types::Family;

/// Whether the query reads the named table, at any depth except in derived tables. Raw SQL is
/// not searched.
pub(super) fn reads_directly(select: &Select, table: &str) -> bool {
    finds(
        false,
        |node| node.is_table(table),
        |visit| walk_select(select, visit),
    )
}

/// Whether the condition has a query in it, or a list that becomes one.
pub(super) fn has_query(condition: &Predicate) -> bool {
    match condition {
        Predicate::And(items) | Predicate::Or(items) | Predicate::Xor(items) => {
            items.iter().any(has_query)
        }
        Predicate::Not(inner) | Predicate::Unless(inner) => has_query(inner),
        Predicate::Exists(_) | Predicate::InSelect { .. } | Predicate::InRows { .. } => true,
        Predicate::Lookup {
            operand, arguments, ..
        } => {
            let of_a_size = arguments.len() > 1;
            let listed = |value: &Expr| match value {
                Expr::Param { ty, list: true, .. } => !of_a_size || ty.family() == Family::Json,
                value => reads_rows(value),
            };
            reads_rows(operand) || arguments.iter().any(listed)
        }
        Predicate::Expr(value) => reads_rows(value),
    }
}

fn reads_rows(value: &Expr) -> bool {
    let is_source = |node: &Node<'_>| matches!(node, Node::Source(_));
    finds(true, is_source, |visit| walk_expr(value, visit))
}

/// The same for a condition.
pub(super) fn predicate_reads_directly(condition: &Predicate, name: &str) -> bool {
    finds(
        false,
        |node| node.is_table(name),
        |visit| walk_predicate(condition, visit),
    )
}

/// Whether the expression reads the column of the table with that alias (or unqualified).
pub(super) fn reads_column(value: &Expr, alias: &str, column: &str) -> bool {
    let is_it = |node: &Node<'_>| {
        matches!(node, Node::Expr(Expr::Column { table, name, .. })
            if name == column && (table == alias || table.is_empty()))
    };
    finds(true, is_it, |visit| walk_expr(value, visit))
}

/// Whether the query reads columns of tables that are not its own, at any depth. Raw SQL is not
/// searched.
pub(super) fn is_correlated(select: &Select) -> bool {
    let (mut own, mut read) = (HashSet::new(), HashSet::new());
    let mut see = |node: Node<'_>| match node {
        Node::Source(Source::Table(Table { alias, .. }) | Source::Subquery { alias, .. }) => {
            own.insert(alias.clone());
        }
        Node::Expr(Expr::Column { table, .. }) if !table.is_empty() => {
            read.insert(table.clone());
        }
        Node::Expr(_) => {}
    };
    let mut visit = Visit {
        see: &mut see,
        derived: true,
    };
    walk_select(select, &mut visit);
    !read.is_subset(&own)
}

/// Whether the expression covers several rows: an aggregate or a window.
pub(super) fn gathers(value: &Expr) -> bool {
    let is_one = |node: &Node<'_>| matches!(node, Node::Expr(Expr::Aggregate(_) | Expr::Window(_)));
    finds(true, is_one, |visit| walk_expr(value, visit))
}

/// Whether the expression contains a param.
pub(super) fn has_param(value: &Expr) -> bool {
    finds(
        true,
        |node| matches!(node, Node::Expr(Expr::Param { .. })),
        |visit| walk_expr(value, visit),
    )
}

/// The same for a condition.
pub(super) fn predicate_has_param(condition: &Predicate) -> bool {
    finds(
        true,
        |node| matches!(node, Node::Expr(Expr::Param { .. })),
        |visit| walk_predicate(condition, visit),
    )
}

/// Whether a walk comes across such a node; `derived` as in [`Visit`].
fn finds(
    derived: bool,
    is_it: impl Fn(&Node<'_>) -> bool,
    walk: impl FnOnce(&mut Visit<'_>),
) -> bool {
    let mut found = false;
    walk(&mut Visit {
        see: &mut |node| found |= is_it(&node),
        derived,
    });
    found
}

enum Node<'a> {
    Source(&'a Source),
    Expr(&'a Expr),
}

impl Node<'_> {
    fn is_table(&self, name: &str) -> bool {
        matches!(self, Node::Source(Source::Table(table)) if table.name == name)
    }
}

struct Visit<'v> {
    see: &'v mut dyn FnMut(Node<'_>),
    /// Whether derived tables are searched too.
    derived: bool,
}

fn walk_select(select: &Select, visit: &mut Visit<'_>) {
    for cte in &select.ctes {
        walk_select(&cte.select, visit);
    }
    if let Some(source) = &select.from {
        walk_source(source, visit);
    }
    for join in &select.joins {
        walk_join(join, visit);
    }
    for output in &select.outputs {
        walk_expr(&output.expr, visit);
    }
    for condition in select.filter.iter().chain(&select.having) {
        walk_predicate(condition, visit);
    }
    for value in &select.group_by {
        walk_expr(value, visit);
    }
    for compound in &select.compounds {
        walk_select(&compound.select, visit);
    }
    for order in &select.order_by {
        walk_expr(&order.expr, visit);
    }
}

fn walk_join(join: &Join, visit: &mut Visit<'_>) {
    walk_source(&join.source, visit);
    walk_predicate(&join.on, visit);
}

fn walk_source(source: &Source, visit: &mut Visit<'_>) {
    (visit.see)(Node::Source(source));
    if let Source::Subquery { select, .. } = source
        && visit.derived
    {
        walk_select(select, visit);
    }
}

fn walk_predicate(condition: &Predicate, visit: &mut Visit<'_>) {
    match condition {
        Predicate::And(items) | Predicate::Or(items) | Predicate::Xor(items) => {
            for item in items {
                walk_predicate(item, visit);
            }
        }
        Predicate::Not(inner) | Predicate::Unless(inner) => walk_predicate(inner, visit),
        Predicate::Lookup {
            operand, arguments, ..
        } => {
            walk_expr(operand, visit);
            for argument in arguments {
                walk_expr(argument, visit);
            }
        }
        Predicate::Exists(select) => walk_select(select, visit),
        Predicate::InSelect { operand, select } => {
            walk_expr(operand, visit);
            walk_select(select, visit);
        }
        Predicate::InRows { operands, lists } => {
            for value in operands.iter().chain(lists) {
                walk_expr(value, visit);
            }
        }
        Predicate::Expr(value) => walk_expr(value, visit),
    }
}

fn walk_expr(value: &Expr, visit: &mut Visit<'_>) {
    (visit.see)(Node::Expr(value));
    match value {
        Expr::Column { .. } | Expr::Param { .. } | Expr::Literal(_) => {}
        Expr::Binary { left, right, .. } => {
            walk_expr(left, visit);
            walk_expr(right, visit);
        }
        Expr::Function { arguments, .. } => {
            for argument in arguments {
                walk_expr(argument, visit);
            }
        }
        Expr::Aggregate(aggregate) => {
            for argument in &aggregate.arguments {
                walk_expr(argument, visit);
            }
            if let Some(filter) = &aggregate.filter {
                walk_predicate(filter, visit);
            }
            for order in &aggregate.order_by {
                walk_expr(&order.expr, visit);
            }
        }
        Expr::Case(case) => {
            for when in &case.whens {
                walk_predicate(&when.condition, visit);
                walk_expr(&when.then, visit);
            }
            if let Some(otherwise) = &case.otherwise {
                walk_expr(otherwise, visit);
            }
        }
        Expr::Cast { operand, .. } | Expr::JsonPath { operand, .. } => walk_expr(operand, visit),
        Expr::Subquery { select, .. } => walk_select(select, visit),
        Expr::Predicate(condition) => walk_predicate(condition, visit),
        Expr::Window(window) => {
            walk_expr(&window.function, visit);
            for part in &window.partition_by {
                walk_expr(part, visit);
            }
            for order in &window.order_by {
                walk_expr(&order.expr, visit);
            }
        }
        Expr::Search(search) => {
            for column in &search.columns {
                walk_expr(column, visit);
            }
            walk_expr(&search.query, visit);
        }
        Expr::Raw { parts, .. } => {
            for part in parts {
                if let RawPart::Expr(value) = part {
                    walk_expr(value, visit);
                }
            }
        }
    }
}
