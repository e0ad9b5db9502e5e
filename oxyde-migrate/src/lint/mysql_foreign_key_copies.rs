//! `mysql-foreign-key-copies`.

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-foreign-key-copies",
    severity: Severity::Warning,
    problem: "MySQL tests a new foreign key by copying the table (ALGORITHM=COPY), and writers wait",
    safe_way: "add it while the table is small, or in a quiet hour",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    let Operation::AddForeignKey(add) = scene.operation else {
        return None;
    };
    (scene.style.foreign_key_index && scene.is_old(add.schema.as_deref(), &add.table)).then(|| {
        format!(
            "foreign key `{}` copies `{}`",
            add.foreign_key.name, add.table
        )
    })
}
