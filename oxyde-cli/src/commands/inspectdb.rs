//! `oxyde inspectdb`.

use oxyde_migrate::introspect::{self, introspect};
use oxyde_migrate::session::Session;
use oxyde_migrate::state::{label, label_of};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Schema, Table};
use oxyde_sql::suggest;

use super::Project;
use crate::args::InspectDb;
use crate::error::CliError;
use crate::model_source;

pub(super) fn run(args: &InspectDb, project: &Project<'_>) -> Result<i32, CliError> {
    let views = if project.output.is_json() {
        Vec::new()
    } else {
        views(args, project)?
    };
    let is_view = |name: &String| views.iter().any(|view| label_of(view) == *name);
    let mut tables = args.tables.clone();
    tables.retain(|name| !is_view(name));
    let (mut schema, style) = read(project, &tables)?;
    if tables.len() < args.tables.len() && tables.is_empty() {
        schema.tables.clear();
    }
    if project.output.is_json() {
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|error| CliError::new(error.to_string()))?;
        project.output.line(&text);
    } else {
        project
            .output
            .part(&model_source::models(&schema, &views, style));
    }
    Ok(crate::DONE)
}

/// Return the named views, or all that are not excluded.
fn views(args: &InspectDb, project: &Project<'_>) -> Result<Vec<Table>, CliError> {
    let mut found =
        project.read(async |session: &Session| Ok(introspect::views(session).await?))?;
    found.retain(|view| {
        let name = label_of(view);
        if args.tables.is_empty() {
            !project.config.excludes(&name)
        } else {
            args.tables.contains(&name)
        }
    });
    Ok(found)
}

/// Return the schema of the project's database: the named tables, or all that are not excluded.
pub(super) fn read(
    project: &Project<'_>,
    tables: &[String],
) -> Result<(Schema, &'static DdlStyle), CliError> {
    let (mut schema, style) = project
        .read(async |session: &Session| Ok((introspect(session).await?, session.style())))?;
    let known: Vec<String> = schema.tables.iter().map(label_of).collect();
    if let Some(missing) = tables.iter().find(|table| !known.contains(table)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(
            CliError::new(format!("the database has no table `{missing}`")).hint(suggest::hint(
                missing,
                known.iter().copied(),
                || format!("its tables are {}", known.join(", ")),
            )),
        );
    }
    schema.tables.retain(|table| {
        let name = label_of(table);
        if tables.is_empty() {
            !project.config.excludes(&name)
        } else {
            tables.contains(&name)
        }
    });
    drop_outward_keys(&mut schema, project);
    Ok((schema, style))
}

/// Leave out foreign keys to tables that were left out.
fn drop_outward_keys(schema: &mut Schema, project: &Project<'_>) {
    let kept: Vec<String> = schema.tables.iter().map(label_of).collect();
    for table in &mut schema.tables {
        let owner = label_of(table);
        table.foreign_keys.retain(|key| {
            let target = label(key.target_schema.as_deref(), &key.target_table);
            let stays = kept.contains(&target);
            if !stays {
                project.output.warn(&format!(
                    "the foreign key `{}` of table `{owner}` is left out: it refers to `{target}`",
                    key.name
                ));
            }
            stays
        });
    }
}
