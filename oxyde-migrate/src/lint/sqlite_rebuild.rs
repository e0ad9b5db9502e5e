//! `sqlite-rebuild`.

use oxyde_sql::ddl::Step;

use super::{Rule, Scene, Severity};
use crate::operation::Lowered;

pub(super) const RULE: Rule = Rule {
    name: "sqlite-rebuild",
    severity: Severity::Note,
    problem: "SQLite builds the table anew: every row is copied, and writers wait",
    safe_way: "nothing is lost (rows, indexes, triggers and views are kept and checked); put changes of one large table into one migration, and run it in a quiet hour",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let steps = scene
        .operation
        .lower(scene.before, scene.after, scene.style)
        .ok()?;
    steps.iter().find_map(|step| match step {
        Lowered::Ddl(Step::Rebuild(rebuild)) if scene.is_old(None, &rebuild.table) => {
            Some(format!("table `{}` is built anew", rebuild.table))
        }
        _ => None,
    })
}
