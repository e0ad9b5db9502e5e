//! `mysql-table-copy`.

use oxyde_sql::dialect::AlterStyle;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;

pub(super) const RULE: Rule = Rule {
    name: "mysql-table-copy",
    severity: Severity::Warning,
    problem: "MySQL copies the whole table (ALGORITHM=COPY), which blocks writes until the copy is complete",
    safe_way: "run it when traffic is low, or use gh-ost or pt-online-schema-change and `oxyde migrate --fake`",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    if scene.style.alter != AlterStyle::Modify {
        return None;
    }
    let (schema, table) = match scene.operation {
        Operation::AlterPrimaryKey(alter) => (&alter.schema, &alter.table),
        Operation::DropEnumValue(_) | Operation::OrderEnumValues(_) => {
            return Some(format!(
                "to {}, MySQL copies each table that uses the enum",
                scene.operation.describe()
            ));
        }
        Operation::AddEnumValue(add) if add.before.is_some() => {
            return Some(format!(
                "value '{}' is not added at the end, so MySQL copies each table that uses the enum",
                add.value
            ));
        }
        _ => return None,
    };
    scene
        .is_old(schema.as_deref(), table)
        .then(|| format!("to {}, MySQL copies the table", scene.operation.describe()))
}
