//! `oxyde load`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use indicatif::ProgressBar;
use oxyde_driver::{Cancel, Cancellable, DriverError, Executor as _, Transaction};
use oxyde_migrate::session::Session;
use oxyde_migrate::state::label_of;
use oxyde_sql::compile;
use oxyde_sql::dialect::CounterStyle;
use oxyde_sql::ir::{Conflict, ConflictAction, ConflictTarget, Insert, InsertColumn};
use oxyde_sql::plan::Plan;
use oxyde_sql::schema::{Column, Table};
use oxyde_sql::suggest;
use oxyde_sql::value::Value;
use serde_json::json;

use super::dump::progress_bar;
use super::{BUSY, Project};
use crate::args::{Load, OnConflict};
use crate::error::CliError;
use crate::output::Look;
use crate::rows::{self, Line, in_query, stored, value_of};

mod references;

/// Rows that are in memory at a time.
const BATCH: usize = 1_000;

pub(super) fn run(args: &Load, project: &Project<'_>) -> Result<i32, CliError> {
    project.one_database()?;
    let history = project.existing_history()?;
    let access = project.access()?;
    let output = project.output;
    let count = project.block_on(async {
        let session = Session::connect(&access, BUSY).await?;
        let result = async {
            let tables = rows::tables(&history, &session).await?;
            all_or_nothing(&session, &tables, args, &access.cancel).await
        }
        .await;
        session.close().await;
        result
    })?;
    if output.is_json() {
        output.answer(&json!({ "rows": count }));
    } else {
        output.line(&format!(
            "{} {count} rows",
            output.paint(Look::Good, "loaded")
        ));
    }
    Ok(crate::DONE)
}

async fn all_or_nothing(
    session: &Session,
    tables: &[Table],
    args: &Load,
    cancel: &Cancel,
) -> Result<u64, CliError> {
    let transaction = session.pool().cancelled_by(cancel).begin().await?;
    let cancellable = transaction.cancelled_by(cancel);
    let bar = progress_bar("loaded");
    let mut loader = Loader {
        session,
        transaction: cancellable,
        tables,
        on_conflict: args.on_conflict,
        bar: &bar,
        batch: None,
        loaded: Vec::new(),
        count: 0,
    };
    let result = async {
        let references = references::postpone(session, &cancellable, tables).await?;
        for file in &args.files {
            loader.file(file).await?;
        }
        references.check(&cancellable).await?;
        loader.advance_counters().await
    }
    .await;
    let count = loader.count;
    bar.finish_and_clear();
    match result {
        Ok(()) => {
            transaction.commit_unless(cancel).await?;
            Ok(count)
        }
        Err(error) => {
            // Report the cause, even if the rollback fails too.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// Rows of one table with the same columns, which are inserted together.
struct Batch<'a> {
    table: &'a Table,
    columns: Vec<&'a Column>,
    plan: Arc<Plan>,
    rows: Vec<Vec<Value>>,
    /// The line of each row.
    lines: Vec<u64>,
}

struct Loader<'a> {
    session: &'a Session,
    transaction: Cancellable<'a, Transaction>,
    tables: &'a [Table],
    on_conflict: OnConflict,
    bar: &'a ProgressBar,
    batch: Option<Batch<'a>>,
    /// Tables whose counted columns were given values.
    loaded: Vec<(&'a Table, &'a Column)>,
    count: u64,
}

impl<'a> Loader<'a> {
    async fn file(&mut self, path: &Path) -> Result<(), CliError> {
        let unreadable = |error: std::io::Error| {
            CliError::new(format!("cannot read {}: {error}", path.display()))
                .hint("pass files of JSON lines, or `-` for standard input")
        };
        let reader: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(BufReader::new(std::io::stdin()))
        } else {
            Box::new(BufReader::new(File::open(path).map_err(unreadable)?))
        };
        for (number, text) in (1..).zip(reader.lines()) {
            let text = text.map_err(unreadable)?;
            if !text.trim().is_empty() {
                self.line(&text, number)
                    .await
                    .map_err(|error| at(path, error))?;
            }
        }
        self.flush().await.map_err(|error| at(path, error))
    }

    async fn line(&mut self, text: &str, number: u64) -> Result<(), Problem> {
        let line: Line = serde_json::from_str(text).map_err(|error| Problem {
            line: number,
            error: CliError::new(error.to_string())
                .hint("write {\"table\": \"authors\", \"row\": {\"id\": 1, \"name\": \"Ann\"}}"),
        })?;
        let refused = |error| Problem {
            line: number,
            error,
        };
        let table = self.table(&line.table).map_err(refused)?;
        let columns = columns(table, &line).map_err(refused)?;
        let is_same = |batch: &Batch<'_>| {
            std::ptr::eq(batch.table, table)
                && batch.columns.len() == columns.len()
                && batch
                    .columns
                    .iter()
                    .zip(&columns)
                    .all(|(a, b)| a.name == b.name)
        };
        if self
            .batch
            .as_ref()
            .is_some_and(|batch| batch.rows.len() >= BATCH || !is_same(batch))
        {
            self.flush().await?;
        }
        if self.batch.is_none() {
            self.batch = Some(self.begin(table, columns).map_err(refused)?);
        }
        let Some(batch) = &mut self.batch else {
            return Ok(());
        };
        let mut row = Vec::with_capacity(batch.columns.len());
        for column in &batch.columns {
            let text = line.row.get(&column.name).map_or("null", |text| text.get());
            row.push(value_of(text, &column.ty).map_err(|reason| {
                refused(CliError::new(format!(
                    "{}.{}: {} {reason}",
                    line.table,
                    column.name,
                    shortened(text)
                )))
            })?);
        }
        batch.rows.push(row);
        batch.lines.push(number);
        Ok(())
    }

    fn table(&self, name: &str) -> Result<&'a Table, CliError> {
        let find = |table: &&Table| label_of(table) == name;
        self.tables.iter().find(find).ok_or_else(|| {
            let known: Vec<String> = self.tables.iter().map(label_of).collect();
            let known = known.iter().map(String::as_str);
            CliError::new(format!("no model has the table `{name}`")).hint(suggest::hint(
                name,
                known.clone(),
                || format!("the tables are {}", known.collect::<Vec<_>>().join(", ")),
            ))
        })
    }

    fn begin(&mut self, table: &'a Table, columns: Vec<&'a Column>) -> Result<Batch<'a>, CliError> {
        for column in &columns {
            let is_known = |(known, of): &(&Table, &Column)| {
                std::ptr::eq(*known, table) && of.name == column.name
            };
            if column.auto_increment && !self.loaded.iter().any(is_known) {
                self.loaded.push((table, *column));
            }
        }
        let inserted = columns
            .iter()
            .map(|column| InsertColumn::new(&column.name, column.ty.clone()));
        let mut insert = Insert::rows(in_query(table), inserted);
        insert.conflict = self.conflict(table, &columns);
        let plan = compile(&insert.into(), self.session.pool().features())
            .map_err(|error| CliError::new(format!("table `{}`: {error}", label_of(table))))?;
        Ok(Batch {
            table,
            columns,
            plan: Arc::new(plan),
            rows: Vec::new(),
            lines: Vec::new(),
        })
    }

    fn conflict(&self, table: &Table, columns: &[&Column]) -> Option<Conflict> {
        let is_key = |name: &String| table.primary_key.contains(name);
        let target = if self.session.pool().features().conflict_target {
            ConflictTarget::Columns(table.primary_key.clone())
        } else {
            ConflictTarget::Any
        };
        let others: Vec<String> = columns
            .iter()
            .map(|column| column.name.clone())
            .filter(|name| !is_key(name))
            .collect();
        let action = match self.on_conflict {
            OnConflict::Error => return None,
            OnConflict::Update if !others.is_empty() => ConflictAction::Update {
                columns: others,
                assignments: Vec::new(),
                filter: None,
            },
            OnConflict::Skip | OnConflict::Update => ConflictAction::Nothing,
        };
        Some(Conflict { target, action })
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        let Some(batch) = self.batch.take() else {
            return Ok(());
        };
        let count = batch.rows.len() as u64;
        self.bar.set_message(label_of(batch.table));
        self.transaction
            .bulk(&batch.plan, batch.rows, None)
            .await
            .map_err(|error| {
                let (row, error) = match error {
                    DriverError::BulkRow { row, source } => (row, *source),
                    other => (0, other),
                };
                Problem {
                    line: batch.lines.get(row).copied().unwrap_or_default(),
                    error: refused(&label_of(batch.table), &error),
                }
            })?;
        self.count += count;
        self.bar.inc(count);
        Ok(())
    }

    /// Let identities, which know nothing of given keys, continue after the keys of the rows.
    async fn advance_counters(&self) -> Result<(), CliError> {
        let style = self.session.style();
        if style.counter != CounterStyle::Identity {
            return Ok(());
        }
        for (table, column) in &self.loaded {
            let name = style.qualified(table.schema.as_deref(), &table.name);
            let column_name = style.quoted(&column.name);
            let sequence = format!(
                "pg_get_serial_sequence({}, {})",
                style.literal(&name),
                style.literal(&column.name)
            );
            let sql = format!(
                "SELECT setval({sequence}, max({column_name})) FROM {name} WHERE {sequence} IS NOT NULL \
                 HAVING max({column_name}) > coalesce(pg_sequence_last_value({sequence}), 0)"
            );
            self.transaction.execute_raw(&sql, ()).await?;
        }
        Ok(())
    }
}

/// An error of one line.
struct Problem {
    line: u64,
    error: CliError,
}

fn at(path: &Path, problem: Problem) -> CliError {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    CliError {
        message: format!("{name}:{}: {}", problem.line, problem.error.message),
        hint: Some(problem.error.hint.map_or_else(
            || "nothing was loaded".to_owned(),
            |hint| format!("{hint}; nothing was loaded"),
        )),
    }
}

fn refused(table: &str, error: &DriverError) -> CliError {
    let detail = error.detail().map_or_else(String::new, |detail| {
        format!(" ({})", detail.trim_end_matches('.'))
    });
    let message = CliError::new(format!("table `{table}`: {error}{detail}"));
    match error.hint() {
        Some(hint) => message.hint(hint),
        None => message,
    }
}

/// Return the columns of a line, in the order of the table.
fn columns<'a>(table: &'a Table, line: &Line) -> Result<Vec<&'a Column>, CliError> {
    let known: Vec<&Column> = stored(table).collect();
    for name in line.row.keys() {
        if !known.iter().any(|column| column.name == *name) {
            let names = known.iter().map(|column| column.name.as_str());
            return Err(CliError::new(format!(
                "table `{}` has no column `{name}` with values of its own",
                line.table
            ))
            .hint(suggest::hint(name, names.clone(), || {
                format!("its columns are {}", names.collect::<Vec<_>>().join(", "))
            })));
        }
    }
    Ok(known
        .into_iter()
        .filter(|column| line.row.contains_key(&column.name))
        .collect())
}

/// A value in a message.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    let start: String = text.chars().take(57).collect();
    format!("{start}...")
}
