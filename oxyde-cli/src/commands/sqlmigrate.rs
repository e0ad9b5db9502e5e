//! `oxyde sqlmigrate`.

use oxyde_migrate::executor::preview;
use oxyde_migrate::ledger::Ledger;
use oxyde_migrate::operation::Lowered;
use oxyde_migrate::plan::{self, PlannedMigration, Target};
use oxyde_migrate::session::Session;
use oxyde_sql::ddl::{Step, ValueCheck};
use oxyde_sql::dialect::{AlterStyle, DdlStyle};
use serde_json::{Value, json};

use super::Project;
use crate::args::SqlMigrate;
use crate::error::CliError;

pub(super) fn run(args: &SqlMigrate, project: &Project<'_>) -> Result<i32, CliError> {
    project.one_database()?;
    let scripts = match &args.name {
        Some(name) => vec![named(name, args, project)?],
        None => pending(project)?,
    };
    let output = project.output;
    if output.is_json() {
        let items: Vec<Value> = scripts.iter().map(Script::as_json).collect();
        output.answer(&json!({ "migrations": items }));
        return Ok(crate::DONE);
    }
    if scripts.is_empty() {
        output.line("-- nothing to run: the database is up to date");
    }
    for (at, script) in scripts.iter().enumerate() {
        if at > 0 {
            output.line("");
        }
        output.line(&script.text());
    }
    Ok(crate::DONE)
}

/// Return the SQL of one migration, as the files define it.
fn named(name: &str, args: &SqlMigrate, project: &Project<'_>) -> Result<Script, CliError> {
    let history = project.existing_history()?;
    let style = DdlStyle::of(project.dialect(args.dialect)?);
    let migration = history.find(name)?;
    let before = history.ancestors(&migration.name);
    let mut state = history.state(&|m| before.contains(&m.name) && m.name != migration.name)?;
    let item = if args.down {
        plan::backwards(migration, &state, style)?
    } else {
        plan::forwards(migration, &mut state, style)?
    };
    Ok(Script::of(&item, style))
}

/// Return the SQL of all migrations that are not applied, with what records them, so that it can be
/// run by hand instead of `migrate`.
fn pending(project: &Project<'_>) -> Result<Vec<Script>, CliError> {
    let history = project.existing_history()?;
    project.read(async |session: &Session| {
        let planned = preview(session, &history, &Target::Latest).await?;
        let mut scripts = Vec::with_capacity(planned.migrations.len());
        for (at, item) in planned.migrations.iter().enumerate() {
            let mut functions = item.steps.iter().filter_map(|step| step.lowered.python());
            if let Some(function) = functions.next() {
                return Err(CliError::new(format!(
                    "migration `{}` runs the Python function `{function}`, which has no SQL",
                    item.name
                ))
                .hint("apply it with `oxyde migrate`"));
            }
            let mut script = Script::of(item, session.style());
            script.record(item, session.ledger(), at == 0);
            if item.atomic && session.style().transactional {
                script.wrap(item, session.style());
            }
            scripts.push(script);
        }
        Ok(scripts)
    })
}

/// A part of a script.
enum Part {
    Comment(String),
    Statement(String),
}

/// The SQL of a migration.
struct Script {
    name: String,
    title: String,
    parts: Vec<Part>,
}

impl Script {
    fn of(item: &PlannedMigration, style: &DdlStyle) -> Self {
        let mut script = Script {
            name: item.name.clone(),
            title: format!("{} for {}", item.name, style.name),
            parts: Vec::new(),
        };
        let mut operation = None;
        for step in item.steps.iter().skip(item.done) {
            if operation != Some(step.operation) {
                operation = Some(step.operation);
                script.parts.push(Part::Comment(String::new()));
                script.comment(&item.descriptions[step.operation..=step.through].join("; "));
            }
            script.step(&step.lowered);
        }
        if item.steps.is_empty() {
            script.comment("nothing to run");
        }
        script
    }

    fn step(&mut self, lowered: &Lowered) {
        match lowered {
            Lowered::Ddl(Step::Sql(sql)) | Lowered::Data(sql) => self.statement(sql),
            Lowered::Ddl(Step::Redefine(redefinition)) => self.statement(&redefinition.sql),
            Lowered::Ddl(Step::CheckValues(check)) => self.check_values(check),
            Lowered::Ddl(Step::Alone(sql)) => {
                self.comment("outside a transaction:");
                self.statement(sql);
            }
            Lowered::Ddl(Step::Rebuild(rebuild)) => {
                for check in &rebuild.checks {
                    self.check_values(check);
                }
                self.comment("rebuild of the table, with foreign keys off:");
                for sql in rebuild.statements().iter().filter(|sql| !sql.is_empty()) {
                    self.statement(sql);
                }
            }
            Lowered::Python(function) | Lowered::PythonByRange(function, _) => {
                self.comment(&format!("runs Python: {function}"));
            }
        }
    }

    /// Write the query that `migrate` runs to find values which do not fit a new type.
    fn check_values(&mut self, check: &ValueCheck) {
        self.comment("stops here if this counts values that do not fit the new type:");
        self.statement(&check.count);
    }

    /// Write the statements that record the migration as applied.
    fn record(&mut self, item: &PlannedMigration, ledger: &Ledger, is_first: bool) {
        self.parts.push(Part::Comment(String::new()));
        self.comment("record it as applied");
        if is_first {
            self.statement(&ledger.create());
        }
        let now = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S").to_string();
        for sql in ledger.finish(item, &now, 0) {
            self.statement(&sql);
        }
    }

    /// Put the statements into a transaction, if all of them can be in one.
    fn wrap(&mut self, item: &PlannedMigration, style: &DdlStyle) {
        if item.steps.iter().any(oxyde_migrate::plan::Step::is_alone) {
            return;
        }
        let is_rebuild = |step: &oxyde_migrate::plan::Step| {
            matches!(step.lowered, Lowered::Ddl(Step::Rebuild(_)))
        };
        let mut before = vec![Part::Statement("BEGIN".to_owned())];
        let mut after = vec![Part::Statement("COMMIT".to_owned())];
        if style.alter == AlterStyle::Rebuild && item.steps.iter().any(is_rebuild) {
            before.insert(0, Part::Statement("PRAGMA foreign_keys = OFF".to_owned()));
            after.push(Part::Statement("PRAGMA foreign_keys = ON".to_owned()));
        }
        self.parts.splice(0..0, before);
        self.parts.append(&mut after);
    }

    /// Names may contain line breaks, and the text after one would be SQL.
    fn comment(&mut self, text: &str) {
        let line = text.replace(
            |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'),
            " ",
        );
        self.parts.push(Part::Comment(format!("-- {line}")));
    }

    fn statement(&mut self, sql: &str) {
        self.parts.push(Part::Statement(sql.to_owned()));
    }

    fn text(&self) -> String {
        let mut text = format!("-- {}", self.title);
        for part in &self.parts {
            text.push('\n');
            match part {
                Part::Comment(line) => text.push_str(line),
                Part::Statement(sql) => {
                    text.push_str(sql);
                    text.push(';');
                }
            }
        }
        text
    }

    fn as_json(&self) -> Value {
        let statements: Vec<&String> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Statement(sql) => Some(sql),
                Part::Comment(_) => None,
            })
            .collect();
        json!({ "name": self.name, "statements": statements })
    }
}
