//! `oxyde baseline`.

use std::path::Path;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::executor::{self, Context, Options};
use oxyde_migrate::file::{Migration, render};
use oxyde_migrate::introspect::neutral_default;
use oxyde_migrate::plan::Target;
use oxyde_sql::schema::Schema;

use super::{Project, block_on, inspectdb};
use crate::args::Baseline;
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &Baseline, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.history()?;
    if !history.migrations().is_empty() {
        return Err(CliError::new("the project has migrations already")
            .hint("`oxyde migrate --fake` records them for a database that has their tables"));
    }
    let (mut schema, style) = inspectdb::read(project)?;
    for column in schema
        .tables
        .iter_mut()
        .flat_map(|table| &mut table.columns)
    {
        if let Some(default) = &column.default {
            column.default = Some(neutral_default(style, default, &column.ty));
        }
    }
    let found = detect(&Schema::default(), &schema, &Knowledge::default())?;
    let migration = Migration::new(format!("0001_{}", args.name), Vec::new(), found.operations);
    let output = project.output;
    if args.dry_run {
        output.part(&render(&migration));
        return Ok(crate::DONE);
    }
    let path = project.write(&migration)?;
    let history = project.history()?;
    let url = project.url()?;
    let options = Options {
        target: Target::Latest,
        fake: true,
        ..Options::default()
    };
    let context = Context {
        progress: &|_| {},
        data_steps: None,
        root: Path::new("."),
    };
    block_on(async { Ok(executor::migrate(&url, &history, &options, &context).await?) })?;
    output.line(&format!(
        "{} {path}: {} tables, recorded as applied",
        output.paint(Look::Good, "wrote"),
        schema.tables.len()
    ));
    Ok(crate::DONE)
}
