//! `oxyde check`.

use std::collections::BTreeSet;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::introspect::drift;
use oxyde_migrate::ledger;
use oxyde_migrate::operation::Operation;
use oxyde_migrate::plan::{PlanError, is_done, reconcile};
use oxyde_migrate::session::Session;
use oxyde_migrate::state;

use super::Project;
use crate::args::Check;
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(args: &Check, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.existing_history()?;
    let current = history.resolve(&BTreeSet::new())?;
    current.head()?;
    let expected_state = current.state(&|_| true)?;
    let mut others = BTreeSet::new();
    let unwritten: Option<Vec<String>> = if args.schema.is_none() && !project.has_models() {
        None
    } else {
        let models = project.models(args.schema.as_deref())?;
        let knowledge = Knowledge {
            unmanaged: current.unmanaged(),
            of_models: true,
            others: models.unmanaged.clone(),
            recorded: current.recorded(),
            ..Knowledge::default()
        };
        others.extend(models.unmanaged.iter().map(state::label_of));
        let found = detect(&expected_state, &models.schema, &knowledge)?;
        Some(found.operations.iter().map(Operation::describe).collect())
    };
    let (pending, drift) = project.read(async |session: &Session| {
        let records = ledger::read(session).await?;
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
            .map_err(PlanError::from)?;
        let mut drift = drift(session, &expected, &resolved.unmanaged()).await?;
        let is_known = |name: &String| project.config.excludes(name) || others.contains(name);
        drift.unknown.retain(|name| !is_known(name));
        Ok((pending, drift))
    })?;
    let mut differences: Vec<String> = drift.differences.iter().map(Operation::describe).collect();
    differences.extend(drift.undeclared);
    let unwritten = unwritten.unwrap_or_default();
    let clean = differences.is_empty() && unwritten.is_empty() && pending.is_empty();
    let output = project.output;
    if output.is_json() {
        output.answer(&serde_json::json!({
            "models_without_migration": unwritten,
            "pending": pending,
            "database_differs": differences,
            "unknown_tables": drift.unknown,
        }));
    } else {
        show(output, &unwritten, &pending, &differences, &drift.unknown);
        if clean {
            output.line(&output.paint(Look::Good, "Models, migrations and database agree."));
        }
    }
    Ok(if clean { crate::DONE } else { crate::FOUND })
}

/// Prints what does not agree, a section for each kind.
fn show(
    output: &Output<'_>,
    unwritten: &[String],
    pending: &[String],
    differences: &[String],
    unknown: &[String],
) {
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
        "Changes of the models without a migration:",
        unwritten,
        "run `oxyde makemigrations` to write one",
    );
    section(
        "Migrations that are not applied:",
        pending,
        "run `oxyde migrate` to apply them",
    );
    section(
        "The database does not match its migrations; these operations would fix it:",
        differences,
        "revert the manual changes, or write them to a migration and record it with --fake",
    );
    section("Tables without a model:", unknown, "");
}
