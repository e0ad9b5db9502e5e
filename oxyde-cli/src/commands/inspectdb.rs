//! `oxyde inspectdb`.

use std::time::Duration;

use oxyde_migrate::executor::MigrateError;
use oxyde_migrate::introspect::introspect;
use oxyde_migrate::session::Session;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;

use super::{Project, block_on};
use crate::args::InspectDb;
use crate::error::CliError;
use crate::python;

pub(super) fn run(args: &InspectDb, project: &Project<'_>) -> Result<i32, CliError> {
    let (mut schema, style) = read(project)?;
    if let Some(missing) = args
        .tables
        .iter()
        .find(|name| !schema.tables.iter().any(|table| table.name == **name))
    {
        let known: Vec<&str> = schema
            .tables
            .iter()
            .map(|table| table.name.as_str())
            .collect();
        return Err(
            CliError::new(format!("the database has no table `{missing}`")).hint(
                oxyde_migrate::suggest::closest(missing, &known).map_or_else(
                    || format!("it has: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                ),
            ),
        );
    }
    if !args.tables.is_empty() {
        schema
            .tables
            .retain(|table| args.tables.contains(&table.name));
    }
    if args.json {
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|error| CliError::new(error.to_string()))?;
        project.output.line(&text);
    } else {
        project.output.part(&python::models(&schema, style));
    }
    Ok(crate::DONE)
}

/// What the project's database has.
pub(super) fn read(project: &Project<'_>) -> Result<(Schema, &'static DdlStyle), CliError> {
    let url = project.url()?;
    block_on(async {
        let session = Session::connect(&url, Duration::from_secs(5))
            .await
            .map_err(MigrateError::from)?;
        let found = introspect(&session).await;
        let style = session.style();
        session.close().await;
        Ok((found.map_err(MigrateError::from)?, style))
    })
}
