//! Functions, as a table like that of the lookups, one file per family.

/// A count of characters or digits for PostgreSQL, which accepts them only as INTEGER: the argument
/// of the slot, limited to a range beyond which the result does not change.
macro_rules! small {
    ($slot:literal) => {
        concat!(
            "CAST(CASE WHEN {",
            $slot,
            "!} > 1000000000 THEN 1000000000 WHEN {",
            $slot,
            "!} < -1000000000 THEN -1000000000 ELSE {",
            $slot,
            "!} END AS INTEGER)"
        )
    };
}

/// The same for a count: at least zero.
macro_rules! count {
    ($slot:literal) => {
        concat!(
            "CAST(CASE WHEN {",
            $slot,
            "!} > 1000000000 THEN 1000000000 WHEN {",
            $slot,
            "!} < 0 THEN 0 ELSE {",
            $slot,
            "!} END AS INTEGER)"
        )
    };
}

mod angle;
mod array;
mod choice;
mod date;
mod hash;
mod json;
mod moment;
mod number;
mod range;
mod text;
mod vector;
mod window;

use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::query::{Context, Precedence, Sql, comparable};
use crate::suggest::nearest;
use crate::types::{ColumnType, Families, Family};

pub(crate) use json::{as_member, document_member};
pub(crate) use number::WHOLE;
pub(crate) use text::{as_text, join_texts};

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name in the IR.
    pub name: &'static str,
    /// Minimum number of arguments.
    pub least: usize,
    /// Maximum number of arguments.
    pub most: usize,
    /// The types that its first argument may have.
    pub families: Families,
    /// The type of its result, as a description.
    pub result: &'static str,
    /// Whether it can only be used with a window.
    pub window: bool,
    rendering: Rendering,
}

/// Any number of arguments.
pub const ANY_NUMBER: usize = 1000;

#[derive(Clone, Copy, Debug)]
enum Rendering {
    /// A template for the arguments.
    Template(Templates),
    /// The first entry whose families contain that of the first argument.
    ByFamily(&'static [(Families, Templates)]),
    /// A number whose type on the server may differ from the requested one; cast to the latter.
    Number(&'static [(Families, Templates)]),
    /// A part of a date or time; the first argument is converted to its zone first.
    Part(&'static [(Families, Templates)]),
    /// Anything else.
    With(fn(&mut Context<'_>, &Call<'_>) -> Result<Sql, SqlError>),
}

/// A use of a function.
struct Call<'a> {
    function: &'static Function,
    arguments: &'a [Expr],
    ty: &'a ColumnType,
}

const fn function(
    name: &'static str,
    arguments: (usize, usize),
    families: Families,
    result: &'static str,
    rendering: Rendering,
) -> Function {
    Function {
        name,
        least: arguments.0,
        most: arguments.1,
        families,
        result,
        window: false,
        rendering,
    }
}

const fn template(
    name: &'static str,
    arguments: (usize, usize),
    families: Families,
    result: &'static str,
    templates: Templates,
) -> Function {
    function(
        name,
        arguments,
        families,
        result,
        Rendering::Template(templates),
    )
}

const TABLES: [&[Function]; 12] = [
    text::FUNCTIONS,
    hash::FUNCTIONS,
    number::FUNCTIONS,
    angle::FUNCTIONS,
    choice::FUNCTIONS,
    date::FUNCTIONS,
    moment::FUNCTIONS,
    json::FUNCTIONS,
    array::FUNCTIONS,
    vector::FUNCTIONS,
    range::FUNCTIONS,
    window::FUNCTIONS,
];

/// All functions, in a fixed order.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    TABLES.into_iter().flatten()
}

/// "2 arguments", "1 to 3 arguments", "at least 1 argument".
pub(crate) fn count_in_words(least: usize, most: usize) -> String {
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    if most >= ANY_NUMBER {
        format!("at least {least} {}", plural(least))
    } else if least == most {
        format!("{most} {}", plural(most))
    } else {
        format!("{least} to {most} arguments")
    }
}

/// A call of the named function.
pub(crate) fn render(
    cx: &mut Context<'_>,
    name: &str,
    arguments: &[Expr],
    ty: &ColumnType,
) -> Result<Sql, SqlError> {
    let function = find(name, arguments)?;
    if function.window {
        return Err(SqlError::Invalid {
            what: "a window function without a window",
            hint: "put it into Window(…)",
        });
    }
    render_found(cx, function, arguments, ty)
}

/// The same for the function before `OVER`.
pub(crate) fn render_in_window(
    cx: &mut Context<'_>,
    name: &str,
    arguments: &[Expr],
    ty: &ColumnType,
) -> Result<Sql, SqlError> {
    let function = find(name, arguments)?;
    if !function.window {
        return Err(SqlError::Invalid {
            what: "a window over a function that is neither an aggregate nor a window function",
            hint: "use an aggregate or one of row_number, rank, lag, lead …",
        });
    }
    render_found(cx, function, arguments, ty)
}

fn find(name: &str, arguments: &[Expr]) -> Result<&'static Function, SqlError> {
    let Some(function) = functions().find(|function| function.name == name) else {
        return Err(SqlError::UnknownName {
            kind: "function",
            name: name.to_owned(),
            nearest: nearest(name, functions().map(|function| function.name)),
        });
    };
    if arguments.len() < function.least || arguments.len() > function.most {
        return Err(SqlError::ArgumentCount {
            kind: "function",
            name: function.name,
            takes: count_in_words(function.least, function.most),
            got: arguments.len(),
        });
    }
    if let Some(family) = family(arguments)
        && !function.families.contains(family)
    {
        return Err(SqlError::WrongFamily {
            kind: "function",
            name: function.name,
            family,
        });
    }
    Ok(function)
}

/// The family of the first argument that has one.
fn family(arguments: &[Expr]) -> Option<Family> {
    arguments
        .first()
        .and_then(Expr::column_type)
        .map(ColumnType::family)
}

fn render_found(
    cx: &mut Context<'_>,
    function: &'static Function,
    arguments: &[Expr],
    ty: &ColumnType,
) -> Result<Sql, SqlError> {
    let call = Call {
        function,
        arguments,
        ty,
    };
    match &function.rendering {
        Rendering::Template(templates) => {
            let arguments = values(cx, arguments)?;
            cx.template(templates, &arguments, Precedence::Term, function.name)
        }
        Rendering::ByFamily(forms) => by_family(cx, forms, &call),
        Rendering::Number(forms) => {
            let sql = by_family(cx, forms, &call)?;
            Ok(as_number(cx, sql, ty))
        }
        Rendering::Part(forms) => date::part(cx, forms, &call),
        Rendering::With(render) => render(cx, &call),
    }
}

fn by_family(
    cx: &mut Context<'_>,
    forms: &[(Families, Templates)],
    call: &Call<'_>,
) -> Result<Sql, SqlError> {
    let templates = pick(forms, call)?;
    let arguments = values(cx, call.arguments)?;
    cx.template(templates, &arguments, Precedence::Term, call.function.name)
}

fn pick<'f>(
    forms: &'f [(Families, Templates)],
    call: &Call<'_>,
) -> Result<&'f Templates, SqlError> {
    let family = family(call.arguments);
    forms
        .iter()
        .find(|(families, _)| family.is_none_or(|family| families.contains(family)))
        .map(|(_, templates)| templates)
        .ok_or_else(|| SqlError::WrongFamily {
            kind: "function",
            name: call.function.name,
            family: family.unwrap_or(Family::Text),
        })
}

/// The number as the type that the caller reads.
fn as_number(cx: &Context<'_>, sql: Sql, ty: &ColumnType) -> Sql {
    match ty.family() {
        Family::Int | Family::Float => cx.cast(sql, ty),
        _ => sql,
    }
}

fn values(cx: &mut Context<'_>, arguments: &[Expr]) -> Result<Vec<Sql>, SqlError> {
    arguments
        .iter()
        .map(|argument| comparable(cx, argument))
        .collect()
}
