//! `oxyde makemigrations`.

use std::collections::BTreeSet;

use oxyde_migrate::autodetect::Knowledge;
use oxyde_migrate::file::{Migration, render};
use oxyde_migrate::history::History;
use oxyde_migrate::merge;
use oxyde_migrate::naming::name_for;
use oxyde_migrate::operation::Operation;

use super::{Project, questions};
use crate::args::MakeMigrations;
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &MakeMigrations, project: &Project<'_>) -> Result<i32, CliError> {
    let output = project.output;
    let history = project.history()?;
    if args.merge {
        return merged(args, project, &history);
    }
    // As a new database sees it: a squash instead of the migrations that it replaces.
    let current = history.resolve(&BTreeSet::new())?;
    let head = current.head()?.map(|migration| migration.name.clone());
    let operations = if args.empty {
        Vec::new()
    } else {
        let models = project.models(args.schema.as_deref())?;
        let old = current.state(&|_| true)?;
        let mut knowledge = Knowledge {
            modules: models.modules.clone(),
            origins: current.origins(),
            unmanaged: current.unmanaged(),
            others: models.unmanaged.clone(),
            recorded: current.recorded(),
            of_models: true,
            loaded: Some(models.loaded.clone()).filter(|loaded| !loaded.is_empty()),
            ..Knowledge::default()
        };
        questions::apply_flags(args, &mut knowledge)?;
        questions::settled(&old, &models.schema, knowledge, args, output)?.operations
    };
    if operations.is_empty() && !args.empty {
        if output.is_json() {
            output.answer(&serde_json::json!({ "migration": null, "operations": [] }));
        } else {
            output.line("No changes: the migrations match the models.");
        }
        return Ok(crate::DONE);
    }
    let mut migrations: Vec<Migration> = Vec::new();
    let first = history.migrations().is_empty();
    for (at, operations) in (0..).zip(in_migrations(operations)) {
        let name = match &args.name {
            Some(name) if at == 0 => slug(name),
            _ if args.empty => "manual".to_owned(),
            _ => name_for(&operations, first && at == 0),
        };
        let name = format!("{:04}_{name}", Project::next_number(&history) + at);
        let after = migrations.last().map(|last| last.name.clone());
        let parents = after.or_else(|| head.clone()).into_iter().collect();
        migrations.push(Migration::new(name, parents, operations));
    }
    for migration in &migrations {
        if args.check || args.dry_run && output.is_json() {
            report(project, migration, None);
        } else if args.dry_run {
            output.line(&format!("# {}.toml", migration.name));
            output.part(&render(migration));
        } else {
            let path = project.write(migration)?;
            report(project, migration, Some(&path));
        }
    }
    Ok(if args.check {
        crate::FOUND
    } else {
        crate::DONE
    })
}

/// Put the concurrent operations, which run outside a transaction, into a migration of their own.
fn in_migrations(operations: Vec<Operation>) -> Vec<Vec<Operation>> {
    let (concurrent, others): (Vec<_>, Vec<_>) =
        operations.into_iter().partition(Operation::is_concurrent);
    if concurrent.is_empty() {
        vec![others]
    } else if others.is_empty() {
        vec![concurrent]
    } else {
        vec![others, concurrent]
    }
}

fn slug(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}

/// Print what the migration does, and warn about dropped data.
fn report(project: &Project<'_>, migration: &Migration, path: Option<&str>) {
    let output = project.output;
    if output.is_json() {
        let operations: Vec<String> = migration
            .operations
            .iter()
            .map(Operation::describe)
            .collect();
        output.answer(&serde_json::json!({
            "migration": migration.name, "path": path, "operations": operations,
        }));
        return;
    }
    match path {
        Some(path) => output.line(&format!("{} {path}", output.paint(Look::Good, "wrote"))),
        None => output.line("Changes without a migration:"),
    }
    for operation in &migration.operations {
        let (sign, look) = match operation {
            Operation::CreateTable(_)
            | Operation::AddColumn(_)
            | Operation::AddIndex(_)
            | Operation::AddUnique(_)
            | Operation::AddCheck(_)
            | Operation::AddForeignKey(_)
            | Operation::AddEnumValue(_) => ("+", Look::Good),
            Operation::DropTable(_)
            | Operation::DropColumn(_)
            | Operation::DropIndex(_)
            | Operation::DropUnique(_)
            | Operation::DropCheck(_)
            | Operation::DropForeignKey(_)
            | Operation::DropEnumValue(_) => ("-", Look::Bad),
            _ => ("~", Look::Warning),
        };
        output.line(&format!(
            "  {} {}",
            output.paint(look, sign),
            operation.describe()
        ));
    }
    for operation in &migration.operations {
        match operation {
            Operation::DropTable(drop) => {
                output.warn(&format!(
                    "table `{}` and all its rows will be dropped",
                    drop.name
                ));
            }
            Operation::DropColumn(drop) => output.warn(&format!(
                "column `{}` of table `{}` and its data will be dropped",
                drop.name, drop.table
            )),
            _ => {}
        }
    }
}

fn merged(
    args: &MakeMigrations,
    project: &Project<'_>,
    history: &History,
) -> Result<i32, CliError> {
    let current = history.resolve(&BTreeSet::new())?;
    let heads: Vec<String> = current.heads().iter().map(|m| m.name.clone()).collect();
    let output = project.output;
    if heads.len() < 2 {
        if output.is_json() {
            output.answer(&serde_json::json!({ "migration": null, "merges": [] }));
        } else {
            output.line("Nothing to merge: the history has one head.");
        }
        return Ok(crate::DONE);
    }
    merge::check(&current).map_err(|error| CliError::new(error.to_string()).hint(error.hint()))?;
    let name = args
        .name
        .as_deref()
        .map_or_else(|| "merge".to_owned(), slug);
    let name = format!("{:04}_{name}", Project::next_number(history));
    let migration = Migration::new(name, heads.clone(), Vec::new());
    if args.dry_run {
        output.part(&render(&migration));
        return Ok(crate::DONE);
    }
    let path = project.write(&migration)?;
    if output.is_json() {
        output.answer(&serde_json::json!({
            "migration": migration.name, "path": path, "merges": heads,
        }));
        return Ok(crate::DONE);
    }
    output.line(&format!(
        "{} {path}: merges {}",
        output.paint(Look::Good, "wrote"),
        heads.join(" and ")
    ));
    Ok(crate::DONE)
}
