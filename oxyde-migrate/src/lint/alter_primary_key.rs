//! `alter-primary-key`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "alter-primary-key",
    severity: Severity::Warning,
    problem: "the index of the key is rebuilt while the table is locked, and references to the key may break",
    safe_way: "add a unique constraint on the new columns first, and change the key when traffic is low",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterPrimaryKey(alter) = scene.operation else {
        return None;
    };
    (scene.is_old(alter.schema.as_deref(), &alter.table)).then(|| {
        format!(
            "changing the primary key of `{}` locks the table",
            alter.table
        )
    })
}
