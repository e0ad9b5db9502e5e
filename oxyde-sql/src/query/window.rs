use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::fragment::{Precedence, Sql};
use super::json_value::distinct_key;
use super::order::order_list;
use crate::error::SqlError;
use crate::ir::{Expr, Frame, FrameBound, FrameUnit, Window};
use crate::{aggregate, function};

/// `function OVER (…)`.
pub(super) fn window(cx: &mut Context<'_>, window: &Window) -> Result<Sql, SqlError> {
    let over = over(cx, window)?;
    match &window.function {
        Expr::Aggregate(aggregate) => {
            if aggregate.distinct || !aggregate.order_by.is_empty() {
                return Err(cx.unsupported("DISTINCT or ORDER BY inside a window aggregate"));
            }
            aggregate::render_over(cx, aggregate, Some(over))
        }
        Expr::Function {
            name,
            arguments,
            ty,
        } => {
            let call = function::render_in_window(cx, name, arguments, ty)?;
            Ok(cx
                .join
                .fill("{0} OVER {1}", &[call, over], Precedence::Term))
        }
        _ => Err(SqlError::Invalid {
            what: "a window over something that is not a function",
            hint: "use an aggregate or a window function",
        }),
    }
}

fn over(cx: &mut Context<'_>, window: &Window) -> Result<Sql, SqlError> {
    let mut clauses: Vec<Sql> = Vec::new();
    if !window.partition_by.is_empty() {
        let mut values = Vec::with_capacity(window.partition_by.len());
        for value in &window.partition_by {
            values.push(distinct_key(cx, value)?);
        }
        clauses.push(cx.join.fill("PARTITION BY {*}", &values, Precedence::Or));
    }
    if !window.order_by.is_empty() {
        let order = order_list(cx, &window.order_by)?;
        clauses.push(cx.join.fill("ORDER BY {0}", &[order], Precedence::Or));
    }
    if let Some(frame) = &window.frame {
        clauses.push(frame_clause(cx, frame)?);
    }
    if clauses.is_empty() {
        return Ok(Sql::text("()"));
    }
    let clauses = cx.join.list(clauses, " ", Precedence::Or);
    Ok(cx.join.brackets(clauses))
}

fn frame_clause(cx: &Context<'_>, frame: &Frame) -> Result<Sql, SqlError> {
    let unit = match frame.unit {
        FrameUnit::Rows => "ROWS",
        FrameUnit::Range => "RANGE",
        FrameUnit::Groups if !cx.features.frame_groups => {
            return Err(cx.unsupported("window frames in GROUPS"));
        }
        FrameUnit::Groups => "GROUPS",
    };
    let offset = |bound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
    let has_offset = offset(frame.start) || offset(frame.end);
    if frame.unit == FrameUnit::Range && has_offset && !cx.features.frame_range_offset {
        return Err(cx.unsupported("window frames in RANGE with an offset"));
    }
    if position(frame.start) > position(frame.end)
        || frame.start == FrameBound::UnboundedFollowing
        || frame.end == FrameBound::UnboundedPreceding
    {
        return Err(SqlError::Invalid {
            what: "a window frame that ends before it starts",
            hint: "swap start and end",
        });
    }
    let text = format!(
        "{unit} BETWEEN {} AND {}",
        bound(frame.start),
        bound(frame.end)
    );
    Ok(Sql::term(SeaExpr::Custom(text.into())))
}

/// The position of a bound, to compare start and end; offsets on the same side count as equal.
fn position(bound: FrameBound) -> u8 {
    match bound {
        FrameBound::UnboundedPreceding => 0,
        FrameBound::Preceding(_) => 1,
        FrameBound::CurrentRow => 2,
        FrameBound::Following(_) => 3,
        FrameBound::UnboundedFollowing => 4,
    }
}

fn bound(bound: FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::Preceding(n) => format!("{n} PRECEDING"),
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Following(n) => format!("{n} FOLLOWING"),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
    }
}
