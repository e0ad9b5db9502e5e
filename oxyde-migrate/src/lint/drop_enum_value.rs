//! `drop-enum-value`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "drop-enum-value",
    severity: Severity::Warning,
    problem: "rows that have the value make the migration fail, and code that writes it fails afterwards",
    safe_way: "set `replace = \"other value\"`, and release code that no longer uses the value first",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
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
