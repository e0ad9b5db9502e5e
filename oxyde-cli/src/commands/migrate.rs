//! `oxyde migrate`.

use std::sync::{Mutex, PoisonError};

use oxyde_migrate::executor::{self, Context, Event, MigrateError, Options};
use oxyde_migrate::history::History;
use oxyde_migrate::plan::{Direction, PlannedMigration};
use serde_json::{Value, json};

use super::targets::{self, Target};
use super::{Project, plan};
use crate::args::Migrate;
use crate::config::OutOfOrder;
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(
    args: &Migrate,
    project: &Project<'_>,
    arguments: &[String],
) -> Result<i32, CliError> {
    let targets = targets::resolve(&args.targets, project)?;
    if args.plan || args.check {
        return plan::run(args, project, &targets);
    }
    let only = match targets.as_slice() {
        [only] if !args.targets.are_listed() => only,
        _ => return several(args, project, &targets, arguments),
    };
    let run = Run::new(args, project, None);
    let access = only.access(project)?;
    let history = project.of(&only.database).existing_history()?;
    let result = project.block_on(async { Ok(run.migrate(&access, &history).await) })?;
    match result {
        Ok(()) => {
            let done = run.done();
            let output = project.output;
            if output.is_json() {
                output.answer(&json!({ "migrations": done }));
            } else if done.is_empty() {
                output.event(&json!({ "event": "up_to_date" }), UP_TO_DATE);
            }
            Ok(crate::DONE)
        }
        Err(MigrateError::NoPython { migration }) => hand_over(migration, project, arguments),
        Err(error) => {
            let mut error = CliError::from(error);
            if !project.output.is_json() {
                return Err(error);
            }
            let code = crate::exit_code(&mut error, project.output.host);
            let done = run.done();
            let answer = json!({ "migrations": done, "error": error.as_json() });
            project.output.answer(&answer);
            Ok(code)
        }
    }
}

pub(super) const UP_TO_DATE: &str = "Nothing to do: the database is up to date.";

/// Run the whole command in a process that can run data steps.
fn hand_over(
    migration: String,
    project: &Project<'_>,
    arguments: &[String],
) -> Result<i32, CliError> {
    project
        .output
        .host
        .hand_over(arguments, &project.config.root)
        .ok_or_else(|| MigrateError::NoPython { migration }.into())
}

/// Migrate several databases, and sum up: a failure does not stop the others.
fn several(
    args: &Migrate,
    project: &Project<'_>,
    targets: &[Target],
    arguments: &[String],
) -> Result<i32, CliError> {
    let output = project.output;
    let without_python = Mutex::new(None);
    let histories = targets::histories(targets, project)?;
    let results = targets::each(targets, args.targets.jobs, project, async |target| {
        let run = Run::new(args, project, Some(target.label()));
        let history = &histories[&target.database];
        match run.migrate(&target.access(project)?, history).await {
            Ok(()) => Ok(run.done()),
            Err(error) => {
                if let MigrateError::NoPython { migration } = &error {
                    let mut missing = without_python
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    missing.get_or_insert_with(|| migration.clone());
                }
                Err(CliError::from(error))
            }
        }
    })?;
    if let Some(migration) = without_python
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        return hand_over(migration, project, arguments);
    }
    let failed = results.iter().filter(|result| result.is_err()).count();
    if output.is_json() {
        let items: Vec<Value> = targets
            .iter()
            .zip(&results)
            .map(|(target, result)| {
                let mut item = target.described();
                match result {
                    Ok(done) => item["migrations"] = json!(done),
                    Err(error) => item["error"] = error.as_json(),
                }
                item
            })
            .collect();
        output.answer(&json!({ "databases": items, "failed": failed }));
    } else {
        sum_up(targets, &results, output);
    }
    Ok(match project.output.host.interrupt().signal() {
        Some(signal) => crate::SIGNALLED + signal,
        None if failed > 0 => crate::ERROR,
        None => crate::DONE,
    })
}

/// Report the errors, and how many databases have which outcome.
fn sum_up(targets: &[Target], results: &[Result<Vec<Value>, CliError>], output: &Output<'_>) {
    for (target, result) in targets.iter().zip(results) {
        if let Err(error) = result {
            output.error(&CliError {
                message: format!("{}: {}", target.label(), error.message),
                hint: error.hint.clone(),
            });
        }
    }
    let count = |outcome: fn(&Result<Vec<Value>, CliError>) -> bool| {
        results.iter().filter(|result| outcome(result)).count()
    };
    let migrated = count(|result| result.as_ref().is_ok_and(|done| !done.is_empty()));
    let current = count(|result| result.as_ref().is_ok_and(Vec::is_empty));
    let failed = count(Result::is_err);
    output.event(
        &json!({
            "event": "summary", "migrated": migrated, "up_to_date": current, "failed": failed,
        }),
        &format!(
            "{} database{}: {migrated} migrated, {current} up to date, {failed} failed",
            targets.len(),
            if targets.len() == 1 { "" } else { "s" }
        ),
    );
}

/// A run on one database.
struct Run<'a> {
    options: Options,
    project: &'a Project<'a>,
    /// What its lines begin with, if there are several.
    label: Option<&'a str>,
    done: Mutex<Vec<Value>>,
}

impl<'a> Run<'a> {
    fn new(args: &Migrate, project: &'a Project<'a>, label: Option<&'a str>) -> Self {
        Run {
            options: Options {
                target: oxyde_migrate::plan::Target::parse(args.target.as_deref()),
                fake: args.fake,
                lock_timeout: args.lock_timeout,
                statement_timeout: args.statement_timeout,
                refuses_late: project.config.out_of_order == OutOfOrder::Refuse,
            },
            project,
            label,
            done: Mutex::default(),
        }
    }

    async fn migrate(
        &self,
        access: &oxyde_migrate::session::Access,
        history: &History,
    ) -> Result<(), MigrateError> {
        let output = self.project.output;
        let context = Context {
            progress: &|event| self.show(&event),
            data_steps: output.host.data_steps(),
            root: &self.project.config.root,
        };
        executor::migrate(access, history, &self.options, &context).await?;
        Ok(())
    }

    /// What was run, as objects of an answer.
    fn done(&self) -> Vec<Value> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut done)
    }

    fn show(&self, event: &Event<'_>) {
        let output = self.project.output;
        match event {
            Event::Waiting => self.tell(
                json!({ "event": "waiting" }),
                "Waiting for another migrator to finish …",
            ),
            Event::TookOver => self.tell(
                json!({ "event": "took_over" }),
                "Another migrator has ended without finishing; going on with its work …",
            ),
            Event::Late { item, after } => {
                if self.project.config.out_of_order == OutOfOrder::Warn {
                    output.warn(&format!(
                        "{}{} is applied although {after}, which is newer, was applied before",
                        self.prefix(),
                        item.name
                    ));
                }
            }
            Event::Started { item } => {
                self.progress(&format!("{} {} …", verb(item.direction), item.name));
            }
            Event::Step { item, number } => self.progress(&format!(
                "{} {} … step {number} of {}",
                verb(item.direction),
                item.name,
                item.steps.len()
            )),
            Event::Range { item, rows } => {
                self.progress(&format!(
                    "{} {} … {rows} rows",
                    verb(item.direction),
                    item.name
                ));
            }
            Event::Finished { item, took, fake } => {
                self.done
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(described(item));
                self.erase();
                let how = if *fake { " (recorded only)" } else { "" };
                let (word, event) = match item.direction {
                    Direction::Up => ("applied ", "applied"),
                    Direction::Down => ("reversed", "reversed"),
                };
                self.tell(
                    json!({
                        "event": event,
                        "migration": item.name,
                        "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                        "fake": fake,
                    }),
                    &format!(
                        "{} {} {}{how}",
                        output.paint(Look::Good, word),
                        item.name,
                        output.paint(Look::Faint, &format!("{} ms", took.as_millis()))
                    ),
                );
            }
            Event::Skipped { item } => self.tell(
                json!({ "event": "skipped", "migration": item.name }),
                &format!("skipped  {}: another migrator ran it", item.name),
            ),
        }
    }

    fn prefix(&self) -> String {
        self.label
            .map_or_else(String::new, |label| format!("{label}: "))
    }

    fn tell(&self, mut fields: Value, line: &str) {
        if let Some(label) = self.label {
            fields["database"] = json!(label);
        }
        self.project
            .output
            .event(&fields, &format!("{}{line}", self.prefix()));
    }

    /// Show a line that the next one overwrites: at a terminal, for one database.
    fn progress(&self, line: &str) {
        let output = self.project.output;
        if self.label.is_none() && output.shows_progress() {
            output.part(&format!("{line}\r"));
        }
    }

    /// Erase the rest of the progress line.
    fn erase(&self) {
        if self.label.is_none() && self.project.output.shows_progress() {
            self.project.output.part("\u{1b}[2K");
        }
    }
}

/// A migration as an object of an answer.
pub(super) fn described(item: &PlannedMigration) -> Value {
    json!({
        "name": item.name,
        "direction": match item.direction { Direction::Up => "up", Direction::Down => "down" },
        "operations": item.descriptions,
    })
}

pub(super) fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "apply",
        Direction::Down => "reverse",
    }
}
