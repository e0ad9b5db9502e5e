use super::{Call, ListColumn, Lookup, Rendering, Shape, list, lookup};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Expr, Literal};
use crate::query::{Context, Precedence, Sql, distinct_key, expr};
use crate::types::Families;

const BETWEEN: Rendering = Rendering::Order(Templates::same("{0!} BETWEEN {1!} AND {2!}"));

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup {
        shape: Shape::List,
        ..lookup("in", Families::ANY, Rendering::With(is_in))
    },
    Lookup {
        shape: Shape::Two,
        ..lookup("between", Families::ORDERED, BETWEEN)
    },
    Lookup {
        shape: Shape::Two,
        ..lookup("range", Families::ORDERED, BETWEEN)
    },
];

fn is_in(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let left = distinct_key(cx, call.operand)?;
    if let [
        Expr::Param {
            index,
            ty,
            list: true,
        },
        size @ ..,
    ] = call.arguments
    {
        let column = ListColumn { param: *index, ty };
        if let [Expr::Literal(Literal::Int(size))] = size
            && let Some(sql) = list::is_in_items(cx, &left, column, *size)
        {
            return Ok(sql);
        }
        let days = list::days_of(cx, call.operand, column)?;
        let sql = list::is_in(cx, left, column);
        return Ok(match days {
            Some(days) => cx.join.list([days, sql], " AND ", Precedence::And),
            None => sql,
        });
    }
    let mut items = Vec::with_capacity(call.arguments.len());
    for argument in call.arguments {
        if matches!(argument, Expr::Param { list: true, .. }) {
            return Err(SqlError::Argument {
                kind: "lookup",
                name: call.lookup.name,
                takes: "one list, or single values",
            });
        }
        items.push(expr(cx, argument)?);
    }
    let items = cx.join.list(items, ", ", Precedence::Or);
    Ok(cx
        .join
        .fill("{0!} IN ({1})", &[left, items], Precedence::Compare))
}
