//! `oxyde squash`.

use oxyde_migrate::squash::squash;

use super::Project;
use crate::args::Squash;
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &Squash, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.existing_history()?;
    let name = format!("{:04}_{}", Project::next_number(&history), args.name);
    let squashed = squash(&history, &args.first, &args.last, name)
        .map_err(|error| CliError::new(error.to_string()).hint(error.hint()))?;
    let path = project.write(&squashed)?;
    let output = project.output;
    if output.is_json() {
        output.answer(&serde_json::json!({
            "migration": squashed.name,
            "path": path,
            "operations": squashed.operations.len(),
            "replaces": squashed.replaces,
        }));
        return Ok(crate::DONE);
    }
    output.line(&format!(
        "{} {path}: {} operations replace {} migrations, with the same schema",
        output.paint(Look::Good, "wrote"),
        squashed.operations.len(),
        squashed.replaces.len()
    ));
    output.line("When every database has applied it (or all migrations that it replaces), delete the old files.");
    Ok(crate::DONE)
}
