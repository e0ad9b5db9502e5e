//! `enum-value-outside-transaction`.

use oxyde_sql::dialect::EnumStyle;

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "enum-value-outside-transaction",
    severity: Severity::Note,
    problem: "a new enum value is added outside the migration's transaction: when the migration fails, it stays",
    safe_way: "give the new value a migration of its own",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::AddEnumValue(add) = scene.operation else {
        return None;
    };
    (scene.style.enums == EnumStyle::NamedType && scene.migration.operations.len() > 1).then(|| {
        format!(
            "value '{}' of `{}` stands beside other operations",
            add.value, add.ty
        )
    })
}
