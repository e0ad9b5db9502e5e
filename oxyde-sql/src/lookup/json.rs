use super::{Call, ListColumn, Lookup, Rendering, Shape, Takes, lookup};
use crate::dialect::{Requirement, Templates};
use crate::error::SqlError;
use crate::ir::Expr;
use crate::plan::Form;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::{ColumnType, Families, Family};

const JSON: Families = Families::of(&[Family::Json]);

pub(super) const LOOKUPS: &[Lookup] = &[
    lookup(
        "contains",
        JSON,
        Rendering::Template(Templates::of(
            "{0!} @> {1!}",
            "oxyde_json_contains({0}, {1})",
            "JSON_CONTAINS({0}, {1})",
        )),
    ),
    lookup(
        "contained_by",
        JSON,
        Rendering::Template(Templates::of(
            "{0!} <@ {1!}",
            "oxyde_json_contains({1}, {0})",
            "JSON_CONTAINS({1}, {0})",
        )),
    ),
    Lookup {
        takes: Takes::Text,
        ..lookup(
            "has_key",
            JSON,
            Rendering::Template(Templates::of(
                "(JSONB_TYPEOF({0}) = 'object' AND {0!} ? {1!})",
                "EXISTS (SELECT 1 FROM json_each({0}) WHERE key = {1!})",
                "JSON_CONTAINS(JSON_KEYS({0}), JSON_QUOTE({1}))",
            )),
        )
    },
    Lookup {
        takes: Takes::Text,
        shape: Shape::List,
        ..lookup("has_keys", JSON, Rendering::With(has_keys))
    },
    Lookup {
        takes: Takes::Text,
        shape: Shape::List,
        ..lookup("has_any_keys", JSON, Rendering::With(has_any_keys))
    },
];

const ALL_KEYS: Templates = Templates::of(
    "(JSONB_TYPEOF({0}) = 'object' AND {0!} ?& {1!})",
    "NOT EXISTS (SELECT 1 FROM json_each({1}) AS w WHERE w.value NOT IN \
     (SELECT k.key FROM json_each({0}) AS k))",
    "JSON_CONTAINS(JSON_KEYS({0}), {1})",
);

const ANY_KEY: Templates = Templates::of(
    "(JSONB_TYPEOF({0}) = 'object' AND {0!} ?| {1!})",
    "EXISTS (SELECT 1 FROM json_each({0}) AS k WHERE k.key IN \
     (SELECT w.value FROM json_each({1}) AS w))",
    "JSON_OVERLAPS(JSON_KEYS({0}), {1})",
)
.needs(Requirement::JsonOverlap);

fn has_keys(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    keys(cx, call, &ALL_KEYS)
}

fn has_any_keys(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    keys(cx, call, &ANY_KEY)
}

fn keys(cx: &mut Context<'_>, call: &Call<'_>, templates: &Templates) -> Result<Sql, SqlError> {
    let [
        Expr::Param {
            index, list: true, ..
        },
    ] = call.arguments
    else {
        return Err(SqlError::Argument {
            kind: "lookup",
            name: call.lookup.name,
            takes: "one list of keys",
        });
    };
    let operand = expr(cx, call.operand)?;
    let list = ListColumn {
        param: *index,
        ty: &ColumnType::Text,
    };
    let form = if cx.features.native_arrays {
        Form::Array
    } else {
        Form::JsonList
    };
    let keys = cx.placeholder(list.param, list.ty, form);
    cx.template(
        templates,
        &[operand, keys],
        Precedence::Compare,
        call.lookup.name,
    )
}
