//! Derives names of migrations from their operations.

use crate::operation::Operation;

/// Return a name for a migration with these operations, without its number.
#[must_use]
pub fn name_for(operations: &[Operation], first: bool) -> String {
    if first {
        return "initial".to_owned();
    }
    let mut parts: Vec<String> = operations.iter().filter_map(part).collect();
    parts.dedup();
    let name = match parts.as_slice() {
        [] => operations
            .first()
            .map_or_else(|| "empty".to_owned(), |o| o.tag().to_owned()),
        [one] => one.clone(),
        [one, two] => format!("{one}_{two}"),
        [one, ..] => format!("{one}_and_more"),
    };
    let name: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .take(50)
        .collect();
    name.trim_end_matches('_').to_lowercase()
}

fn part(operation: &Operation) -> Option<String> {
    Some(match operation {
        Operation::CreateTable(table) => format!("create_{}", table.name),
        Operation::DropTable(table) => format!("drop_{}", table.name),
        Operation::ClaimTable(claim) => format!("claim_{}", claim.name),
        Operation::ReleaseTable(release) => format!("release_{}", release.name),
        Operation::DistributeTable(distribute) => format!("distribute_{}", distribute.name),
        Operation::ReferenceTable(reference) => format!("reference_{}", reference.name),
        Operation::RenameTable(rename) => format!("rename_{}_{}", rename.from, rename.to),
        Operation::AddColumn(add) => format!("add_{}_{}", add.table, add.column.name),
        Operation::DropColumn(drop) => format!("drop_{}_{}", drop.table, drop.name),
        Operation::AlterColumn(alter) => format!("alter_{}_{}", alter.table, alter.column.name),
        Operation::RenameColumn(rename) => {
            format!("rename_{}_{}_{}", rename.table, rename.from, rename.to)
        }
        Operation::AddIndex(add) => format!("index_{}", add.table),
        Operation::AddEnumValue(add) => format!("{}_{}", add.ty, add.value),
        _ => return None,
    })
}
