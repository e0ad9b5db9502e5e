use super::{Call, Lookup, Rendering, Shape, Takes, flag, lookup};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::{Families, Family};

const RANGES: Families = Families::of(&[Family::Range]);

const fn range(name: &'static str, template: &'static str) -> Lookup {
    // No other database has a column of the type.
    lookup(name, RANGES, Rendering::Template(Templates::same(template)))
}

const fn bound(name: &'static str, function: &'static str) -> Lookup {
    Lookup {
        takes: Takes::Item,
        part: Some(function),
        ..lookup(name, RANGES, Rendering::Part)
    }
}

pub(super) const LOOKUPS: &[Lookup] = &[
    // A range, or one value.
    Lookup {
        takes: Takes::SameOrItem,
        ..range("contains", "{0!} @> {1!}")
    },
    range("contained_by", "{0!} <@ {1!}"),
    range("overlap", "{0!} && {1!}"),
    range("strictly_left", "{0!} << {1!}"),
    range("strictly_right", "{0!} >> {1!}"),
    range("adjacent", "{0!} -|- {1!}"),
    bound("lower", "range_lower"),
    bound("upper", "range_upper"),
    Lookup {
        shape: Shape::Flag,
        ..lookup("empty", RANGES, Rendering::With(is_empty))
    },
];

fn is_empty(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let operand = expr(cx, call.operand)?;
    let template = if flag(call)? {
        "ISEMPTY({0})"
    } else {
        "(NOT ISEMPTY({0}))"
    };
    Ok(cx.join.fill(template, &[operand], Precedence::Term))
}
