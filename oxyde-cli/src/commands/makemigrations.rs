//! `oxyde makemigrations`.

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
    let head = history.head()?.map(|migration| migration.name.clone());
    let (operations, suggested) = if args.empty {
        (Vec::new(), "manual".to_owned())
    } else {
        let models = project.models(args.schema.as_deref())?;
        let old = history
            .resolve(&std::collections::BTreeSet::new())?
            .state(&|_| true)?;
        let mut knowledge = Knowledge {
            modules: models.modules.clone(),
            origins: history.origins(),
            loaded: Some(models.loaded.clone()).filter(|loaded| !loaded.is_empty()),
            ..Knowledge::default()
        };
        questions::told(args, &mut knowledge)?;
        let found = questions::settled(&old, &models.schema, knowledge, args, output)?;
        let name = name_for(&found.operations, history.migrations().is_empty());
        (found.operations, name)
    };
    if operations.is_empty() && !args.empty {
        if args.json {
            output.line(r#"{"migration":null,"operations":[]}"#);
        } else {
            output.line("No changes: the migrations are as the models.");
        }
        return Ok(crate::DONE);
    }
    let name = args.name.clone().map_or(suggested, |name| slug(&name));
    let name = format!("{:04}_{name}", Project::next_number(&history));
    let migration = Migration::new(name, head.into_iter().collect(), operations);
    if args.check {
        report(project, &migration, args.json, None);
        return Ok(crate::FOUND);
    }
    if args.dry_run {
        if args.json {
            report(project, &migration, true, None);
        } else {
            output.line(&format!("# {}.toml", migration.name));
            output.part(&render(&migration));
        }
        return Ok(crate::DONE);
    }
    let path = project.write(&migration)?;
    report(project, &migration, args.json, Some(&path));
    Ok(crate::DONE)
}

fn slug(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}

/// What the migration does; what it drops is said aloud.
fn report(project: &Project<'_>, migration: &Migration, json: bool, path: Option<&str>) {
    let output = project.output;
    if json {
        let operations: Vec<String> = migration
            .operations
            .iter()
            .map(Operation::describe)
            .collect();
        let answer = serde_json::json!({
            "migration": migration.name, "path": path, "operations": operations,
        });
        output.line(&answer.to_string());
        return;
    }
    match path {
        Some(path) => output.line(&format!("{} {path}", output.paint(Look::Good, "wrote"))),
        None => output.line("Changes that no migration has:"),
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
    let heads: Vec<String> = history.heads().iter().map(|m| m.name.clone()).collect();
    if heads.len() < 2 {
        project
            .output
            .line("Nothing to merge: the history has one head.");
        return Ok(crate::DONE);
    }
    merge::check(history).map_err(|error| CliError::new(error.to_string()).hint(error.hint()))?;
    let name = args
        .name
        .as_deref()
        .map_or_else(|| "merge".to_owned(), slug);
    let name = format!("{:04}_{name}", Project::next_number(history));
    let migration = Migration::new(name, heads.clone(), Vec::new());
    if args.dry_run {
        project.output.part(&render(&migration));
        return Ok(crate::DONE);
    }
    let path = project.write(&migration)?;
    let output = project.output;
    output.line(&format!(
        "{} {path}: {} can be done in any order",
        output.paint(Look::Good, "wrote"),
        heads.join(" and ")
    ));
    Ok(crate::DONE)
}
