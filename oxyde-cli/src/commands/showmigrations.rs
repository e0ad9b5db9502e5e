//! `oxyde showmigrations`.

use std::time::Duration;

use oxyde_migrate::history::History;
use oxyde_migrate::ledger::{self, Record, RecordState};
use oxyde_migrate::plan::is_done;
use oxyde_migrate::session::Session;

use super::{Project, block_on};
use crate::args::Json;
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(args: &Json, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.existing_history()?;
    let url = project.url()?;
    let records: Vec<Record> = block_on(async {
        let session = Session::connect_to_read(&url, Duration::from_secs(5))
            .await
            .map_err(oxyde_migrate::executor::MigrateError::from)?;
        let records = ledger::read(&session).await;
        session.close().await;
        Ok(records.map_err(oxyde_migrate::executor::MigrateError::from)?)
    })?;
    let applied = records.iter().map(|record| record.name.clone()).collect();
    let resolved = history.resolve(&applied)?;
    let rows = states(&history, &resolved, &records);
    if args.json {
        project.output.line(&json(&rows).to_string());
        return Ok(crate::DONE);
    }
    for row in &rows {
        show(project.output, row);
    }
    Ok(crate::DONE)
}

/// A migration's name, its state in words, and its record.
type Row<'a> = (String, &'static str, Option<&'a Record>);

/// The migrations of the resolved history, then the applied ones whose files are missing.
fn states<'a>(history: &History, resolved: &History, records: &'a [Record]) -> Vec<Row<'a>> {
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
        rows.push((migration.name.clone(), state, record));
    }
    let replaced: Vec<&String> = history
        .migrations()
        .iter()
        .flat_map(|migration| &migration.replaces)
        .collect();
    for record in records {
        if history.get(&record.name).is_none() && !replaced.contains(&&record.name) {
            rows.push((record.name.clone(), "missing", Some(record)));
        }
    }
    rows
}

fn json(rows: &[Row<'_>]) -> serde_json::Value {
    let items: Vec<_> = rows
        .iter()
        .map(|(name, state, record)| {
            serde_json::json!({
                "name": name,
                "state": state,
                "applied_at": record.map(|record| &record.applied_at),
                "duration_ms": record.map(|record| record.duration_ms),
            })
        })
        .collect();
    serde_json::json!({ "migrations": items })
}

fn show(output: &Output<'_>, (name, state, record): &Row<'_>) {
    let (mark, look, note) = match *state {
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
