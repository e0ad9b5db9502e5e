//! `irreversible`.

use super::{Rule, Scene, Severity};

pub(super) const RULE: Rule = Rule {
    name: "irreversible",
    severity: Severity::Note,
    problem: "the migration cannot be taken back",
    safe_way: "add `down` (or `restore` for a dropped column), even if it is empty",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    scene
        .operation
        .reverse(scene.before)
        .err()
        .map(|error| error.to_string())
}
