//! Aggregates, as a table like that of the lookups.

mod table;

use crate::dialect::Templates;
use crate::error::SqlError;
use crate::function::{as_member, document_member};
use crate::ir::{Aggregate as Call, Expr};
use crate::query::{
    Context, Extreme, Precedence, Sql, comparable, distinct_key, extreme, json_first, order_list,
    predicate,
};
use crate::suggest::nearest;
use crate::types::{ColumnType, Families, Family};

/// An aggregate function.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
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
    /// Whether NULLs are part of the result, so that a filter cannot be emulated by NULLs.
    keeps_nulls: bool,
    /// Which one of the values it gives, if it is one of them.
    picks: Option<Pick>,
    /// Whether its last argument becomes part of a JSON document.
    documents: bool,
    forms: &'static [Form],
}

/// The value that an aggregate picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    Smallest,
    Largest,
}

/// The SQL of an aggregate for some types.
#[derive(Clone, Copy, Debug)]
struct Form {
    arguments: Families,
    results: Families,
    sql: Templates,
    /// The form for a filter, DISTINCT or an order that the first one lacks: its argument is the
    /// value as JSON text, NULL for rows that do not count.
    listed: Option<Templates>,
    /// Converts the finished call (with its window), if its own type differs.
    after: Option<Templates>,
    /// The call as `{0}` before its window as `{1}`.
    over: Templates,
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
    // Without FILTER the values of all other rows become NULL.
    let (within, filter) = if cx.features.aggregate_filter {
        (None, filter)
    } else {
        (filter, None)
    };
    let listed = listed(cx, form, call, within.is_some());
    if within.is_some() && aggregate.keeps_nulls && listed.is_none() {
        return Err(cx.unsupported(format!("filtered `{}`", aggregate.name)));
    }
    let template = listed.unwrap_or(&form.sql);
    let (mut arguments, restore) = arguments(cx, aggregate, call, within.as_ref(), listed)?;
    let distinct = Sql::text(if call.distinct { "DISTINCT " } else { "" });
    let order = order(cx, aggregate, template, call)?;
    // A template contains the arguments as {0} and {1}, DISTINCT as {2}, the order as {3}.
    let first = arguments.remove(0);
    let second = arguments.pop().unwrap_or_else(|| Sql::text(""));
    let parts = [first, second.clone(), distinct, order];
    let by_order = match (&restore, aggregate.picks) {
        (Some(restore), Some(pick)) if restore.json => {
            json_first(cx, &parts[0], pick == Pick::Largest)?
        }
        _ => None,
    };
    if by_order.is_some() && over.is_some() {
        return Err(cx.unsupported("MIN and MAX of JSON over a window"));
    }
    let mut sql = match by_order {
        Some(sql) => sql,
        None => cx.template(template, &parts, Precedence::Term, aggregate.name)?,
    };
    if let Some(filter) = filter {
        sql = cx
            .join
            .fill("{0} FILTER (WHERE {1})", &[sql, filter], Precedence::Term);
    }
    if let Some(over) = over {
        let feature = format!("`{}` of these values over a window", aggregate.name);
        sql = cx.template(&form.over, &[sql, over], Precedence::Term, &feature)?;
    }
    if let Some(restore) = restore {
        sql = restore.restore(cx, sql)?;
    }
    match form.after.map(|after| after.pick(cx.features.dialect)) {
        Some(Some(after)) => Ok(cx.join.fill(after, &[sql, second], Precedence::Term)),
        _ => Ok(sql),
    }
}

/// The form that joins JSON texts, where the usual one cannot do what is wanted.
fn listed<'f>(
    cx: &Context<'_>,
    form: &'f Form,
    call: &Call,
    filtered: bool,
) -> Option<&'f Templates> {
    let listed = form.listed.as_ref()?;
    listed.pick(cx.features.dialect)?;
    let usual = form.sql.pick(cx.features.dialect).unwrap_or_default();
    let lacks = |slot, wanted| wanted && !usual.contains(slot);
    let needed = filtered || lacks("{2}", call.distinct) || lacks("{3}", !call.order_by.is_empty());
    needed.then_some(listed)
}

/// A value as JSON text.
const AS_LISTED: Templates = Templates::of(
    "",
    "",
    "CAST(JSON_EXTRACT(JSON_ARRAY({0}), '$[0]') AS CHAR)",
)
.mariadb("JSON_EXTRACT(JSON_ARRAY({0}), '$[0]')");

/// The arguments, NULL for rows that do not count.
fn arguments(
    cx: &mut Context<'_>,
    aggregate: &Aggregate,
    call: &Call,
    within: Option<&Sql>,
    listed: Option<&Templates>,
) -> Result<(Vec<Sql>, Option<Extreme>), SqlError> {
    let mut restore = None;
    let mut arguments = Vec::with_capacity(call.arguments.len().max(1));
    for (i, argument) in call.arguments.iter().enumerate() {
        let mut sql = if i == 0 && aggregate.picks.is_some() {
            let (sql, extreme) = extreme(cx, argument)?;
            restore = Some(extreme);
            sql
        } else if aggregate.documents && i + 1 == call.arguments.len() {
            if distinct_document(call) {
                let key = distinct_key(cx, argument)?;
                document_member(cx, key)?
            } else {
                as_member(cx, argument)?
            }
        } else if call.distinct {
            distinct_key(cx, argument)?
        } else {
            comparable(cx, argument)?
        };
        if i == 0 && listed.is_some() {
            sql = cx.template(&AS_LISTED, &[sql], Precedence::Term, aggregate.name)?;
        }
        if let (0, Some(within)) = (i, within) {
            let template = "CASE WHEN {0} THEN {1} END";
            sql = cx
                .join
                .fill(template, &[within.clone(), sql], Precedence::Term);
        }
        arguments.push(sql);
    }
    if arguments.is_empty() {
        arguments.push(within.map_or_else(
            || Sql::text("*"),
            |within| {
                let template = "CASE WHEN {0} THEN 1 END";
                cx.join
                    .fill(template, std::slice::from_ref(within), Precedence::Term)
            },
        ));
    }
    Ok((arguments, restore))
}

/// Equal documents must have the same form.
fn distinct_document(call: &Call) -> bool {
    let family = call.arguments.last().and_then(Expr::column_type);
    call.distinct && family.map(ColumnType::family) == Some(Family::Json)
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
    template: &Templates,
    call: &Call,
) -> Result<Sql, SqlError> {
    if call.order_by.is_empty() {
        return Ok(Sql::text(""));
    }
    let feature = || format!("ordered `{}`", aggregate.name);
    let sorts = template
        .pick(cx.features.dialect)
        .is_some_and(|template| template.contains("{3}"));
    if !sorts {
        return Err(cx.unsupported(feature()));
    }
    let order = order_list(cx, &call.order_by)?;
    Ok(cx.join.fill(" ORDER BY {0}", &[order], Precedence::Or))
}

const fn form_of(arguments: Families, results: Families, sql: Templates) -> Form {
    Form {
        arguments,
        results,
        sql,
        listed: None,
        after: None,
        over: OVER,
    }
}

const OVER: Templates = Templates::same("{0} OVER {1}");

const fn then(mut form: Form, after: Templates) -> Form {
    form.after = Some(after);
    form
}

const fn or_listed(mut form: Form, listed: Templates) -> Form {
    form.listed = Some(listed);
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
