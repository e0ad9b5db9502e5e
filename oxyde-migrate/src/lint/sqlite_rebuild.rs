//! `sqlite-rebuild`.

use oxyde_sql::ddl::Step;

use super::{LintContext, Rule, Severity};
use crate::operation::Lowered;

pub(super) const RULE: Rule = Rule {
    name: "sqlite-rebuild",
    severity: Severity::Note,
    problem: "SQLite rebuilds the table: it copies every row, and writes wait",
    safe_way: "nothing is lost (rows, indexes, triggers and views are kept and checked); put all changes to a large table into one migration, and run it when traffic is low",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let steps = scene
        .operation
        .lower(scene.before, scene.after, scene.style)
        .ok()?;
    steps.iter().find_map(|step| match step {
        Lowered::Ddl(Step::Rebuild(rebuild)) if scene.is_old(None, &rebuild.table) => {
            Some(format!("table `{}` is rebuilt", rebuild.table))
        }
        _ => None,
    })
}
