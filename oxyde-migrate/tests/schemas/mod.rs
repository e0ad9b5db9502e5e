//! Random consistent schemas, for the property tests and for live databases.

use std::collections::BTreeMap;

use oxyde_sql::ddl::{check_name, foreign_key_name, index_name, unique_name};
use oxyde_sql::schema::{
    Check, Column, ForeignKey, Index, IndexPart, ReferentialAction, Schema, Table, Unique,
};
use oxyde_sql::types::ColumnType;
use proptest::prelude::*;

/// Few names, so that two random schemas overlap.
const TABLES: &[&str] = &["users", "posts", "tags", "order"];
const COLUMNS: &[&str] = &["name", "total", "active", "made_at", "status", "owner_id"];

pub fn schema() -> impl Strategy<Value = Schema> {
    let moods = prop_oneof![
        Just(vec!["open", "done"]),
        Just(vec!["open", "it's", "done"]),
        Just(vec!["done", "late"]),
        Just(vec!["done", "open"]),
    ];
    let tables = prop::sample::subsequence(TABLES, 0..=TABLES.len());
    (tables, moods).prop_flat_map(|(names, moods)| {
        let all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let moods: Vec<String> = moods.into_iter().map(str::to_owned).collect();
        let tables: Vec<_> = all
            .iter()
            .map(|name| table(name.clone(), all.clone(), moods.clone()).boxed())
            .collect();
        tables.prop_map(|tables| Schema {
            tables,
            ..Schema::default()
        })
    })
}

fn table(name: String, all: Vec<String>, moods: Vec<String>) -> impl Strategy<Value = Table> {
    let columns = prop::sample::subsequence(COLUMNS, 0..=COLUMNS.len());
    let flags = prop::collection::vec(any::<u8>(), COLUMNS.len());
    let target = prop::sample::select(all);
    let comment = prop_oneof![Just(None), Just(Some("it's a \"table\"".to_owned()))];
    (columns, flags, target, comment).prop_map(move |(columns, flags, target, comment)| {
        let mut table = Table {
            name: name.clone(),
            columns: vec![Column {
                auto_increment: true,
                ..Column::new("id", ColumnType::BigInt)
            }],
            primary_key: vec!["id".into()],
            comment,
            ..Table::default()
        };
        for (column, flag) in columns.into_iter().zip(flags) {
            add(&mut table, column, flag, &target, &moods);
        }
        table
    })
}

#[expect(clippy::too_many_lines, reason = "one arm per kind of column")]
fn add(table: &mut Table, name: &str, flag: u8, target: &str, moods: &[String]) {
    let (nullable, extra) = (flag & 1 == 1, flag & 2 == 2);
    let (ty, default) = match name {
        "name" if flag & 4 == 4 => (
            ColumnType::Varchar {
                length: 40 + u32::from(flag),
            },
            None,
        ),
        "name" => (ColumnType::Text, Some("'it''s'")),
        "total" if flag & 4 == 4 => (ColumnType::Integer, Some("0")),
        "total" => (
            ColumnType::Decimal {
                precision: Some(12),
                scale: Some(2),
            },
            Some("0"),
        ),
        "active" => (ColumnType::Bool, Some("true")),
        "made_at" => (ColumnType::TimestampTz, Some("now()")),
        "status" => (
            ColumnType::Enum {
                name: "mood".into(),
                values: moods.to_vec(),
            },
            Some("'done'"),
        ),
        _ => (ColumnType::BigInt, None),
    };
    let nullable = nullable || name == "owner_id";
    let names = vec![name.to_owned()];
    table.columns.push(Column {
        nullable,
        default: default
            .filter(|_| !nullable || flag & 8 == 8)
            .map(str::to_owned),
        comment: (flag & 16 == 16).then(|| format!("of {name}")),
        ..Column::new(name, ty)
    });
    if name == "owner_id" {
        let actions = [
            ReferentialAction::NoAction,
            ReferentialAction::Cascade,
            ReferentialAction::SetNull,
            ReferentialAction::Restrict,
        ];
        table.foreign_keys.push(ForeignKey {
            name: foreign_key_name(&table.name, &names),
            kept_name: false,
            undeclared: false,
            columns: names.clone(),
            target_schema: None,
            target_table: target.to_owned(),
            target_columns: vec!["id".into()],
            on_delete: actions[usize::from(flag >> 2 & 3)],
            on_update: ReferentialAction::NoAction,
            raw: None,
        });
    }
    if extra && name != "owner_id" {
        if flag & 32 == 32 {
            let name = unique_name(&table.name, &names);
            let columns = vec!["id".into(), names[0].clone()];
            table.uniques.push(Unique::on(name, columns));
        } else {
            table.indexes.push(Index {
                name: index_name(&table.name, &names),
                parts: vec![
                    if flag & 64 == 64 {
                        IndexPart::ColumnDesc(names[0].clone())
                    } else {
                        IndexPart::Column(names[0].clone())
                    },
                    IndexPart::Column("id".into()),
                ],
                unique: false,
                method: None,
                condition: None,
                config: None,
                include: vec![],
                opclass: None,
                options: BTreeMap::new(),
            });
        }
    }
    if name == "total" && flag & 128 == 128 {
        table.checks.push(Check {
            name: check_name(&table.name, name),
            condition: format!("total >= {}", flag & 1),
            portable: false,
        });
    }
}
