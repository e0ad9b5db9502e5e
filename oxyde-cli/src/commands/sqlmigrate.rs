//! `oxyde sqlmigrate`.

use oxyde_migrate::operation::Lowered;
use oxyde_migrate::plan;
use oxyde_sql::ddl::{Step, ValueCheck};
use oxyde_sql::dialect::DdlStyle;

use super::Project;
use crate::args::SqlMigrate;
use crate::error::CliError;
use crate::output::Output;

pub(super) fn run(args: &SqlMigrate, project: &Project<'_>) -> Result<i32, CliError> {
    let history = project.existing_history()?;
    let style = DdlStyle::of(project.dialect(args.dialect)?);
    let migration = history.find(&args.name)?;
    let before = history.ancestors(&migration.name);
    let mut state = history.state(&|m| before.contains(&m.name) && m.name != migration.name)?;
    let item = if args.down {
        plan::backwards(migration, &state, style)?
    } else {
        plan::forwards(migration, &mut state, style)?
    };
    let output = project.output;
    output.line(&comment(&format!("{} for {}", migration.name, style.name)));
    let mut operation = None;
    for step in &item.steps {
        if operation != Some(step.operation) {
            operation = Some(step.operation);
            let described = item.descriptions[step.operation..=step.through].join("; ");
            output.line(&format!("\n{}", comment(&described)));
        }
        match &step.lowered {
            Lowered::Ddl(Step::Sql(sql)) | Lowered::Data(sql) => output.line(&format!("{sql};")),
            Lowered::Ddl(Step::Redefine(redefinition)) => {
                output.line(&format!("{};", redefinition.sql));
            }
            Lowered::Ddl(Step::CheckValues(check)) => check_values(output, check),
            Lowered::Ddl(Step::Alone(sql)) => {
                output.line(&format!("-- outside a transaction:\n{sql};"));
            }
            Lowered::Ddl(Step::Rebuild(rebuild)) => {
                for check in &rebuild.checks {
                    check_values(output, check);
                }
                output.line("-- rebuild of the table, with foreign keys off:");
                for sql in rebuild.statements().iter().filter(|sql| !sql.is_empty()) {
                    output.line(&format!("{sql};"));
                }
            }
            Lowered::Python(function) => {
                output.line(&comment(&format!("runs Python: {function}")));
            }
        }
    }
    if item.steps.is_empty() {
        output.line("-- nothing to run");
    }
    Ok(crate::DONE)
}

/// Write the query that `migrate` runs to find values which do not fit a new type.
fn check_values(output: &Output<'_>, check: &ValueCheck) {
    output.line("-- stops here if this counts values that do not fit the new type:");
    output.line(&format!("{};", check.count));
}

/// Format an SQL comment. Names may contain line breaks, and the text after one would be SQL.
fn comment(text: &str) -> String {
    let line = text.replace(
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'),
        " ",
    );
    format!("-- {line}")
}
