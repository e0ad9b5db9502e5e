//! `mysql-table-copy`.

use oxyde_sql::dialect::AlterStyle;

use super::{Rule, Scene, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-table-copy",
    severity: Severity::Warning,
    problem: "MySQL copies the whole table (ALGORITHM=COPY), and writers wait until that is done",
    safe_way: "do it in a quiet hour, or with gh-ost or pt-online-schema-change and `oxyde migrate --fake`",
    check,
};

fn check(scene: &Scene<'_>) -> Option<String> {
    if scene.style.alter != AlterStyle::Modify {
        return None;
    }
    let (schema, table) = match scene.operation {
        Operation::AlterPrimaryKey(alter) => (&alter.schema, &alter.table),
        Operation::DropEnumValue(_) | Operation::OrderEnumValues(_) => {
            return Some(format!(
                "to {} each table with the enum is copied",
                scene.operation.describe()
            ));
        }
        Operation::AddEnumValue(add) if add.before.is_some() => {
            return Some(format!(
                "value '{}' is not the last, so each table with the enum is copied",
                add.value
            ));
        }
        _ => return None,
    };
    scene
        .is_old(schema.as_deref(), table)
        .then(|| format!("to {} the table is copied", scene.operation.describe()))
}
