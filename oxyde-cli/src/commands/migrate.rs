//! `oxyde migrate`.

use std::fmt::Write as _;

use std::time::Duration;

use oxyde_migrate::executor::{self, Context, Event, MigrateError, Options};
use oxyde_migrate::plan::{Direction, MigrationPlan, PlannedMigration, Target};

use super::{Project, block_on};
use crate::args::Migrate;
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(
    args: &Migrate,
    project: &Project<'_>,
    arguments: &[String],
) -> Result<i32, CliError> {
    let history = project.existing_history()?;
    let url = project.url()?;
    let output = project.output;
    let options = Options {
        target: Target::parse(args.target.as_deref()),
        fake: args.fake,
        lock_timeout: seconds("--lock-timeout", args.lock_timeout)?,
        statement_timeout: match args.statement_timeout {
            Some(limit) => Some(seconds("--statement-timeout", limit)?),
            None => None,
        },
    };
    if args.plan {
        let planned =
            block_on(async { Ok(executor::preview(&url, &history, &options.target).await?) })?;
        show_plan(&planned, args.json, output);
        return Ok(crate::DONE);
    }
    let progress = |event: Event<'_>| {
        if !args.json {
            show(&event, output);
        }
    };
    let context = Context {
        progress: &progress,
        data_steps: output.host.data_steps(),
        root: &project.config.root,
    };
    let done = block_on(async { Ok(executor::migrate(&url, &history, &options, &context).await) })?;
    match done {
        Ok(done) => {
            if args.json {
                let names: Vec<_> = done.iter().map(described).collect();
                output.line(&serde_json::json!({ "migrations": names }).to_string());
            } else if done.is_empty() {
                output.line("Nothing to do: the database is up to date.");
            }
            Ok(crate::DONE)
        }
        Err(error @ MigrateError::NoPython { .. }) => output
            .host
            .hand_over(arguments)
            .ok_or_else(|| CliError::from(error)),
        Err(error) => Err(error.into()),
    }
}

fn seconds(flag: &str, value: f64) -> Result<Duration, CliError> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        CliError::new(format!("{flag} {value} is not a duration"))
            .hint("pass seconds, for example 2.5")
    })
}

fn described(item: &PlannedMigration) -> serde_json::Value {
    serde_json::json!({
        "name": item.name,
        "direction": match item.direction { Direction::Up => "up", Direction::Down => "down" },
        "operations": item.descriptions,
    })
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "apply",
        Direction::Down => "reverse",
    }
}

fn show(event: &Event<'_>, output: &Output<'_>) {
    match event {
        Event::Waiting => output.line("Waiting for another migrator to finish …"),
        // The next line overwrites this one, so it is shown only at a terminal.
        Event::Started { item } if output.host.is_terminal() => {
            output.part(&format!("{} {} …\r", verb(item.direction), item.name));
        }
        Event::Step { item, number } if output.host.is_terminal() => output.part(&format!(
            "{} {} … step {number} of {}\r",
            verb(item.direction),
            item.name,
            item.steps.len()
        )),
        Event::Started { .. } | Event::Step { .. } => {}
        Event::Finished { item, took, fake } => {
            let how = if *fake { " (recorded only)" } else { "" };
            if output.host.is_terminal() {
                // Erase the rest of the progress line.
                output.part("\u{1b}[2K");
            }
            output.line(&format!(
                "{} {} {}{how}",
                output.paint(
                    Look::Good,
                    if item.direction == Direction::Up {
                        "applied "
                    } else {
                        "reversed"
                    }
                ),
                item.name,
                output.paint(Look::Faint, &format!("{} ms", took.as_millis()))
            ));
        }
        Event::Skipped { item } => {
            output.line(&format!("skipped  {}: another migrator ran it", item.name));
        }
    }
}

fn show_plan(planned: &MigrationPlan, json: bool, output: &Output<'_>) {
    if json {
        let items: Vec<_> = planned.migrations.iter().map(described).collect();
        output.line(&serde_json::json!({ "plan": items }).to_string());
        return;
    }
    if planned.migrations.is_empty() {
        output.line("Nothing to do: the database is up to date.");
    }
    for item in &planned.migrations {
        let name = output.paint(Look::Strong, &item.name);
        let mut line = format!("{} {name}", verb(item.direction));
        if item.record_only {
            line.push_str(" (recorded only)");
        } else if item.done > 0 || item.begun {
            let _ = write!(
                line,
                " (from step {} of {})",
                item.done + 1,
                item.steps.len()
            );
        }
        output.line(&line);
        for description in &item.descriptions {
            output.line(&format!("    {description}"));
        }
    }
}
