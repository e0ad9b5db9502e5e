//! Compiles the typed statement to SQL.

mod arithmetic;
mod assignment;
mod bulk_update;
mod case;
mod conflict;
mod context;
mod convert;
mod copy;
mod delete;
mod expr;
mod fit;
mod fragment;
mod in_rows;
mod index_order;
mod insert;
mod json_path;
mod json_target;
mod json_value;
mod moment;
mod order;
mod parse;
mod predicate;
mod returning;
mod search;
mod select;
mod sort_key;
mod source;
mod update;
mod visit;
mod window;
mod writer;

pub(crate) use arithmetic::binary as arithmetic;
pub(crate) use context::Context;
pub use context::MAX_DEPTH;
pub(crate) use convert::convert;
pub(crate) use expr::{collated, comparable, expr};
pub(crate) use fragment::{Precedence, Sql};
pub(crate) use json_path::steps as json_steps;
pub(crate) use json_target::json_target;
pub(crate) use json_value::{distinct_key, is_document, json_equal, json_first, json_order};
pub(crate) use moment::{Bounds, within_days};
pub(crate) use order::order_list;
pub(crate) use predicate::predicate;
pub(crate) use search::search;
pub(crate) use sort_key::{Extreme, extreme, ordered};

use crate::dialect::Features;
use crate::error::SqlError;
use crate::ir::{IR_VERSION, Message, Output, Statement};
use crate::plan::{OutputColumn, Plan};
use crate::types::ColumnType;

/// Compile a statement for a database with these features.
///
/// ```
/// use oxyde_sql::dialect::{Dialect, Features};
/// use oxyde_sql::ir::{Expr, Select, Table};
/// use oxyde_sql::types::ColumnType;
///
/// let users = Table::new("users");
/// let select = Select::from_table(&users)
///     .column(&users, "name", ColumnType::Text)
///     .filter(users.col("age", ColumnType::BigInt).lookup("gte", [Expr::param(0, ColumnType::BigInt)]));
/// let plan = oxyde_sql::compile(&select.into(), &Features::of(Dialect::Postgres))?;
/// assert_eq!(plan.sql, r#"SELECT "users"."name" AS "name" FROM "users" WHERE "users"."age" >= $1"#);
/// assert_eq!(plan.binds[0].ty, ColumnType::BigInt);
/// # Ok::<(), oxyde_sql::SqlError>(())
/// ```
///
/// # Errors
/// The dialect does not support it, a name is unknown, or the statement is inconsistent.
pub fn compile(statement: &Statement, features: &Features) -> Result<Plan, SqlError> {
    let mut cx = Context::new(features);
    let plan = match statement {
        Statement::Select(select) => select::compile(&mut cx, select),
        Statement::Insert(insert) => insert::compile(&mut cx, insert),
        Statement::Update(update) => update::compile(&mut cx, update),
        Statement::BulkUpdate(update) => bulk_update::compile(&mut cx, update),
        Statement::Delete(delete) => delete::compile(&mut cx, delete),
    }?;
    cx.at_most(
        features.limits().values,
        plan.binds.len(),
        "values",
        "use `in` with a list, which is one value, or split the query",
    )?;
    let sent = plan.binds.iter().map(|bind| &bind.ty);
    let read = plan.outputs.iter().map(|output| &output.ty);
    for only in sent.chain(read).filter_map(|ty| ty.lacking(features)) {
        cx.needs(only)?;
    }
    Ok(plan)
}

/// Compile a message from Python.
///
/// # Errors
/// As [`compile`], and if the message has another version.
pub fn compile_message(message: &Message, features: &Features) -> Result<Plan, SqlError> {
    if message.version != IR_VERSION {
        return Err(SqlError::Version {
            got: message.version,
            expected: IR_VERSION,
        });
    }
    compile(&message.statement, features)
}

/// The result columns of these outputs.
fn output_columns(outputs: &[Output]) -> Vec<OutputColumn> {
    outputs
        .iter()
        .map(|output| OutputColumn {
            name: output.name.clone(),
            ty: output
                .expr
                .column_type()
                .cloned()
                .unwrap_or(ColumnType::Text),
        })
        .collect()
}
