//! From the typed statement to SQL.

mod arithmetic;
mod assignment;
mod bulk_update;
mod case;
mod conflict;
mod context;
mod copy;
mod delete;
mod expr;
mod fragment;
mod insert;
mod json_path;
mod order;
mod ordered;
mod predicate;
mod returning;
mod rows;
mod scan;
mod search;
mod select;
mod source;
mod update;
mod window;
mod writer;

pub(crate) use arithmetic::binary as arithmetic;
pub(crate) use context::Context;
pub use context::MAX_DEPTH;
pub(crate) use expr::{comparable, expr};
pub(crate) use fragment::{Level, Sql};
pub(crate) use json_path::steps as json_steps;
pub(crate) use order::order_list;
pub(crate) use ordered::{extreme, ordered};
pub(crate) use predicate::predicate;
pub(crate) use search::search;

use crate::dialect::Features;
use crate::error::SqlError;
use crate::ir::{IR_VERSION, Message, Output, Statement};
use crate::plan::{OutputColumn, Plan};
use crate::types::{ColumnType, Family};

/// Compiles a statement for a database with these features.
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
/// The dialect cannot do it, a name is unknown, or the statement contradicts itself.
pub fn compile(statement: &Statement, features: &Features) -> Result<Plan, SqlError> {
    let mut cx = Context::new(features);
    let plan = match statement {
        Statement::Select(select) => select::compile(&mut cx, select),
        Statement::Insert(insert) => insert::compile(&mut cx, insert),
        Statement::Update(update) => update::compile(&mut cx, update),
        Statement::BulkUpdate(update) => bulk_update::compile(&mut cx, update),
        Statement::Delete(delete) => delete::compile(&mut cx, delete),
    }?;
    let mut sent = plan.binds.iter().map(|bind| &bind.ty);
    let mut read = plan.outputs.iter().map(|output| &output.ty);
    let is_vector = |ty: &ColumnType| ty.family() == Family::Vector;
    if sent.any(is_vector) || read.any(is_vector) {
        cx.needs_vectors()?;
    }
    Ok(plan)
}

/// Compiles what came across the border.
///
/// # Errors
/// As [`compile`]; also when the message is of another version.
pub fn compile_message(message: &Message, features: &Features) -> Result<Plan, SqlError> {
    if message.version != IR_VERSION {
        return Err(SqlError::Version {
            got: message.version,
            expected: IR_VERSION,
        });
    }
    compile(&message.statement, features)
}

/// What the rows of these outputs look like.
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
