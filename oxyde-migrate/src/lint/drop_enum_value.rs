//! `drop-enum-value`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-enum-value",
    severity: Severity::Warning,
    problem: "the migration fails if rows have the value, and code that still writes the value fails afterwards",
    safe_way: "set `replace = \"other value\"`, and first release code that no longer uses the value",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::DropEnumValue(drop) = scene.operation else {
        return None;
    };
    (drop.replace.is_none()).then(|| {
        format!(
            "value '{}' of `{}` is dropped without a replacement",
            drop.value, drop.ty
        )
    })
}
