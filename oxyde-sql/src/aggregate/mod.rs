//! Aggregates: a table like that of the lookups.

mod table;

use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Aggregate as Call, Expr};
use crate::nearest::nearest;
use crate::query::{Context, Level, Sql, comparable, extreme, order_list, predicate};
use crate::types::{ColumnType, Families, Family};

/// One aggregate.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
    /// Its name in the IR.
    pub name: &'static str,
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments.
    pub most: usize,
    /// What its first argument may be.
    pub families: Families,
    /// The type of its result, in words.
    pub result: &'static str,
    /// Whether NULLs are part of the result, so that a filter cannot be written as NULLs.
    keeps_nulls: bool,
    forms: &'static [Form],
}

/// How an aggregate is written for some types.
#[derive(Clone, Copy, Debug)]
struct Form {
    arguments: Families,
    results: Families,
    sql: Templates,
    /// What is done to the finished call (with its window), where its own type is another one.
    after: Option<Templates>,
}

/// All aggregates, in a fixed order.
pub fn aggregates() -> impl Iterator<Item = &'static Aggregate> {
    table::AGGREGATES.iter()
}

/// An aggregate over its group.
pub(crate) fn render(cx: &mut Context<'_>, call: &Call) -> Result<Sql, SqlError> {
    render_over(cx, call, None)
}

/// An aggregate over its group or over a window (`OVER (…)`).
pub(crate) fn render_over(
    cx: &mut Context<'_>,
    call: &Call,
    over: Option<Sql>,
) -> Result<Sql, SqlError> {
    let aggregate = find(call)?;
    let form = form(aggregate, call)?;
    let filter = match &call.filter {
        Some(filter) => Some(predicate(cx, filter)?),
        None => None,
    };
    let emulated = filter.is_some() && !cx.features.aggregate_filter;
    if emulated && aggregate.keeps_nulls {
        return Err(cx.unsupported(format!("filtered `{}`", aggregate.name)));
    }
    let mut back = None;
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for (i, argument) in call.arguments.iter().enumerate() {
        let mut sql = if i == 0 && matches!(aggregate.name, "min" | "max") {
            let (sql, restore) = extreme(cx, argument)?;
            back = Some(restore);
            sql
        } else {
            comparable(cx, argument)?
        };
        if let (0, true, Some(filter)) = (i, emulated, &filter) {
            let template = "CASE WHEN {0} THEN {1} END";
            sql = cx.join.fill(template, &[filter.clone(), sql], Level::Term);
        }
        arguments.push(sql);
    }
    if arguments.is_empty() {
        arguments.push(match (emulated, &filter) {
            (true, Some(filter)) => cx.join.fill(
                "CASE WHEN {0} THEN 1 END",
                std::slice::from_ref(filter),
                Level::Term,
            ),
            _ => Sql::text("*"),
        });
    }
    let distinct = Sql::text(if call.distinct { "DISTINCT " } else { "" });
    let order = order(cx, aggregate, call)?;
    // A template holds the arguments as {0} and {1}, DISTINCT as {2}, the order as {3}.
    let first = arguments.remove(0);
    let second = arguments.pop().unwrap_or_else(|| Sql::text(""));
    let parts = [first, second.clone(), distinct, order];
    let mut sql = cx.template(&form.sql, &parts, Level::Term, aggregate.name)?;
    if let (Some(filter), false) = (filter, emulated) {
        sql = cx
            .join
            .fill("{0} FILTER (WHERE {1})", &[sql, filter], Level::Term);
    }
    if over.is_some() && !slides(form, cx) {
        return Err(cx.unsupported(format!(
            "`{}` of these values over a window",
            aggregate.name
        )));
    }
    if let Some(over) = over {
        sql = cx.join.fill("{0} OVER {1}", &[sql, over], Level::Term);
    }
    if let Some(back) = back {
        sql = back.restore(cx, sql)?;
    }
    match form.after.map(|after| after.pick(cx.features.dialect)) {
        Some(Some(after)) => Ok(cx.join.fill(after, &[sql, second], Level::Term)),
        _ => Ok(sql),
    }
}

/// Whether the aggregate can stand before a window. Of those that the driver brings, the sum and
/// the mean can take a value back; the others cannot.
fn slides(form: &Form, cx: &Context<'_>) -> bool {
    form.sql.pick(cx.features.dialect).is_none_or(|sql| {
        !sql.starts_with("oxyde_")
            || sql.starts_with("oxyde_decimal_sum")
            || sql.starts_with("oxyde_decimal_avg")
    })
}

fn find(call: &Call) -> Result<&'static Aggregate, SqlError> {
    let Some(aggregate) = aggregates().find(|aggregate| aggregate.name == call.name) else {
        return Err(SqlError::UnknownName {
            kind: "aggregate",
            name: call.name.clone(),
            nearest: nearest(&call.name, aggregates().map(|aggregate| aggregate.name)),
        });
    };
    let got = call.arguments.len();
    if got < aggregate.least || got > aggregate.most {
        return Err(SqlError::ArgumentCount {
            kind: "aggregate",
            name: aggregate.name,
            takes: crate::function::count_in_words(aggregate.least, aggregate.most),
            got,
        });
    }
    if got == 0 && call.distinct {
        return Err(SqlError::Argument {
            kind: "aggregate",
            name: aggregate.name,
            takes: "a value where it is distinct",
        });
    }
    Ok(aggregate)
}

fn form(aggregate: &'static Aggregate, call: &Call) -> Result<&'static Form, SqlError> {
    let family = call
        .arguments
        .first()
        .and_then(Expr::column_type)
        .map(ColumnType::family);
    if let Some(family) = family.filter(|family| !aggregate.families.contains(*family)) {
        return Err(SqlError::WrongFamily {
            kind: "aggregate",
            name: aggregate.name,
            family,
        });
    }
    let result = call.ty.family();
    let fits = |form: &&Form| {
        family.is_none_or(|family| form.arguments.contains(family)) && form.results.contains(result)
    };
    aggregate
        .forms
        .iter()
        .find(fits)
        .ok_or(SqlError::WrongFamily {
            kind: "result of the aggregate",
            name: aggregate.name,
            family: result,
        })
}

fn order(
    cx: &mut Context<'_>,
    aggregate: &'static Aggregate,
    call: &Call,
) -> Result<Sql, SqlError> {
    if call.order_by.is_empty() {
        return Ok(Sql::text(""));
    }
    let feature = || format!("ordered `{}`", aggregate.name);
    let sorts = aggregate.forms.iter().any(|form| {
        form.sql
            .pick(cx.features.dialect)
            .is_some_and(|template| template.contains("{3}"))
    });
    if !sorts {
        return Err(cx.unsupported(feature()));
    }
    let order = order_list(cx, &call.order_by)?;
    Ok(cx.join.fill(" ORDER BY {0}", &[order], Level::Or))
}

const fn form_of(arguments: Families, results: Families, sql: Templates) -> Form {
    Form {
        arguments,
        results,
        sql,
        after: None,
    }
}

const fn then(mut form: Form, after: Templates) -> Form {
    form.after = Some(after);
    form
}

const INTS: Families = Families::of(&[Family::Int]);

#[cfg(test)]
mod tests {
    use super::aggregates;

    #[test]
    fn every_aggregate_has_a_form() {
        for aggregate in aggregates() {
            assert!(!aggregate.forms.is_empty(), "{}", aggregate.name);
            assert!(aggregate.least <= aggregate.most, "{}", aggregate.name);
        }
    }
}
