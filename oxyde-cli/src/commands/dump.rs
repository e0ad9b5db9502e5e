//! `oxyde dump`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use oxyde_driver::{BeginOptions, Cancel, Cell, Executor, Isolation, RowSet};
use oxyde_migrate::session::Session;
use oxyde_migrate::state::label_of;
use oxyde_sql::compile;
use oxyde_sql::ir::{Expr, Literal, Predicate, Select};
use oxyde_sql::plan::Plan;
use oxyde_sql::schema::{Column, Table};
use oxyde_sql::suggest;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use serde_json::json;

use super::Project;
use crate::args::Dump;
use crate::error::CliError;
use crate::output::{Look, Output};
use crate::rows::{self, in_query, stored, write_row};

/// Rows that are in memory at a time.
const PAGE: u16 = 5_000;

pub(super) fn run(args: &Dump, project: &Project<'_>) -> Result<i32, CliError> {
    let output = project.output;
    let history = project.existing_history()?;
    let interrupt = output.host.interrupt();
    let count = project.read(async |session: &Session| {
        let all = rows::tables(&history, session).await?;
        let tables = chosen(&all, &args.tables)?;
        let mut sink = Sink::open(args.output.as_ref(), output)?;
        let count = all_rows(session, &tables, &mut sink, &interrupt.cancel()).await?;
        sink.close()?;
        Ok((count, tables.len()))
    })?;
    let (count, tables) = count;
    if let Some(file) = &args.output {
        if output.is_json() {
            output.answer(&json!({ "path": file, "tables": tables, "rows": count }));
        } else {
            output.line(&format!(
                "{} {}: {count} rows of {tables} tables",
                output.paint(Look::Good, "wrote"),
                file.display()
            ));
        }
    }
    Ok(crate::DONE)
}

/// Return the named tables, in their order; all, if none is named.
fn chosen<'a>(all: &'a [Table], names: &[String]) -> Result<Vec<&'a Table>, CliError> {
    let known: Vec<String> = all.iter().map(label_of).collect();
    // A model's table has the name of its class in lower case, if it does not say otherwise.
    let find = |name: &String| {
        let lower = name.to_lowercase();
        known
            .iter()
            .position(|label| label == name || *label == lower)
    };
    for name in names {
        if find(name).is_none() {
            let known = known.iter().map(String::as_str);
            return Err(
                CliError::new(format!("no model has the table `{name}`")).hint(suggest::hint(
                    name,
                    known.clone(),
                    || format!("the tables are {}", known.collect::<Vec<_>>().join(", ")),
                )),
            );
        }
    }
    let wanted: Vec<usize> = names.iter().filter_map(find).collect();
    let is_wanted = |at: &usize| names.is_empty() || wanted.contains(at);
    Ok((0..all.len())
        .filter(is_wanted)
        .map(|at| &all[at])
        .collect())
}

/// Where the lines go.
enum Sink<'a> {
    Output(&'a Output<'a>),
    /// A file beside the target, which takes its place when it is complete.
    File {
        file: BufWriter<File>,
        beside: PathBuf,
        target: PathBuf,
    },
}

impl<'a> Sink<'a> {
    fn open(target: Option<&PathBuf>, output: &'a Output<'a>) -> Result<Self, CliError> {
        let Some(target) = target else {
            return Ok(Sink::Output(output));
        };
        let mut name = target.as_os_str().to_owned();
        name.push(".new");
        let beside = PathBuf::from(name);
        let file = File::create(&beside).map_err(|error| failed(&beside, &error))?;
        Ok(Sink::File {
            file: BufWriter::new(file),
            beside,
            target: target.clone(),
        })
    }

    fn write(&mut self, text: &str) -> Result<(), CliError> {
        match self {
            Sink::Output(output) => {
                output.part(text);
                output.failure().map_or(Ok(()), Err)
            }
            Sink::File { file, beside, .. } => file
                .write_all(text.as_bytes())
                .map_err(|error| failed(beside, &error)),
        }
    }

    fn close(self) -> Result<(), CliError> {
        let Sink::File {
            mut file,
            beside,
            target,
        } = self
        else {
            return Ok(());
        };
        file.flush().map_err(|error| failed(&beside, &error))?;
        std::fs::rename(&beside, &target).map_err(|error| failed(&target, &error))
    }
}

fn failed(path: &std::path::Path, error: &std::io::Error) -> CliError {
    CliError::new(format!("cannot write {}: {error}", path.display()))
        .hint("check the folder, its permissions and the free space")
}

/// Write all rows of the tables, as of one point in time.
async fn all_rows(
    session: &Session,
    tables: &[&Table],
    sink: &mut Sink<'_>,
    cancel: &Cancel,
) -> Result<u64, CliError> {
    // A database without locks of rows has one writer, and each transaction sees one state.
    let has_writers = session.pool().features().row_locks;
    let options = BeginOptions {
        isolation: has_writers.then_some(Isolation::RepeatableRead),
        read_only: true,
        ..BeginOptions::default()
    };
    let pool = session.pool().cancelled_by(cancel);
    let transaction = pool.begin_with(options).await?;
    let cancellable = transaction.cancelled_by(cancel);
    let bar = progress_bar("dumped");
    let mut count = 0;
    let mut result = Ok(());
    for table in tables {
        bar.set_message(label_of(table));
        let of_table = rows_of(session, &cancellable, table, sink, &bar).await;
        match of_table {
            Ok(rows) => count += rows,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    bar.finish_and_clear();
    // Nothing was written.
    let _ = transaction.rollback().await;
    result.map(|()| count)
}

/// A counter at the terminal. The library writes nothing elsewhere.
pub(super) fn progress_bar(word: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let form = format!("{word} {{pos}} rows, {{per_sec}}  {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&form) {
        bar.set_style(style);
    }
    bar
}

async fn rows_of(
    session: &Session,
    transaction: &impl Executor,
    table: &Table,
    sink: &mut Sink<'_>,
    bar: &ProgressBar,
) -> Result<u64, CliError> {
    let label = label_of(table);
    let columns: Vec<&Column> = stored(table).collect();
    let key: Vec<(usize, &ColumnType)> = table
        .primary_key
        .iter()
        .filter_map(|name| columns.iter().position(|column| column.name == *name))
        .map(|at| (at, &columns[at].ty))
        .collect();
    let plan = |select: Select| -> Result<Arc<Plan>, CliError> {
        compile(&select.into(), session.pool().features())
            .map(Arc::new)
            .map_err(|error| CliError::new(format!("table `{label}`: {error}")))
    };
    // Without a key there are no pages.
    let first = plan(page(table, &columns, &key, None))?;
    let next = plan(page(table, &columns, &key, after(table, &columns, &key)))?;
    let mut text = String::new();
    let mut count = 0;
    let mut last: Option<Vec<Value>> = None;
    loop {
        let (plan, values) = match last.take() {
            None => (&first, Vec::new()),
            Some(values) => (&next, values),
        };
        let rows = transaction.fetch(plan, values).await?;
        for row in &rows {
            let names = columns.iter().map(|column| column.name.as_str());
            write_row(&mut text, &label, names.zip(row.cells()));
        }
        sink.write(&text)?;
        text.clear();
        count += rows.len() as u64;
        bar.inc(rows.len() as u64);
        if key.is_empty() || rows.len() < usize::from(PAGE) {
            return Ok(count);
        }
        last = Some(key.iter().map(|(at, _)| owned(&rows, *at)).collect());
    }
}

/// The rows in the order of the key, after a condition.
fn page(
    table: &Table,
    columns: &[&Column],
    key: &[(usize, &ColumnType)],
    after: Option<Predicate>,
) -> Select {
    let source = in_query(table);
    let mut select = Select::from_table(&source);
    for column in columns {
        select = select.column(&source, &column.name, column.ty.clone());
    }
    if let Some(after) = after {
        select = select.filter(after);
    }
    for (at, ty) in key {
        select = select.order(source.col(&columns[*at].name, (*ty).clone()).asc());
    }
    if !key.is_empty() {
        select.limit = Some(Expr::Literal(Literal::Int(i64::from(PAGE))));
    }
    select
}

/// The condition that a row comes after the key whose values are the parameters: of `(a, b)`,
/// `a > $0 or (a = $0 and b > $1)`.
fn after(table: &Table, columns: &[&Column], key: &[(usize, &ColumnType)]) -> Option<Predicate> {
    let source = in_query(table);
    let compare = |number: usize, lookup: &str| {
        let (at, ty) = key[number];
        let param = Expr::param(u32::try_from(number).unwrap_or(u32::MAX), ty.clone());
        source
            .col(&columns[at].name, ty.clone())
            .lookup(lookup, [param])
    };
    let mut condition: Option<Predicate> = None;
    for number in (0..key.len()).rev() {
        let greater = compare(number, "gt");
        condition = Some(match condition {
            None => greater,
            Some(rest) => greater.or(compare(number, "exact").and(rest)),
        });
    }
    condition
}

/// The value of a key in the last row.
fn owned(rows: &RowSet, column: usize) -> Value {
    match rows.cell(rows.len() - 1, column) {
        Cell::Bool(value) => Value::Bool(value),
        Cell::Int(value) => Value::Int(value),
        Cell::Double(value) => Value::Double(value),
        Cell::Decimal(text) => Value::Decimal(text.to_owned()),
        Cell::Text(text) => Value::Text(text.to_owned()),
        Cell::Json(text) => Value::Json(text.to_owned()),
        Cell::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Cell::Date(day) => Value::Date(day),
        Cell::Time(micros) => Value::Time(micros),
        Cell::DateTime(micros) => Value::DateTime(micros),
        Cell::TimestampTz(micros) => Value::TimestampTz(micros),
        Cell::Interval(micros) => Value::Interval(micros),
        Cell::Uuid(bytes) => Value::Uuid(*bytes),
        // No database has such keys.
        Cell::Null | Cell::List(_) | Cell::Vector(_) | Cell::Range(_) => Value::Null,
    }
}
