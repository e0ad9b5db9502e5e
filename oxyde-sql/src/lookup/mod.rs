//! Lookups: named comparisons (`exact`, `icontains`, `in` …), one file per family.
//!
//! A lookup is one [`Lookup`] entry in its family's table: its name, its arguments and its SQL in
//! each dialect. To add one, add its entry (and its golden cases).

mod array;
mod compare;
mod date;
mod json;
mod list;
mod null;
mod numbers;
mod range;
mod search;
mod set;
mod text;

use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Expr, Literal};
use crate::plan::Form;
use crate::query::{
    Bounds, Context, Precedence, Sql, collated, comparable, json_order, ordered, within_days,
};
use crate::suggest::nearest;
use crate::types::{ColumnType, Families, Family};

pub(crate) use compare::differs;
pub(crate) use list::{ListColumn, list_rows};

/// The arguments of a lookup, besides its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One value.
    One,
    /// Two values: the lowest and the highest.
    Two,
    /// A list param, or any number of values.
    List,
    /// True or false, as a literal.
    Flag,
}

impl Shape {
    /// The name that Python uses for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
            Self::List => "list",
            Self::Flag => "flag",
        }
    }

    const fn takes(self) -> &'static str {
        match self {
            Self::One => "1 argument",
            Self::Two => "2 arguments",
            Self::List => "a list",
            Self::Flag => "true or false",
        }
    }

    const fn accepts(self, count: usize) -> bool {
        match self {
            Self::One | Self::Flag => count == 1,
            Self::Two => count == 2,
            Self::List => count > 0,
        }
    }
}

/// The type of a lookup's value, if it differs from the operand's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value of the operand's own type.
    Same,
    /// Text.
    Text,
    /// An integer.
    Int,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A bound of the operand, which is a range.
    Item,
    /// A range of the operand's own type, or one of its values.
    SameOrItem,
}

impl Takes {
    /// The name that Python uses for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Text => "text",
            Self::Int => "int",
            Self::Date => "date",
            Self::Time => "time",
            Self::Item => "item",
            Self::SameOrItem => "same_or_item",
        }
    }
}

/// A lookup.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// Its name, as in `name__icontains`.
    pub name: &'static str,
    /// Its arguments.
    pub shape: Shape,
    /// Their type.
    pub takes: Takes,
    /// The operands that it applies to.
    pub families: Families,
    /// For a part of the operand (`year`, `len`): the function that returns the part, to which
    /// further lookups apply (`year__gte` is `gte` on `extract_year`).
    pub part: Option<&'static str>,
    rendering: Rendering,
}

#[derive(Clone, Copy, Debug)]
enum Rendering {
    /// The operand is `{0}`, the arguments `{1}`, `{2}`.
    Template(Templates),
    /// The same for an order comparison.
    Order(Templates),
    /// A text search: the template for a param, sent in a form, and the one for any other value.
    Pattern {
        form: Form,
        param: Templates,
        other: Templates,
    },
    /// The part of the operand equals the argument.
    Part,
    /// Anything else.
    With(fn(&mut Context<'_>, &Call<'_>) -> Result<Sql, SqlError>),
}

/// A use of a lookup.
struct Call<'a> {
    lookup: &'static Lookup,
    operand: &'a Expr,
    arguments: &'a [Expr],
}

const fn lookup(name: &'static str, families: Families, rendering: Rendering) -> Lookup {
    Lookup {
        name,
        shape: Shape::One,
        takes: Takes::Same,
        families,
        part: None,
        rendering,
    }
}

/// All lookups by family, in a fixed order.
const TABLES: [&[Lookup]; 9] = [
    compare::LOOKUPS,
    text::LOOKUPS,
    set::LOOKUPS,
    null::LOOKUPS,
    date::LOOKUPS,
    json::LOOKUPS,
    array::LOOKUPS,
    range::LOOKUPS,
    search::LOOKUPS,
];

/// All lookups, in a fixed order.
pub fn lookups() -> impl Iterator<Item = &'static Lookup> {
    TABLES.into_iter().flatten()
}

/// Find the named lookup for operands of the type. A name may have several lookups, one
/// per family (`contains` of text, of a JSON document, of an array).
pub(crate) fn find(name: &str, operand: &Expr) -> Result<&'static Lookup, SqlError> {
    let family = operand.column_type().map(ColumnType::family);
    let mut known = None;
    for lookup in lookups().filter(|lookup| lookup.name == name) {
        if family.is_none_or(|family| lookup.families.contains(family)) {
            return Ok(lookup);
        }
        known = Some(lookup);
    }
    match (known, family) {
        (Some(lookup), Some(family)) => Err(SqlError::WrongFamily {
            kind: "lookup",
            name: lookup.name,
            family,
        }),
        _ => Err(SqlError::UnknownName {
            kind: "lookup",
            name: name.to_owned(),
            nearest: nearest(name, lookups().map(|lookup| lookup.name)),
        }),
    }
}

/// The condition of a lookup.
pub(crate) fn render(
    cx: &mut Context<'_>,
    name: &str,
    operand: &Expr,
    arguments: &[Expr],
) -> Result<Sql, SqlError> {
    let lookup = find(name, operand)?;
    if !lookup.shape.accepts(arguments.len()) {
        return Err(SqlError::ArgumentCount {
            kind: "lookup",
            name: lookup.name,
            takes: lookup.shape.takes().to_owned(),
            got: arguments.len(),
        });
    }
    let is_list = |argument: &Expr| matches!(argument, Expr::Param { list: true, .. });
    let takes_list = lookup.shape == Shape::List || lookup.families == array::FAMILIES;
    if !takes_list && arguments.iter().any(is_list) {
        return Err(SqlError::Argument {
            kind: "lookup",
            name: lookup.name,
            takes: "one value, not a list",
        });
    }
    let call = Call {
        lookup,
        operand,
        arguments,
    };
    match &lookup.rendering {
        Rendering::Template(templates) => template(cx, templates, &call),
        Rendering::Order(templates) => order(cx, templates, &call),
        Rendering::Pattern { form, param, other } => pattern(cx, *form, param, other, &call),
        Rendering::Part => part(cx, &call),
        Rendering::With(render) => render(cx, &call),
    }
}

fn template(cx: &mut Context<'_>, templates: &Templates, call: &Call<'_>) -> Result<Sql, SqlError> {
    let mut parts = vec![comparable(cx, call.operand)?];
    for argument in call.arguments {
        parts.push(crate::query::expr(cx, argument)?);
    }
    cx.template(templates, &parts, Precedence::Compare, call.lookup.name)
}

fn order(cx: &mut Context<'_>, templates: &Templates, call: &Call<'_>) -> Result<Sql, SqlError> {
    let mut sides = call.arguments.iter().chain([call.operand]);
    if sides.any(|side| side.column_type() == Some(&ColumnType::Json)) {
        return documents(cx, call);
    }
    if let Some(sides) = numbers::as_one_type(cx, call.operand, call.arguments)? {
        return cx.template(templates, &sides, Precedence::Compare, call.lookup.name);
    }
    let ty = call.operand.column_type();
    let mut operand = ordered(cx, call.operand, ty)?;
    if let Expr::JsonPath { ty, .. } = call.operand
        && ty.family() == Family::Text
    {
        operand = cx.template(
            &BY_CODE_POINT,
            &[operand],
            Precedence::Term,
            call.lookup.name,
        )?;
    }
    let mut parts = vec![operand];
    for argument in call.arguments {
        parts.push(match ty.map(ColumnType::family) {
            Some(Family::Enum | Family::Inet) => ordered(cx, argument, ty)?,
            _ => crate::query::expr(cx, argument)?,
        });
    }
    let sql = cx.template(templates, &parts, Precedence::Compare, call.lookup.name)?;
    let (first, second) = (call.arguments.first(), call.arguments.get(1));
    let bounds = match call.lookup.name {
        "gt" | "gte" => Bounds {
            least: first,
            most: None,
        },
        "lt" | "lte" => Bounds {
            least: None,
            most: first,
        },
        _ => Bounds {
            least: first,
            most: second,
        },
    };
    within_days(cx, call.operand, bounds, sql)
}

/// Strings in JSON are compared by code points on each database.
const BY_CODE_POINT: Templates = Templates::of("{0!} COLLATE \"C\"", "{0}", "{0}");

/// An order comparison with a JSON operand.
fn documents(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    if let [low, high] = call.arguments {
        let sides = [
            json_order(cx, "gte", call.operand, low)?,
            json_order(cx, "lte", call.operand, high)?,
        ];
        return Ok(cx.join.fill("{0!} AND {1!}", &sides, Precedence::And));
    }
    json_order(cx, call.lookup.name, call.operand, &call.arguments[0])
}

fn pattern(
    cx: &mut Context<'_>,
    form: Form,
    param: &Templates,
    other: &Templates,
    call: &Call<'_>,
) -> Result<Sql, SqlError> {
    if let Some(sql) = text::prefix_range(cx, call)? {
        return Ok(sql);
    }
    let operand = textual(cx, call.operand)?;
    // Without a LIKE pattern, search for the text unchanged.
    let like = param.pick(cx.features.dialect) != other.pick(cx.features.dialect);
    let (templates, value) = match &call.arguments[0] {
        Expr::Param {
            index,
            ty,
            list: false,
        } => {
            let ty = if ty.family() == Family::Text {
                ty
            } else {
                &ColumnType::Text
            };
            let form = if like { form } else { Form::Scalar };
            (
                if like { param } else { other },
                cx.placeholder(*index, ty, form),
            )
        }
        argument => (other, textual(cx, argument)?),
    };
    cx.template(
        templates,
        &[operand, value],
        Precedence::Compare,
        call.lookup.name,
    )
}

/// A value as text: labels of enums, UUIDs and IP addresses are searched in their text form.
fn textual(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    let sql = crate::query::expr(cx, value)?;
    Ok(match value.column_type().map(ColumnType::family) {
        Some(Family::Enum | Family::Uuid | Family::Inet) => cx.cast(sql, &ColumnType::Text),
        _ => sql,
    })
}

fn part(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Sql, SqlError> {
    let ty = match (call.lookup.takes, call.operand.column_type()) {
        (Takes::Date, _) => ColumnType::Date,
        (Takes::Time, _) => ColumnType::Time,
        (Takes::Item, Some(ColumnType::Range { item })) => item.column_type().clone(),
        _ => ColumnType::BigInt,
    };
    let function = call.lookup.part.unwrap_or(call.lookup.name);
    let operands = std::slice::from_ref(call.operand);
    let left = crate::function::render(cx, function, operands, &ty)?;
    let left = collated(cx, left, Some(&ty));
    let right = crate::query::expr(cx, &call.arguments[0])?;
    Ok(cx
        .join
        .fill("{0!} = {1!}", &[left, right], Precedence::Compare))
}

fn flag(call: &Call<'_>) -> Result<bool, SqlError> {
    match call.arguments {
        [Expr::Literal(Literal::Bool(flag))] => Ok(*flag),
        _ => Err(SqlError::Argument {
            kind: "lookup",
            name: call.lookup.name,
            takes: "true or false as a literal",
        }),
    }
}
