//! Each rule reports its problem, and nothing in harmless cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use oxyde_migrate::file;
use oxyde_migrate::history::History;
use oxyde_migrate::lint::{RULES, lint};
use oxyde_sql::dialect::{DdlStyle, Dialect, Version};

/// (dialects, rule, operations of the second migration in which it finds a problem)
const FOUND: &[(&[Dialect], &str, &str)] = &[
    (
        PG,
        "index-without-concurrently",
        "add_index: index = { name = 'i', parts = [{ column = 'name' }] }",
    ),
    (
        PG,
        "drop-index-without-concurrently",
        "drop_index: name = 'users_name_idx'",
    ),
    (
        PG,
        "concurrently-with-others",
        "add_index: index = { name = 'i', parts = [{ column = 'name' }] }, concurrently = true;\
         add_column: column = { name = 'x', type = 'text', nullable = true }",
    ),
    (
        PG,
        "foreign-key-without-not-valid",
        "add_foreign_key: foreign_key = { name = 'f', columns = ['boss'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' }",
    ),
    (
        PG,
        "check-without-not-valid",
        "add_check: check = { name = 'c', condition = 'id > 0' }",
    ),
    (
        ALL,
        "unique-locks-table",
        "add_unique: unique = { name = 'u', columns = ['name'] }",
    ),
    (
        PG,
        "not-null-scans-table",
        "alter_column: column = { name = 'name', type = { varchar = { length = 50 } }, nullable = false }",
    ),
    (
        SERVERS,
        "type-change-rewrites",
        "alter_column: column = { name = 'name', type = 'big_int', nullable = true }",
    ),
    (
        PG,
        "volatile-default-rewrites",
        "add_column: column = { name = 'token', type = 'uuid', nullable = false, default = 'gen_random_uuid()' }",
    ),
    (
        SERVERS,
        "stored-column-rewrites",
        "add_column: column = { name = 'twice', type = 'big_int', nullable = true, generated = { expression = 'id * 2', stored = true } }",
    ),
    (
        ALL,
        "generated-column-replaces-values",
        "alter_column: column = { name = 'boss', type = 'big_int', nullable = true, generated = { expression = 'id * 2', stored = true } }",
    ),
    (
        MYSQL,
        "mysql-table-copy",
        "alter_primary_key: columns = ['id', 'boss']",
    ),
    (
        MYSQL,
        "mysql-foreign-key-copies",
        "add_foreign_key: foreign_key = { name = 'f', columns = ['boss'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' }",
    ),
    (
        &[Dialect::Sqlite],
        "sqlite-rebuild",
        "add_check: check = { name = 'c', condition = 'id > 0' }",
    ),
    (ALL, "drop-table", "-drop_table: name = 'users'"),
    (ALL, "drop-column", "drop_column: name = 'boss'"),
    (
        ALL,
        "drop-enum-value",
        "-drop_enum_value: enum = 'mood', value = 'sad'",
    ),
    (
        ALL,
        "not-null-without-default",
        "add_column: column = { name = 'x', type = 'text', nullable = false }",
    ),
    (
        ALL,
        "type-narrowing",
        "alter_column: column = { name = 'name', type = { varchar = { length = 10 } }, nullable = true }",
    ),
    (
        ALL,
        "type-narrowing",
        "alter_column: column = { name = 'name', type = 'date', nullable = true }",
    ),
    (
        ALL,
        "type-narrowing",
        "alter_column: column = { name = 'name', type = 'uuid', nullable = true }",
    ),
    (
        ALL,
        "type-narrowing",
        "alter_column: column = { name = 'boss', type = 'bool', nullable = true }",
    ),
    (
        ALL,
        "type-narrowing",
        "alter_column: column = { name = 'boss', type = 'small_int', nullable = true }",
    ),
    (
        ALL,
        "rename-column",
        "rename_column: from = 'name', to = 'full_name'",
    ),
    (
        ALL,
        "rename-table",
        "-rename_table: from = 'users', to = 'people'",
    ),
    (
        NOT_MYSQL,
        "foreign-key-without-index",
        "add_foreign_key: not_valid = true, foreign_key = { name = 'f', columns = ['boss'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' }",
    ),
    (
        ALL,
        "schema-and-data-mixed",
        "add_column: column = { name = 'x', type = 'text', nullable = true };-run_sql: up = 'UPDATE users SET x = 1 WHERE id = 1', down = ''",
    ),
    (ALL, "irreversible", "-run_sql: up = 'SELECT 1'"),
    (
        PG,
        "enum-value-outside-transaction",
        "-add_enum_value: enum = 'mood', value = 'new';add_column: column = { name = 'x', type = 'text', nullable = true }",
    ),
    (
        ALL,
        "alter-primary-key",
        "alter_primary_key: columns = ['id', 'boss']",
    ),
    (
        ALL,
        "backfill-in-one-statement",
        "add_column: backfill = 'lower(name)', column = { name = 'x', type = 'text', nullable = false }",
    ),
    (
        ALL,
        "small-counted-key",
        "-create_table: name = 't', primary_key = ['id'], columns = [{ name = 'id', type = 'integer', nullable = false, auto_increment = true }]",
    ),
    (
        ALL,
        "missing-primary-key",
        "-create_table: name = 't', columns = [{ name = 'id', type = 'integer', nullable = false }]",
    ),
    (
        ALL,
        "distribution-locks-table",
        "-distribute_table: name = 'users', column = 'id'",
    ),
    (
        ALL,
        "distribution-locks-table",
        "-reference_table: name = 'users'",
    ),
    (
        ALL,
        "key-without-shard-column",
        "-distribute_table: name = 'users', column = 'boss'",
    ),
    (
        ALL,
        "key-without-shard-column",
        "-distribute_table: name = 'users', column = 'id';add_unique: unique = { name = 'u', columns = ['name'] }",
    ),
    (
        ALL,
        "foreign-key-across-nodes",
        "-distribute_table: name = 'users', column = 'id';add_foreign_key: foreign_key = { name = 'f', columns = ['boss'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' }",
    ),
    (
        ALL,
        "foreign-key-across-nodes",
        "-create_table: name = 't', primary_key = ['id'], columns = [{ name = 'id', type = 'big_int', nullable = false }], foreign_keys = [{ name = 'f', columns = ['id'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' }];-distribute_table: name = 't', column = 'id'",
    ),
    (
        ALL,
        "run-sql-changes-all-rows",
        "-run_sql: up = 'DELETE FROM users', down = ''",
    ),
];

const ALL: &[Dialect] = &Dialect::ALL;
const PG: &[Dialect] = &[Dialect::Postgres];
const MYSQL: &[Dialect] = &[Dialect::Mysql, Dialect::Mariadb];
const SERVERS: &[Dialect] = &[Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];
const NOT_MYSQL: &[Dialect] = &[Dialect::Postgres, Dialect::Sqlite];

const USERS: &str = "-create_table: name = 'users', primary_key = ['id'], columns = [\
    { name = 'id', type = 'big_int', nullable = false, auto_increment = true }, \
    { name = 'name', type = { varchar = { length = 50 } }, nullable = true }, \
    { name = 'boss', type = 'big_int', nullable = true }, \
    { name = 'mood', type = { enum = { name = 'mood', values = ['ok', 'sad'] } }, nullable = true }], \
    indexes = [{ name = 'users_name_idx', parts = [{ column = 'name' }] }]";

/// Convert `op: key = value, …;op: …` to a file; a leading `-` omits `table = "users"`.
fn operations(short: &str) -> String {
    let mut text = String::new();
    for operation in short.split(';') {
        let (op, fields) = operation.trim().split_once(": ").unwrap();
        let table = if op.starts_with('-') {
            ""
        } else {
            "table = 'users'\n"
        };
        let _ = write!(
            text,
            "\n[[operations]]\nop = '{}'\n{table}",
            op.trim_start_matches('-')
        );
        // Commas outside brackets and strings end a field.
        let (mut depth, mut quoted) = (0, false);
        for c in fields.chars() {
            match c {
                '\'' => quoted = !quoted,
                '{' | '[' if !quoted => depth += 1,
                '}' | ']' if !quoted => depth -= 1,
                _ => {}
            }
            text.push(if c == ',' && depth == 0 && !quoted {
                '\n'
            } else {
                c
            });
        }
        text.push('\n');
    }
    text
}

fn rules_found(
    migrations: &[String],
    dialect: Dialect,
    version: Option<Version>,
) -> BTreeSet<&'static str> {
    let mut before = String::new();
    let read = migrations.iter().enumerate().map(|(at, operations)| {
        let name = format!("{at:04}");
        let text = format!("depends_on = [{before}]\n{operations}");
        before = format!("{name:?}");
        file::parse(&name, &name, &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    });
    let history = History::new(read.collect()).unwrap();
    let last = format!("{:04}", migrations.len() - 1);
    let style = DdlStyle::of(dialect);
    let found = lint(&history, (style, version), &|m| m.name == last, &|_, _| {
        false
    })
    .unwrap();
    found.into_iter().map(|finding| finding.rule.name).collect()
}

#[test]
fn each_rule_finds_what_it_is_for() {
    for (dialects, rule, short) in FOUND {
        for dialect in Dialect::ALL {
            let found = rules_found(&[operations(USERS), operations(short)], dialect, None);
            assert_eq!(
                found.contains(rule),
                dialects.contains(&dialect),
                "{rule} on {dialect:?} found {found:?}"
            );
        }
    }
    let dropped = [operations(USERS), operations("drop_column: name = 'boss'")];
    let rebuilds = |dialect, version: &str| {
        let found = rules_found(&dropped, dialect, Version::parse(version));
        found.contains("mysql-drop-column-rebuilds")
    };
    assert!(rebuilds(Dialect::Mysql, "8.0.28") && !rebuilds(Dialect::Mysql, "8.0.29-log"));
    assert!(rebuilds(Dialect::Mariadb, "10.3") && !rebuilds(Dialect::Mariadb, "10.11.6-MariaDB"));
    assert!(!rebuilds(Dialect::Postgres, "13"));
    let mut tested: BTreeSet<&str> = FOUND.iter().map(|(_, rule, _)| *rule).collect();
    tested.insert("mysql-drop-column-rebuilds");
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tested, known, "each rule has a case");
    assert!(RULES.len() >= 20);
}

#[test]
fn objects_of_the_same_migration_block_no_writes() {
    let all = format!(
        "{}{}",
        operations(USERS),
        operations(
            "add_index: index = { name = 'i', parts = [{ column = 'boss' }] };\
             add_check: check = { name = 'c', condition = 'id > 0' };\
             add_unique: unique = { name = 'u', columns = ['name'] };\
             add_foreign_key: foreign_key = { name = 'f', columns = ['boss'], target_table = 'users', target_columns = ['id'], on_delete = 'cascade', on_update = 'no_action' };\
             drop_column: name = 'mood'"
        )
    );
    for dialect in Dialect::ALL {
        // `mood` is nullable, so that even dropping it can be reversed.
        assert_eq!(
            rules_found(std::slice::from_ref(&all), dialect, None),
            BTreeSet::new(),
            "{dialect:?}"
        );
    }
}

#[test]
fn a_silenced_rule_is_silent() {
    let text = format!(
        "depends_on = []\n{}",
        operations("-run_sql: up = 'DELETE FROM x'")
    );
    let history = History::new(vec![file::parse("x", "x", &text).unwrap()]).unwrap();
    let style = DdlStyle::of(Dialect::Sqlite);
    let silent =
        |_: &file::Migration, rule: &oxyde_migrate::lint::Rule| rule.name != "irreversible";
    let found = lint(&history, (style, None), &|_| true, &silent).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule.name, "irreversible");
}

/// docs/lint.md is generated from the rules: set `OXYDE_WRITE_DOCS=1` to write it.
#[test]
fn the_documentation_lists_the_rules() {
    let mut text = String::from(
        "# Lint rules of migrations\n\n`oxyde lint` looks at migrations before they run. A line \
         `# oxyde: allow RULE` in a\nmigration's file silences a rule there, `--allow RULE` for the \
         run.\n",
    );
    for rule in RULES {
        let _ = write!(
            text,
            "\n## `{}` ({})\n\n- Problem: {}.\n- Safe way: {}.\n- Silence: `# oxyde: allow {}`\n",
            rule.name,
            rule.severity.word(),
            rule.problem,
            rule.safe_way,
            rule.name
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lint.md");
    if std::env::var_os("OXYDE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        text,
        "OXYDE_WRITE_DOCS=1 cargo test writes it"
    );
}
