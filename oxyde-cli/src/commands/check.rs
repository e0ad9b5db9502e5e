//! `oxyde check`.

use std::collections::BTreeSet;
use std::time::Duration;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::executor::MigrateError;
use oxyde_migrate::introspect::{Drift, drift};
use oxyde_migrate::ledger;
use oxyde_migrate::operation::Operation;
use oxyde_migrate::plan::{is_done, reconcile};
use oxyde_migrate::session::Session;

use super::{Project, block_on};
use crate::args::Check;
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &Check, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.history()?;
    history.head()?;
    let url = project.url()?;
    let state = history.resolve(&BTreeSet::new())?.state(&|_| true)?;
    let unwritten: Option<Vec<String>> =
        if args.schema.is_none() && project.config.models.is_empty() {
            None
        } else {
            let models = project.models(args.schema.as_deref())?;
            let found = detect(&state, &models.schema, &Knowledge::default())?;
            Some(found.operations.iter().map(Operation::describe).collect())
        };
    let (pending, drift) = block_on(async {
        let session = Session::connect(&url, Duration::from_secs(5))
            .await
            .map_err(MigrateError::from)?;
        let result = async {
            let records = ledger::read(&session).await?;
            let resolved = reconcile(&history, &records, false)?;
            let done = |name: &str| is_done(&resolved, &records, name);
            let pending: Vec<String> = resolved
                .migrations()
                .iter()
                .filter(|migration| !done(&migration.name))
                .map(|migration| migration.name.clone())
                .collect();
            let expected = resolved
                .state(&|m| done(&m.name))
                .map_err(oxyde_migrate::plan::PlanError::from)?;
            Ok::<(Vec<String>, Drift), MigrateError>((pending, drift(&session, &expected).await?))
        }
        .await;
        session.close().await;
        Ok(result?)
    })?;
    let differences: Vec<String> = drift.differences.iter().map(Operation::describe).collect();
    let unwritten = unwritten.unwrap_or_default();
    let clean = differences.is_empty() && unwritten.is_empty() && pending.is_empty();
    let output = project.output;
    if args.json {
        let answer = serde_json::json!({
            "models_without_migration": unwritten,
            "pending": pending,
            "database_differs": differences,
            "unknown_tables": drift.unknown,
        });
        output.line(&answer.to_string());
        return Ok(if clean { crate::DONE } else { crate::FOUND });
    }
    let section = |title: &str, lines: &[String], hint: &str| {
        if !lines.is_empty() {
            output.line(&output.paint(Look::Warning, title));
            for line in lines {
                output.line(&format!("  {line}"));
            }
            if !hint.is_empty() {
                output.line(&format!("  {}", output.paint(Look::Faint, hint)));
            }
        }
    };
    section(
        "Changes of the models that no migration has:",
        &unwritten,
        "`oxyde makemigrations` writes them",
    );
    section(
        "Migrations that the database does not have:",
        &pending,
        "`oxyde migrate` applies them",
    );
    section(
        "The database is not as its migrations say; to make it so:",
        &differences,
        "undo what was done by hand, or write it into a migration and record that with --fake",
    );
    section("Tables that no model has:", &drift.unknown, "");
    if clean {
        output.line(&output.paint(Look::Good, "Models, migrations and database agree."));
        return Ok(crate::DONE);
    }
    Ok(crate::FOUND)
}
