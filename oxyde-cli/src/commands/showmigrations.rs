//! `oxyde showmigrations`.

use oxyde_migrate::history::History;
use oxyde_migrate::ledger::{self, Record, RecordState};
use oxyde_migrate::plan::is_done;
use oxyde_migrate::session::Session;

use super::targets::{self, Target};
use super::{BUSY, Project};
use crate::args::ShowMigrations;
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(args: &ShowMigrations, project: &Project<'_>) -> Result<i32, CliError> {
    let output = project.output;
    let targets = targets::resolve(&args.targets, project)?;
    let are_several = targets.len() > 1 || args.targets.are_listed();
    let histories = targets::histories(&targets, project)?;
    let results = targets::each(&targets, args.targets.jobs, project, async |target| {
        rows(target, project, &histories[&target.database]).await
    })?;
    let mut is_pending = false;
    let mut has_failed = false;
    let mut answers = Vec::with_capacity(targets.len());
    for (target, result) in targets.iter().zip(results) {
        let rows = match result {
            Ok(rows) => rows,
            Err(error) if are_several => {
                has_failed = true;
                answers.push(failed(target, error, output));
                continue;
            }
            Err(error) => return Err(error),
        };
        is_pending |= rows
            .iter()
            .any(|row| !matches!(row.state, "applied" | "edited" | "missing"));
        if output.is_json() {
            let mut answer = target.described();
            answer["migrations"] = json(&rows);
            answers.push(answer);
            continue;
        }
        if are_several {
            output.line(&format!("{}:", output.paint(Look::Strong, target.label())));
        }
        for row in &rows {
            show(output, row);
        }
    }
    if output.is_json() {
        match answers.as_mut_slice() {
            [only] if !are_several => {
                output.answer(&serde_json::json!({ "migrations": only["migrations"].take() }));
            }
            _ => output.answer(&serde_json::json!({ "databases": answers })),
        }
    }
    Ok(if has_failed {
        crate::ERROR
    } else if args.check && is_pending {
        crate::FOUND
    } else {
        crate::DONE
    })
}

/// Report one of several databases that cannot be read; returns its part of the answer.
fn failed(target: &Target, error: CliError, output: &Output<'_>) -> serde_json::Value {
    let mut answer = target.described();
    answer["error"] = error.as_json();
    if !output.is_json() {
        output.error(&CliError {
            message: format!("{}: {}", target.label(), error.message),
            hint: error.hint,
        });
    }
    answer
}

/// A migration, and its state in one database.
struct Row {
    name: String,
    state: &'static str,
    record: Option<Record>,
}

async fn rows(
    target: &Target,
    project: &Project<'_>,
    history: &History,
) -> Result<Vec<Row>, CliError> {
    let session = Session::connect_to_read(&target.access(project)?, BUSY).await?;
    let records = ledger::read(&session).await;
    session.close().await;
    let records = records?;
    let applied = records.iter().map(|record| record.name.clone()).collect();
    let resolved = history.resolve(&applied)?;
    Ok(states(history, &resolved, &records))
}

/// The migrations of the resolved history, then the applied ones whose files are missing.
fn states(history: &History, resolved: &History, records: &[Record]) -> Vec<Row> {
    let mut rows = Vec::new();
    for migration in resolved.migrations() {
        let record = records.iter().find(|record| record.name == migration.name);
        let state = match record {
            Some(record) if record.state != RecordState::Applied => record.state.word(),
            Some(record) if record.checksum != migration.checksum => "edited",
            Some(_) => "applied",
            None if is_done(resolved, records, &migration.name) => "applied",
            None => "pending",
        };
        rows.push(Row {
            name: migration.name.clone(),
            state,
            record: record.cloned(),
        });
    }
    let replaced: Vec<&String> = history
        .migrations()
        .iter()
        .flat_map(|migration| &migration.replaces)
        .collect();
    for record in records {
        if history.get(&record.name).is_none() && !replaced.contains(&&record.name) {
            rows.push(Row {
                name: record.name.clone(),
                state: "missing",
                record: Some(record.clone()),
            });
        }
    }
    rows
}

fn json(rows: &[Row]) -> serde_json::Value {
    rows.iter()
        .map(|row| {
            let record = row.record.as_ref();
            serde_json::json!({
                "name": row.name,
                "state": row.state,
                "applied_at": record.map(|record| &record.applied_at),
                "duration_ms": record.map(|record| record.duration_ms),
            })
        })
        .collect()
}

fn show(output: &Output<'_>, row: &Row) {
    let (name, record) = (&row.name, row.record.as_ref());
    let (mark, look, note) = match row.state {
        "applied" => (
            "[x]",
            Look::Good,
            record.map_or(String::new(), |r| r.applied_at.clone()),
        ),
        "pending" => ("[ ]", Look::Faint, String::new()),
        "edited" => ("[!]", Look::Bad, "edited after it was applied".to_owned()),
        "missing" => (
            "[!]",
            Look::Bad,
            "applied, but its file is missing".to_owned(),
        ),
        half => (
            "[~]",
            Look::Warning,
            format!(
                "{half}, {} steps applied",
                record.map_or(0, |record| record.step)
            ),
        ),
    };
    let line = format!(
        "{} {name}  {}",
        output.paint(look, mark),
        output.paint(Look::Faint, &note)
    );
    output.line(line.trim_end());
}
