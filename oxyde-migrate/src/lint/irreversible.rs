//! `irreversible`.

use super::{LintContext, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "irreversible",
    severity: Severity::Note,
    problem: "the migration cannot be reversed",
    safe_way: "add `down` (or `restore` for a dropped column), even if it is empty",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    scene
        .operation
        .reverse(scene.before)
        .err()
        .map(|error| error.to_string())
}
