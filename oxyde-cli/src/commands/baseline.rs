//! `oxyde baseline`.

use std::collections::BTreeSet;
use std::path::Path;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::executor::{self, Context, Options};
use oxyde_migrate::file::{Migration, render};
use oxyde_migrate::introspect::neutral_default;
use oxyde_migrate::operation::{CreateObject, Operation, set_unmanaged};
use oxyde_migrate::plan::Target;
use oxyde_migrate::state;
use oxyde_sql::ddl::{foreign_key_name, unique_name};
use oxyde_sql::schema::{Object, Schema};

use super::{Project, inspectdb};
use crate::args::Baseline;
use crate::error::CliError;
use crate::model_source;
use crate::models::ModelsDocument;
use crate::output::Look;

pub(super) fn run(args: &Baseline, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.history()?;
    if !history.migrations().is_empty() {
        return Err(CliError::new("the project already has migrations")
            .hint("run `oxyde migrate --fake` to record them for a database that already has their tables"));
    }
    let (mut schema, style) = inspectdb::read(project, &args.tables)?;
    for column in schema
        .tables
        .iter_mut()
        .flat_map(|table| &mut table.columns)
    {
        if let Some(default) = &column.default {
            column.default = Some(neutral_default(style, default, column));
        }
    }
    keep_names(&mut schema);
    model_source::mark_undeclared(&mut schema);
    let models = models(args, project);
    let unmanaged: BTreeSet<String> = schema
        .tables
        .iter()
        .filter(|table| {
            state::position(&models.schema, table.schema.as_deref(), &table.name).is_none()
        })
        .map(state::label_of)
        .collect();
    let knowledge = Knowledge {
        modules: models.modules,
        ..Knowledge::default()
    };
    let objects = std::mem::take(&mut schema.objects);
    let (after, before): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| object.needs_tables);
    let mut operations = detect(&Schema::default(), &schema, &knowledge)?.operations;
    operations.splice(0..0, before.into_iter().map(created));
    operations.extend(after.into_iter().map(created));
    set_unmanaged(&mut operations, &unmanaged);
    let migration = Migration::new(format!("0001_{}", args.name), Vec::new(), operations);
    let output = project.output;
    if args.dry_run {
        output.part(&render(&migration));
        return Ok(crate::DONE);
    }
    let path = project.write(&migration)?;
    record(project)?;
    let missing = inspectdb::left_out(project)?;
    if output.is_json() {
        output.answer(&serde_json::json!({
            "migration": migration.name,
            "path": path,
            "tables": schema.tables.len(),
            "unmanaged": unmanaged,
            "left_out": missing,
        }));
        return Ok(crate::DONE);
    }
    output.line(&format!(
        "{} {path}: {} tables, recorded as applied",
        output.paint(Look::Good, "wrote"),
        schema.tables.len()
    ));
    if !missing.is_empty() {
        output.line("Left out, since no migration can create it:");
        for what in &missing {
            output.line(&format!("  {what}"));
        }
    }
    if !unmanaged.is_empty() {
        let names: Vec<&str> = unmanaged.iter().map(String::as_str).collect();
        output.line(&format!(
            "Tables without a model, which are left alone until one claims them: {}",
            names.join(", ")
        ));
    }
    Ok(crate::DONE)
}

/// Record the migration as applied.
fn record(project: &Project<'_>) -> Result<(), CliError> {
    let history = project.history()?;
    let access = project.access()?;
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
    project.block_on(async {
        executor::migrate(&access, &history, &options, &context).await?;
        Ok(())
    })
}

/// Mark the names that models would not derive.
fn keep_names(schema: &mut Schema) {
    for table in &mut schema.tables {
        for key in &mut table.foreign_keys {
            key.kept_name = key.name != foreign_key_name(&table.name, &key.columns);
        }
        for unique in &mut table.uniques {
            unique.kept_name = unique.name != unique_name(&table.name, &unique.columns);
        }
    }
}

fn created(object: Object) -> Operation {
    CreateObject { object }.into()
}

/// Return the models; none if there are none yet, or if they cannot be read now.
fn models(args: &Baseline, project: &Project<'_>) -> ModelsDocument {
    if args.schema.is_none() && !project.has_models() {
        return ModelsDocument::default();
    }
    project
        .models(args.schema.as_deref())
        .unwrap_or_else(|error| {
            project.output.warn(&format!(
                "the models cannot be read ({}): `makemigrations` will claim their tables",
                error.message
            ));
            ModelsDocument::default()
        })
}
