//! Moves the params of a part behind the values that a statement already has.

use super::{
    Aggregate, Assignment, Case, Conflict, ConflictAction, Distinct, Expr, Join, Order, Output,
    Predicate, RawPart, Select, Source, Window,
};

/// A part of a statement, whose params are positions in a list of values.
pub(crate) trait Params {
    /// Add `by` to the position of each param.
    fn shift(&mut self, by: u32);
}

impl<P: Params> Params for Vec<P> {
    fn shift(&mut self, by: u32) {
        for part in self {
            part.shift(by);
        }
    }
}

impl<P: Params> Params for Option<P> {
    fn shift(&mut self, by: u32) {
        if let Some(part) = self {
            part.shift(by);
        }
    }
}

impl Params for Expr {
    fn shift(&mut self, by: u32) {
        match self {
            Self::Column { .. } | Self::Literal(_) => {}
            Self::Param { index, .. } => *index += by,
            Self::Binary { left, right, .. } => {
                left.shift(by);
                right.shift(by);
            }
            Self::Function { arguments, .. } => arguments.shift(by),
            Self::Aggregate(aggregate) => aggregate.shift(by),
            Self::Case(case) => case.shift(by),
            Self::Cast { operand, .. } | Self::JsonPath { operand, .. } => operand.shift(by),
            Self::Subquery { select, .. } => select.shift(by),
            Self::Predicate(condition) => condition.shift(by),
            Self::Window(window) => window.shift(by),
            Self::Search(search) => {
                search.columns.shift(by);
                search.query.shift(by);
            }
            Self::Raw { parts, .. } => {
                for part in parts {
                    if let RawPart::Expr(value) = part {
                        value.shift(by);
                    }
                }
            }
        }
    }
}

impl Params for Aggregate {
    fn shift(&mut self, by: u32) {
        self.arguments.shift(by);
        self.filter.shift(by);
        self.order_by.shift(by);
    }
}

impl Params for Case {
    fn shift(&mut self, by: u32) {
        for when in &mut self.whens {
            when.condition.shift(by);
            when.then.shift(by);
        }
        self.otherwise.shift(by);
    }
}

impl Params for Window {
    fn shift(&mut self, by: u32) {
        self.function.shift(by);
        self.partition_by.shift(by);
        self.order_by.shift(by);
    }
}

impl Params for Predicate {
    fn shift(&mut self, by: u32) {
        match self {
            Self::And(items) | Self::Or(items) | Self::Xor(items) => items.shift(by),
            Self::Not(inner) | Self::Unless(inner) => inner.shift(by),
            Self::Lookup {
                operand, arguments, ..
            } => {
                operand.shift(by);
                arguments.shift(by);
            }
            Self::Exists(select) => select.shift(by),
            Self::InSelect { operand, select } => {
                operand.shift(by);
                select.shift(by);
            }
            Self::InRows { operands, lists } => {
                operands.shift(by);
                lists.shift(by);
            }
            Self::Expr(value) => value.shift(by),
        }
    }
}

impl Params for Order {
    fn shift(&mut self, by: u32) {
        self.expr.shift(by);
    }
}

impl Params for Output {
    fn shift(&mut self, by: u32) {
        self.expr.shift(by);
    }
}

impl Params for Source {
    fn shift(&mut self, by: u32) {
        if let Self::Subquery { select, .. } = self {
            select.shift(by);
        }
    }
}

impl Params for Join {
    fn shift(&mut self, by: u32) {
        self.source.shift(by);
        self.on.shift(by);
    }
}

impl Params for Select {
    fn shift(&mut self, by: u32) {
        for cte in &mut self.ctes {
            cte.select.shift(by);
        }
        self.from.shift(by);
        self.joins.shift(by);
        self.outputs.shift(by);
        if let Distinct::On(values) = &mut self.distinct {
            values.shift(by);
        }
        self.filter.shift(by);
        self.group_by.shift(by);
        self.having.shift(by);
        for compound in &mut self.compounds {
            compound.select.shift(by);
        }
        self.order_by.shift(by);
        self.limit.shift(by);
        self.offset.shift(by);
    }
}

impl Params for Assignment {
    fn shift(&mut self, by: u32) {
        self.value.shift(by);
    }
}

impl Params for Conflict {
    fn shift(&mut self, by: u32) {
        if let ConflictAction::Update {
            assignments,
            filter,
            ..
        } = &mut self.action
        {
            assignments.shift(by);
            filter.shift(by);
        }
    }
}
