//! `enum-value-outside-transaction`.

use oxyde_sql::dialect::EnumStyle;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "enum-value-outside-transaction",
    severity: Severity::Note,
    problem: "a new enum value is added outside the migration's transaction: if the migration fails, the value remains",
    safe_way: "put the new value into a migration of its own",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddEnumValue(add) = scene.operation else {
        return None;
    };
    (scene.style.enums == EnumStyle::NamedType && scene.migration.operations.len() > 1).then(|| {
        format!(
            "value '{}' of `{}` shares its migration with other operations",
            add.value, add.ty
        )
    })
}
