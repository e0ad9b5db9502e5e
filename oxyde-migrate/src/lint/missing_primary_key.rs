//! `missing-primary-key`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "missing-primary-key",
    severity: Severity::Warning,
    problem: "rows of a table without a primary key cannot be told apart, replicated or updated safely",
    safe_way: "give the model a field with `db_pk=True`",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::CreateTable(create) = scene.operation else {
        return None;
    };
    (create.primary_key.is_empty()).then(|| format!("table `{}` has no primary key", create.name))
}
