use super::{Call, Lookup, Rendering, Shape, flag, lookup};
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::Families;

pub(super) const LOOKUPS: &[Lookup] = &[Lookup {
    shape: Shape::Flag,
    ..lookup("isnull", Families::ANY, Rendering::With(is_null))
}];

fn is_null(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let template = if flag(call)? {
        "{0!} IS NULL"
    } else {
        "{0!} IS NOT NULL"
    };
    let operand = expr(cx, call.operand)?;
    Ok(cx.join.fill(template, &[operand], Precedence::Compare))
}
