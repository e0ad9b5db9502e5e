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
    let (schema, mut views, style) = found(project, !project.output.is_json())?;
    views.retain(|view| {
        let name = label_of(view);
        if args.tables.is_empty() {
            !project.config.excludes(&name)
        } else {
            args.tables.contains(&name)
        }
    });
    let is_view = |name: &String| views.iter().any(|view| label_of(view) == *name);
    let mut tables = args.tables.clone();
    tables.retain(|name| !is_view(name));
    let only_views = tables.len() < args.tables.len() && tables.is_empty();
    let mut schema = chosen(schema, project, &tables)?;
    if only_views {
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

/// Return the schema of the project's database: the named tables, or all that are not excluded.
pub(super) fn read(
    project: &Project<'_>,
    tables: &[String],
) -> Result<(Schema, &'static DdlStyle), CliError> {
    let (schema, _, style) = found(project, false)?;
    Ok((chosen(schema, project, tables)?, style))
}

/// Return all tables of the project's database, and its views if they are wanted.
fn found(
    project: &Project<'_>,
    with_views: bool,
) -> Result<(Schema, Vec<Table>, &'static DdlStyle), CliError> {
    project.read(async |session: &Session| {
        let views = if with_views {
            introspect::views(session).await?
        } else {
            Vec::new()
        };
        Ok((introspect(session).await?, views, session.style()))
    })
}

/// Describe what the database has and a baseline does not keep.
pub(super) fn left_out(project: &Project<'_>) -> Result<Vec<String>, CliError> {
    project.read(async |session: &Session| Ok(introspect::left_out(session).await?))
}

/// Return the schema with the named tables only, or with all that are not excluded.
fn chosen(
    mut schema: Schema,
    project: &Project<'_>,
    tables: &[String],
) -> Result<Schema, CliError> {
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
    Ok(schema)
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
