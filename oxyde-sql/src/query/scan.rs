//! What a query or an expression refers to.

use crate::ir::{Expr, Join, Predicate, RawPart, Select, Source};

/// Whether the query reads the table of that name, at any depth. Text that the user wrote is
/// not looked into.
pub(super) fn reads(select: &Select, table: &str) -> bool {
    let mut found = false;
    walk_select(select, &mut |node| {
        if let Node::Source(Source::Table(source)) = node {
            found |= source.name == table;
        }
    });
    found
}

/// Whether the expression reads that column of the table with that alias (or of none).
pub(super) fn reads_column(value: &Expr, alias: &str, column: &str) -> bool {
    let mut found = false;
    walk_expr(value, &mut |node| {
        if let Node::Expr(Expr::Column { table, name, .. }) = node {
            found |= name == column && (table == alias || table.is_empty());
        }
    });
    found
}

/// Whether a param occurs.
pub(super) fn has_param(value: &Expr) -> bool {
    let mut found = false;
    walk_expr(value, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Param { .. }));
    });
    found
}

/// The same for a condition.
pub(super) fn predicate_has_param(condition: &Predicate) -> bool {
    let mut found = false;
    walk_predicate(condition, &mut |node| {
        found |= matches!(node, Node::Expr(Expr::Param { .. }));
    });
    found
}

enum Node<'a> {
    Source(&'a Source),
    Expr(&'a Expr),
}

type Visit<'v> = dyn FnMut(Node<'_>) + 'v;

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
    visit(Node::Source(source));
    if let Source::Subquery { select, .. } = source {
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
        Predicate::Not(inner) => walk_predicate(inner, visit),
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
    visit(Node::Expr(value));
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
