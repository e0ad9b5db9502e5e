//! DDL of whole schemas: what is refused, and what is left out. (The statements themselves are in
//! `golden/ddl.txt`.)
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use oxyde_sql::ddl::{self, Present, SchemaError};
use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::error::SqlError;
use oxyde_sql::schema::{Index, IndexPart, Schema};

fn schema(case: &str) -> Schema {
    let path = format!("{}/tests/schemas/{case}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_full_text_index_that_cannot_be_is_refused() {
    let plain = Index {
        name: "notes".into(),
        parts: vec![IndexPart::Column("note".into())],
        unique: false,
        method: Some("fulltext".into()),
        config: None,
        condition: None,
        include: vec![],
        opclass: None,
        options: BTreeMap::new(),
    };
    let mut without_key = with_index(plain.clone());
    without_key.tables[0].primary_key = vec!["reference".into()];
    without_key.tables[0].columns[0].auto_increment = false;
    let wrong = [
        with_index(Index {
            unique: true,
            ..plain.clone()
        }),
        with_index(Index {
            config: Some("a'b".into()),
            ..plain.clone()
        }),
        with_index(Index {
            parts: vec![IndexPart::Expression("lower(note)".into())],
            ..plain
        }),
    ];
    for schema in &wrong {
        for dialect in Dialect::ALL {
            let error = created(schema, dialect).unwrap_err();
            assert!(
                matches!(error, SqlError::Schema(SchemaError::FullText { .. })),
                "{dialect:?}: {error}"
            );
        }
    }
    let error = created(&without_key, Dialect::Sqlite)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("needs an integer primary key on SQLite"),
        "{error}"
    );
}

fn with_index(index: Index) -> Schema {
    let mut schema = schema("shop");
    schema.tables[0].indexes = vec![index];
    schema
}

fn created(schema: &Schema, dialect: Dialect) -> Result<String, SqlError> {
    ddl::create_tables(schema, &Features::of(dialect), &Present::default())
        .map(|sql| sql.join(";\n"))
}

#[test]
fn an_index_that_the_dialect_lacks_is_refused() {
    let partial = with_index(Index {
        name: "orders_open_idx".into(),
        parts: vec![IndexPart::Expression("lower(note)".into())],
        unique: true,
        method: Some("btree".into()),
        config: None,
        condition: Some("state = 'open'".into()),
        include: vec!["total".into()],
        opclass: None,
        options: BTreeMap::new(),
    });
    let sql = created(&partial, Dialect::Postgres).unwrap();
    assert!(sql.contains(
        "CREATE UNIQUE INDEX \"orders_open_idx\" ON \"orders\" ((lower(note))) \
         INCLUDE (\"total\") WHERE state = 'open'"
    ));
    for dialect in [Dialect::Sqlite, Dialect::Mysql, Dialect::Mariadb] {
        let error = created(&partial, dialect).unwrap_err();
        assert!(
            matches!(error, SqlError::Schema(SchemaError::Unsupported { .. })),
            "{dialect:?}: {error}"
        );
    }
}

#[test]
fn a_name_that_would_be_cut_is_refused_and_a_derived_one_is_cut_stably() {
    let mut long = schema("types");
    long.tables[0].name = "é".repeat(40);
    assert!(created(&long, Dialect::Mysql).is_ok());
    let error = created(&long, Dialect::Postgres).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("too long for PostgreSQL (at most 63 bytes)"),
        "{error}"
    );
    let columns = vec!["a".repeat(70)];
    let name = ddl::index_name("table", &columns);
    assert_eq!(name, format!("table_{}_36d56f10_idx", "a".repeat(44)));
    assert_ne!(name, ddl::index_name("table", &["a".repeat(71)]));
}

#[test]
fn a_schema_that_contradicts_itself_is_refused() {
    let mut broken = schema("shop");
    broken.tables[0].uniques[0].columns = vec!["nothing".into()];
    let error = created(&broken, Dialect::Sqlite).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unique constraint `orders_reference_key` of table `orders` names column `nothing`, \
         which the table does not have"
    );
    let mut orphan = schema("shop");
    orphan.tables.remove(1);
    assert!(matches!(
        created(&orphan, Dialect::Sqlite).unwrap_err(),
        SqlError::Schema(SchemaError::UnknownTable { .. })
    ));
}

#[test]
fn only_what_is_missing_is_made() {
    let whole = schema("shop");
    let mut without = whole.clone();
    let gone = without.tables.remove(0);
    for dialect in Dialect::ALL {
        let features = Features::of(dialect);
        let made = |present: &Present| ddl::create_tables(&whole, &features, present).unwrap();
        assert!(made(&Present::whole(&whole)).is_empty(), "{dialect:?}");
        let tables = |sql: &[String]| {
            sql.iter()
                .filter(|sql| sql.starts_with("CREATE TABLE"))
                .count()
        };
        let rest = made(&Present::whole(&without));
        assert_eq!(tables(&rest), 1, "{dialect:?}: {rest:?}");
        assert!(rest.iter().any(|sql| sql.contains(&gone.name)), "{rest:?}");
        let dropped =
            |schema: &Schema, present: &Present| ddl::drop_tables(schema, &features, present);
        assert_eq!(dropped(&whole, &Present::default()), Ok(Vec::new()));
    }
}

#[test]
fn a_table_that_others_refer_to_is_not_dropped() {
    let whole = schema("shop");
    let target = whole.tables.iter().find(|target| {
        let points = |other: &oxyde_sql::schema::Table| {
            other.name != target.name
                && other
                    .foreign_keys
                    .iter()
                    .any(|key| ddl::points_at(key, target))
        };
        whole.tables.iter().any(points)
    });
    let mut part = whole.clone();
    let name = target.unwrap().name.clone();
    part.tables.retain(|table| table.name == name);
    part.tables[0].foreign_keys.clear();
    for dialect in Dialect::ALL {
        let error =
            ddl::drop_tables(&part, &Features::of(dialect), &Present::whole(&whole)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("refers to it") && text.contains(&name),
            "{text}"
        );
    }
}

#[test]
fn a_generated_column_that_is_not_stored_is_refused_where_all_are() {
    let mut schema = schema("generated");
    for column in &mut schema.tables[0].columns {
        if let Some(generated) = &mut column.generated {
            generated.stored = false;
        }
    }
    for dialect in [Dialect::Sqlite, Dialect::Mysql, Dialect::Mariadb] {
        let sql = created(&schema, dialect).unwrap();
        assert!(
            sql.contains("GENERATED ALWAYS AS (price * qty) VIRTUAL"),
            "{sql}"
        );
    }
    let error = created(&schema, Dialect::Postgres).unwrap_err();
    assert!(
        matches!(error, SqlError::Schema(SchemaError::NotStored { .. })),
        "{error}"
    );
}
