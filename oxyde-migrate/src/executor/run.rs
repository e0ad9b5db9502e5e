//! Runs one migration.

use std::time::Instant;

use chrono::Utc;
use oxyde_driver::DriverError;
use oxyde_sql::ddl::Step as Ddl;
use oxyde_sql::dialect::AlterStyle;

use super::error::{FailedStep, Outcome};
use super::{
    Context, DataStep, Event, KeyRange, MigrateError, lock, ranges, rebuild, redefine, values,
};
use crate::ledger;
use crate::operation::Lowered;
use crate::plan::{Direction, PlannedMigration, Step};
use crate::server::lease::is_conflict;
use crate::server::{self, Begun};
use crate::session::{Session, SessionTransaction};

/// Steps that run together.
struct Segment {
    /// Index of the first step, and the index after the last.
    from: usize,
    to: usize,
    /// Whether they run in one transaction.
    transaction: bool,
}

/// Run a migration; `false` if another migrator ran it in the meantime.
pub(super) async fn migration(
    session: &Session,
    item: &PlannedMigration,
    fake: bool,
    context: &Context<'_>,
) -> Result<bool, MigrateError> {
    let (style, ledger) = (session.style(), session.ledger());
    let started = Instant::now();
    (context.progress)(Event::Started { item });
    let segments = segments(session, item, fake);
    let last = segments.len().saturating_sub(1);
    let single = segments.len() <= 1 && item.done == 0;
    for (at, segment) in segments.iter().enumerate() {
        let is_last = at == last;
        if !segment.transaction {
            alone(session, item, segment.from, context).await?;
            if is_last {
                let statements = ledger.finish(item, &now(), started.elapsed().as_millis());
                write(session, &item.name, &statements).await?;
            }
            continue;
        }
        let with_schema = style.alter == AlterStyle::Rebuild
            && item.steps[segment.from..segment.to]
                .iter()
                .any(|step| matches!(step.lowered, Lowered::Ddl(_)));
        if with_schema {
            session.run("PRAGMA foreign_keys = OFF").await?;
        }
        let record = || {
            if is_last {
                ledger.finish(item, &now(), started.elapsed().as_millis())
            } else {
                ledger.progress(item, segment.to, false, &now())
            }
        };
        let done = lock::repeated(session, async || {
            transaction(session, item, segment, with_schema, context, &record).await
        })
        .await;
        if with_schema {
            let always = session.to_clean_up();
            always.run("PRAGMA foreign_keys = ON").await?;
        }
        match done {
            Ok(true) => {}
            Ok(false) => {
                (context.progress)(Event::Skipped { item });
                return Ok(false);
            }
            Err(error) => {
                let mut error = named(error, item, segment);
                if let MigrateError::Step(step) = &mut error
                    && !(single || segment.from == 0)
                {
                    step.outcome = Outcome::Kept {
                        done: segment.from,
                        of: item.steps.len(),
                    };
                }
                return Err(error);
            }
        }
    }
    let fake = fake || item.record_only;
    (context.progress)(Event::Finished {
        item,
        took: started.elapsed(),
        fake,
    });
    Ok(true)
}

/// An error that names the migration, also if the run was stopped between two of its statements.
fn named(error: MigrateError, item: &PlannedMigration, segment: &Segment) -> MigrateError {
    match (error, item.steps.get(segment.from)) {
        (MigrateError::Driver(stopped @ DriverError::Cancelled), Some(step)) => {
            failed(item, step, &stopped, None, Outcome::RolledBack)
        }
        (error, _) => error,
    }
}

/// Divide the remaining steps into groups.
fn segments(session: &Session, item: &PlannedMigration, fake: bool) -> Vec<Segment> {
    let steps = &item.steps;
    if fake || item.record_only || steps.is_empty() {
        return vec![Segment {
            from: 0,
            to: 0,
            transaction: true,
        }];
    }
    let one_each = |step: &Step| {
        step.is_alone()
            || (!session.style().transactional
                && match &step.lowered {
                    Lowered::Ddl(_) => true,
                    Lowered::Data(sql) => commits_by_itself(sql),
                    Lowered::Python(_) | Lowered::PythonByRange(..) => false,
                })
    };
    let mut segments: Vec<Segment> = Vec::new();
    for (at, step) in steps.iter().enumerate().skip(item.done) {
        if one_each(step) {
            segments.push(Segment {
                from: at,
                to: at + 1,
                transaction: false,
            });
            continue;
        }
        // If DDL commits implicitly, each data step is recorded in its own transaction.
        let joins = session.style().transactional
            && (item.atomic
                || at
                    .checked_sub(1)
                    .is_some_and(|b| steps[b].operation == step.operation));
        match segments.last_mut() {
            Some(segment) if joins && segment.transaction && segment.to == at => {
                segment.to = at + 1;
            }
            _ => segments.push(Segment {
                from: at,
                to: at + 1,
                transaction: true,
            }),
        }
    }
    if segments.is_empty() {
        // All steps were applied; only the record is missing.
        segments.push(Segment {
            from: steps.len(),
            to: steps.len(),
            transaction: true,
        });
    }
    segments
}

/// Whether MySQL commits implicitly before and after the statement.
fn commits_by_itself(sql: &str) -> bool {
    let mut sql = sql.trim_start();
    while let Some(rest) = sql
        .strip_prefix("--")
        .and_then(|rest| rest.split_once('\n'))
    {
        sql = rest.1.trim_start();
    }
    while let Some(rest) = sql
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"))
    {
        sql = rest.1.trim_start();
    }
    let word: String = sql.chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(
        word.to_ascii_uppercase().as_str(),
        "CREATE"
            | "ALTER"
            | "DROP"
            | "RENAME"
            | "TRUNCATE"
            | "GRANT"
            | "REVOKE"
            | "ANALYZE"
            | "OPTIMIZE"
            | "LOCK"
    )
}

/// Run some steps and record them, in one transaction. `false` if the ledger has changed.
async fn transaction(
    session: &Session,
    item: &PlannedMigration,
    segment: &Segment,
    with_schema: bool,
    context: &Context<'_>,
    record: &(dyn Fn() -> Vec<String> + Sync),
) -> Result<bool, MigrateError> {
    let ledger = session.ledger();
    let transaction = lock::begin(session, &item.name).await?;
    let done = async {
        let records = transaction.rows(&ledger.select(Some(&item.name))).await?;
        let record_now = ledger::records(records).pop();
        if !as_expected(item, record_now.as_ref(), segment.from) {
            return Ok(false);
        }
        let mut watch = None;
        if with_schema {
            watch = Some(rebuild::Watch::start(&transaction, item).await?);
        }
        for (at, step) in item
            .steps
            .iter()
            .enumerate()
            .take(segment.to)
            .skip(segment.from)
        {
            if item.steps.len() > 1 {
                (context.progress)(Event::Step {
                    item,
                    number: at + 1,
                });
            }
            in_transaction(session, &transaction, item, step, context).await?;
        }
        if let Some(watch) = watch {
            watch.end(&transaction, item).await?;
        }
        for statement in record() {
            transaction.run(&statement).await?;
        }
        Ok(true)
    }
    .await;
    if let Ok(true) = done {
        commit(transaction, item).await?;
    } else {
        // Report the cause, even if the rollback fails too.
        let _ = transaction.rollback().await;
    }
    done
}

async fn commit(
    transaction: SessionTransaction,
    item: &PlannedMigration,
) -> Result<(), MigrateError> {
    transaction.commit().await.map_err(|error| {
        MigrateError::Step(Box::new(FailedStep {
            migration: item.name.clone(),
            operation: "commit".to_owned(),
            message: error.to_string(),
            sql: None,
            outcome: Outcome::RolledBack,
            hint: error.hint(),
            conflicts: is_conflict(&error),
        }))
    })
}

/// Whether the ledger's row is still the one that the plan is based on: on SQLite another
/// migrator may have been faster.
pub(super) fn as_expected(
    item: &PlannedMigration,
    record: Option<&ledger::Record>,
    from: usize,
) -> bool {
    if item.recorded_anew {
        return true;
    }
    match (record, item.direction) {
        (None, Direction::Up) => from == 0 || item.done == from,
        (None, Direction::Down) => false,
        (Some(record), direction) => match record.state {
            ledger::RecordState::Applied => direction == Direction::Down && from == 0,
            ledger::RecordState::Applying if item.taking_back.is_some() => true,
            ledger::RecordState::Applying => direction == Direction::Up && record.step == from,
            ledger::RecordState::Reverting => direction == Direction::Down && record.step == from,
        },
    }
}

async fn in_transaction(
    session: &Session,
    transaction: &SessionTransaction,
    item: &PlannedMigration,
    step: &Step,
    context: &Context<'_>,
) -> Result<(), MigrateError> {
    match &step.lowered {
        Lowered::Ddl(Ddl::Sql(sql) | Ddl::Alone(sql)) | Lowered::Data(sql) => transaction
            .run(sql)
            .await
            .map_err(|error| failed(item, step, &error, Some(sql), Outcome::RolledBack)),
        Lowered::Ddl(Ddl::CheckValues(check)) => {
            values::check(transaction, (item, step), check, Outcome::RolledBack)
                .await
                .map_err(|refusal| refusal.into_error((item, step), Outcome::RolledBack))
        }
        Lowered::Ddl(Ddl::Redefine(redefinition)) => {
            let style = session.style();
            for sql in redefine::statements(transaction, style, redefinition).await? {
                let fail = |error| failed(item, step, &error, Some(&sql), Outcome::RolledBack);
                transaction.run(&sql).await.map_err(fail)?;
            }
            Ok(())
        }
        Lowered::Ddl(Ddl::Rebuild(rebuild)) => {
            rebuild::run(session, transaction, item, step, rebuild).await
        }
        Lowered::Python(function) => {
            python(transaction, (item, step), function, None, context).await
        }
        // Such a step is alone.
        Lowered::PythonByRange(..) => Ok(()),
    }
}

/// Run a function of the project.
pub(super) async fn python(
    transaction: &SessionTransaction,
    (item, step): (&PlannedMigration, &Step),
    function: &str,
    range: Option<&KeyRange>,
    context: &Context<'_>,
) -> Result<(), MigrateError> {
    let Some(steps) = context.data_steps else {
        return Err(MigrateError::NoPython {
            migration: item.name.clone(),
        });
    };
    let call = DataStep {
        function,
        schema: step.state.as_ref(),
        range,
        root: context.root,
    };
    // The function blocks this thread; its queries run on others.
    let done = tokio::task::block_in_place(|| steps.run(&call, transaction.shared()));
    let Err(message) = done else {
        return Ok(());
    };
    Err(MigrateError::Step(Box::new(FailedStep {
        migration: item.name.clone(),
        operation: describe(item, step),
        message,
        sql: None,
        outcome: Outcome::RolledBack,
        hint: None,
        // The server has ended the transaction; other errors leave it open.
        conflicts: transaction.run("SELECT 1").await.is_err(),
    })))
}

/// Run one step outside a transaction: record it as started, run it, record it as complete.
async fn alone(
    session: &Session,
    item: &PlannedMigration,
    at: usize,
    context: &Context<'_>,
) -> Result<(), MigrateError> {
    let (style, ledger) = (session.style(), session.ledger());
    let server = server::of(style);
    let step = &item.steps[at];
    let outcome = Outcome::Kept {
        done: at,
        of: item.steps.len(),
    };
    let statements = match &step.lowered {
        Lowered::Ddl(Ddl::Sql(sql) | Ddl::Alone(sql)) | Lowered::Data(sql) => vec![sql.clone()],
        Lowered::Ddl(Ddl::Redefine(redefinition)) => {
            redefine::statements(session, style, redefinition).await?
        }
        Lowered::Ddl(Ddl::CheckValues(check)) => {
            let outcome = if at == 0 {
                Outcome::RolledBack
            } else {
                outcome
            };
            values::check(session, (item, step), check, outcome)
                .await
                .map_err(|refusal| refusal.into_error((item, step), outcome))?;
            return write(
                session,
                &item.name,
                &ledger.progress(item, at + 1, false, &now()),
            )
            .await;
        }
        Lowered::PythonByRange(function, ranges) => {
            return ranges::run(session, item, at, (function, ranges), context).await;
        }
        Lowered::Ddl(Ddl::Rebuild(_)) | Lowered::Python(_) => return Ok(()),
    };
    let again = item.may_be_done(at);
    (context.progress)(Event::Step {
        item,
        number: at + 1,
    });
    write(
        session,
        &item.name,
        &ledger.progress(item, at, true, &now()),
    )
    .await?;
    let shown = statements.join("; ");
    let sql = shown.as_str();
    let fail = |error: &DriverError| failed(item, step, error, Some(sql), outcome);
    let mut begun = Begun::ToDo;
    if again {
        let index = step.index.as_deref();
        begun = server
            .recover(session, sql, index)
            .await
            .map_err(|error| fail(&error))?;
    }
    if begun == Begun::ToDo {
        match lock::repeated(session, async || run_all(session, &statements).await).await {
            Ok(()) => {}
            Err(error) if again && server.says_done(&error) => {}
            Err(error) => {
                // A refused or stopped statement has no effect, so no step is half applied. An index that
                // was built concurrently is the exception: it may remain as INVALID.
                let was_stopped = matches!(error, DriverError::Cancelled);
                if !step.is_alone() && (error.code().is_some() || was_stopped) {
                    let statements = ledger.progress(item, at, false, &now());
                    let _ = write(&session.to_clean_up(), &item.name, &statements).await;
                }
                return Err(fail(&error));
            }
        }
    }
    write(
        session,
        &item.name,
        &ledger.progress(item, at + 1, false, &now()),
    )
    .await
}

async fn run_all(session: &Session, statements: &[String]) -> Result<(), DriverError> {
    for sql in statements {
        session.run(sql).await?;
    }
    Ok(())
}

/// Write to the ledger about a migration.
pub(super) async fn write(
    session: &Session,
    migration: &str,
    statements: &[String],
) -> Result<(), MigrateError> {
    lock::repeated(session, async || {
        let transaction = lock::begin(session, migration).await?;
        for statement in statements {
            transaction.run(statement).await?;
        }
        Ok(transaction.commit().await?)
    })
    .await
}

pub(super) fn failed(
    item: &PlannedMigration,
    step: &Step,
    error: &DriverError,
    sql: Option<&str>,
    outcome: Outcome,
) -> MigrateError {
    MigrateError::Step(Box::new(FailedStep {
        migration: item.name.clone(),
        operation: describe(item, step),
        message: match error.detail() {
            Some(detail) => format!("{error} ({})", detail.trim_end_matches('.')),
            None => error.to_string(),
        },
        sql: sql.map(str::to_owned),
        outcome,
        hint: error.hint(),
        conflicts: is_conflict(error),
    }))
}

pub(super) fn describe(item: &PlannedMigration, step: &Step) -> String {
    let operations = item.descriptions.get(step.operation..=step.through);
    operations.unwrap_or_default().join("; ")
}

/// Return the current time in UTC, to the second.
pub(super) fn now() -> String {
    Utc::now().format("%Y-%m-%d %H:%M:%S").to_string()
}
