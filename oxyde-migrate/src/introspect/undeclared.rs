//! Compares what a baseline found and no model declares.

use oxyde_sql::schema::{Schema, Table};

use crate::state::label_of;

/// Describe what differs between the database and the migrations in parts that no model declares.
pub(super) fn differences(found: &Schema, expected: &Schema) -> Vec<String> {
    let mut differences = Vec::new();
    for wanted in &expected.tables {
        let same = |table: &&Table| table.name == wanted.name && table.schema == wanted.schema;
        if let Some(table) = found.tables.iter().find(same) {
            of_table(table, wanted, &mut differences);
        }
    }
    for wanted in &expected.objects {
        let found = found
            .objects
            .iter()
            .find(|object| object.kind == wanted.kind && object.name == wanted.name);
        match found {
            None => differences.push(format!("{} {} is missing", wanted.kind, wanted.name)),
            Some(object) if object.create != wanted.create => {
                differences.push(format!("{} {} differs", wanted.kind, wanted.name));
            }
            Some(_) => {}
        }
    }
    differences
}

fn of_table(found: &Table, wanted: &Table, differences: &mut Vec<String>) {
    let owner = label_of(wanted);
    let mut compare = |what: String, found: Option<&String>, wanted: Option<&String>| {
        if found != wanted {
            let words =
                |text: Option<&String>| text.map_or("nothing".to_owned(), |sql| format!("`{sql}`"));
            differences.push(format!(
                "{what}: the database has {}, the migrations {}",
                words(found),
                words(wanted)
            ));
        }
    };
    let part = |table: &Table, name: &str| {
        let part = table.raw.iter().find(|part| part.name == name);
        part.map(|part| part.sql.clone())
    };
    let mut names: Vec<&String> = wanted
        .raw
        .iter()
        .chain(&found.raw)
        .map(|part| &part.name)
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let (has, wants) = (part(found, name), part(wanted, name));
        compare(
            format!("`{name}` of table {owner}"),
            has.as_ref(),
            wants.as_ref(),
        );
    }
    if !wanted.primary_key.is_empty() && found.primary_key == wanted.primary_key {
        let what = format!("name of the primary key of table {owner}");
        compare(
            what,
            found.primary_key_name.as_ref(),
            wanted.primary_key_name.as_ref(),
        );
    }
    for column in &wanted.columns {
        let Some(has) = found.columns.iter().find(|c| c.name == column.name) else {
            continue;
        };
        let what = |part: &str| format!("{part} of column {owner}.{}", column.name);
        compare(what("definition"), has.raw.as_ref(), column.raw.as_ref());
        if has.auto_increment && column.auto_increment {
            compare(
                what("counter"),
                has.counter.as_ref(),
                column.counter.as_ref(),
            );
        }
    }
    for key in &wanted.foreign_keys {
        if let Some(has) = found.foreign_keys.iter().find(|k| k.name == key.name) {
            let what = format!("foreign key `{}` of table {owner}", key.name);
            compare(what, has.raw.as_ref(), key.raw.as_ref());
        }
    }
}
