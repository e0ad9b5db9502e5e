//! `type-narrowing`.

use oxyde_sql::types::ColumnType;

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::state;

pub(super) const RULE: Rule = Rule {
    name: "type-narrowing",
    severity: Severity::Error,
    problem: "existing values may not fit the new type: the migration fails, or values are truncated",
    safe_way: "find and change such values in an earlier step",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::AlterColumn(alter) = scene.operation else {
        return None;
    };
    let table = state::find(scene.before, alter.schema.as_deref(), &alter.table).ok()?;
    let old = state::column(table, &alter.column.name).ok()?;
    narrows(&old.ty, &alter.column.ty).then(|| {
        format!(
            "`{}.{}` accepts fewer values than before",
            alter.table, alter.column.name
        )
    })
}

fn narrows(old: &ColumnType, new: &ColumnType) -> bool {
    let size = |ty: &ColumnType| match ty {
        ColumnType::SmallInt => Some(16),
        ColumnType::Integer => Some(32),
        ColumnType::BigInt => Some(64),
        _ => None,
    };
    if let (Some(old), Some(new)) = (size(old), size(new)) {
        return new < old;
    }
    match (old, new) {
        (ColumnType::Text, ColumnType::Varchar { .. })
        | (ColumnType::TimestampTz | ColumnType::DateTime, ColumnType::Date | ColumnType::Time) => {
            true
        }
        (ColumnType::Varchar { length: old }, ColumnType::Varchar { length: new }) => new < old,
        (
            ColumnType::Decimal {
                precision: old,
                scale: old_scale,
            },
            ColumnType::Decimal { precision, scale },
        ) => {
            let whole = |precision: &Option<u16>, scale: &Option<u16>| {
                precision.map_or(u16::MAX, |digits| digits.saturating_sub(scale.unwrap_or(0)))
            };
            whole(precision, scale) < whole(old, old_scale) || scale < old_scale
        }
        (ColumnType::Double | ColumnType::Decimal { .. }, new) => size(new).is_some(),
        _ => false,
    }
}
