//! `missing-primary-key`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "missing-primary-key",
    severity: Severity::Warning,
    problem: "rows of a table without a primary key cannot be identified, replicated or updated safely",
    safe_way: "add a field with `db_pk=True` to the model",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::CreateTable(create) = scene.operation else {
        return None;
    };
    (create.primary_key.is_empty()).then(|| format!("table `{}` has no primary key", create.name))
}
