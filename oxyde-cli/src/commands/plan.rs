//! `oxyde migrate --plan` and `--check`: what would run.

use std::fmt::Write as _;

use oxyde_migrate::executor;
use oxyde_migrate::history::History;
use oxyde_migrate::impact::{self, Impact};
use oxyde_migrate::plan::{MigrationPlan, PlannedMigration, Target as Goal};
use oxyde_migrate::session::Session;
use serde_json::{Value, json};

use super::migrate::{UP_TO_DATE, described, verb};
use super::targets::{self, Target};
use super::{BUSY, Project};
use crate::args::Migrate;
use crate::error::CliError;
use crate::output::{Look, Output};

/// A plan, and for each of its migrations what its operations make others wait for.
struct Preview {
    plan: MigrationPlan,
    impacts: Vec<Vec<Option<Impact>>>,
}

pub(super) fn run(
    args: &Migrate,
    project: &Project<'_>,
    targets: &[Target],
) -> Result<i32, CliError> {
    let output = project.output;
    let goal = Goal::parse(args.target.as_deref());
    let histories = targets::histories(targets, project)?;
    let results = targets::each(targets, args.targets.jobs, project, async |target| {
        let history = &histories[&target.database];
        preview(target, project, history, &goal, args.plan).await
    })?;
    let mut previews = Vec::with_capacity(results.len());
    for (target, result) in targets.iter().zip(results) {
        let preview = result.map_err(|mut error| {
            if targets.len() > 1 {
                error.message = format!("{}: {}", target.label(), error.message);
            }
            error
        })?;
        previews.push((target, preview));
    }
    if output.is_json() {
        let items = |preview: &Preview| {
            let both = preview.plan.migrations.iter().zip(&preview.impacts);
            both.map(|(item, impacts)| as_json(item, impacts))
                .collect::<Vec<_>>()
        };
        if let [(_, only)] = previews.as_slice()
            && !args.targets.are_listed()
        {
            output.answer(&json!({ "plan": items(only) }));
        } else {
            let all = previews.iter().map(|(target, preview)| {
                let mut object = target.described();
                object["plan"] = json!(items(preview));
                object
            });
            output.answer(&json!({ "databases": all.collect::<Vec<_>>() }));
        }
    } else {
        for (target, preview) in &previews {
            if previews.len() > 1 {
                output.line(&format!("{}:", output.paint(Look::Strong, target.label())));
            }
            show(preview, args.plan, output);
        }
    }
    let is_pending = previews
        .iter()
        .any(|(_, preview)| !preview.plan.migrations.is_empty());
    Ok(if args.check && is_pending {
        crate::FOUND
    } else {
        crate::DONE
    })
}

async fn preview(
    target: &Target,
    project: &Project<'_>,
    history: &History,
    goal: &Goal,
    with_impacts: bool,
) -> Result<Preview, CliError> {
    let session = Session::connect_to_read(&target.access(project)?, BUSY).await?;
    let result = async {
        let plan = executor::preview(&session, history, goal).await?;
        let impacts = if with_impacts {
            impact::estimate(&session, &plan).await?
        } else {
            plan.migrations.iter().map(|_| Vec::new()).collect()
        };
        Ok(Preview { plan, impacts })
    }
    .await;
    session.close().await;
    result
}

fn as_json(item: &PlannedMigration, impacts: &[Option<Impact>]) -> Value {
    let mut object = described(item);
    let impacts: Vec<Value> = impacts
        .iter()
        .flatten()
        .map(|impact| {
            json!({
                "table": impact.table,
                "rows": impact.rows,
                "waits": impact.waits.word(),
                "while": impact.work.word(),
            })
        })
        .collect();
    if !impacts.is_empty() {
        object["impacts"] = json!(impacts);
    }
    object
}

fn show(preview: &Preview, with_operations: bool, output: &Output<'_>) {
    if preview.plan.migrations.is_empty() {
        output.line(UP_TO_DATE);
    }
    for (item, impacts) in preview.plan.migrations.iter().zip(&preview.impacts) {
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
        if !with_operations {
            continue;
        }
        for (at, description) in item.descriptions.iter().enumerate() {
            output.line(&format!("    {description}"));
            if let Some(Some(impact)) = impacts.get(at) {
                let text = impact.to_string();
                output.line(&format!("        {}", output.paint(Look::Faint, &text)));
            }
        }
    }
}
