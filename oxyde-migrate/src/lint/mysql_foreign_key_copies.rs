//! `mysql-foreign-key-copies`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-foreign-key-copies",
    severity: Severity::Warning,
    problem: "MySQL validates a new foreign key by copying the table (ALGORITHM=COPY), which blocks writes",
    safe_way: "add it while the table is small, or when traffic is low",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AddForeignKey(add) = scene.operation else {
        return None;
    };
    (scene.style.foreign_key_index && scene.is_old(add.schema.as_deref(), &add.table)).then(|| {
        format!(
            "adding foreign key `{}` copies `{}`",
            add.foreign_key.name, add.table
        )
    })
}
