//! Golden SQL: every feature × dialect. A case is a statement with a name; its text for each
//! dialect is in `golden/<topic>/<case>.<dialect>.snap`.

#![allow(clippy::expect_used, reason = "a test stops where it cannot go on")]
#![allow(clippy::too_many_lines, reason = "a topic is one table of cases")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use oxyde_sql::compile;
use oxyde_sql::dialect::{DECIMAL_COLLATION, Dialect, Features, INET_COLLATION, SQLITE_FUNCTIONS};
use oxyde_sql::ir::{Message, Statement};
use oxyde_sql::plan::{Bulk, Plan};

#[path = "cases/mod.rs"]
mod cases;

type Case = (String, Statement);

fn topics() -> Vec<(&'static str, Vec<Case>)> {
    let mut topics = cases::topics();
    topics.push(("contract", contract_messages()));
    topics
}

/// The messages that the Python tests read too.
fn contract_messages() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ir");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/ir is there")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            let message: Message = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let name = file
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, message.statement)
        })
        .collect()
}

fn describe(plan: &Plan) -> String {
    let mut text = format!("{}\n", plan.sql);
    for (i, bind) in plan.binds.iter().enumerate() {
        let _ = writeln!(
            text,
            "bind {}: param {} {:?} {:?}",
            i + 1,
            bind.param,
            bind.ty,
            bind.form
        );
    }
    for output in &plan.outputs {
        let _ = writeln!(text, "output {}: {:?}", output.name, output.ty);
    }
    match &plan.bulk {
        None => {}
        Some(Bulk::Arrays { sql, copy }) => {
            let _ = writeln!(text, "bulk by arrays: {sql}");
            if let Some(copy) = copy {
                let _ = writeln!(text, "or: {}\n  after: {}", copy.sql, copy.check);
            }
        }
        Some(Bulk::PerRow) => text.push_str("bulk row by row\n"),
        Some(Bulk::Text {
            prefix,
            first,
            next,
            suffix,
            numbered,
        }) => {
            let _ = writeln!(
                text,
                "bulk by text (numbered: {numbered}):\n  {prefix}\n  {first}\n  {next}\n  {suffix}"
            );
        }
    }
    text
}

fn check(topic: &str) {
    let cases = topics()
        .into_iter()
        .find(|(name, _)| *name == topic)
        .expect("a topic")
        .1;
    for (name, statement) in cases {
        for dialect in Dialect::ALL {
            let text = match compile(&statement, &Features::of(dialect)) {
                Ok(plan) => describe(&plan),
                Err(error) => format!("error: {error}\nhint: {}\n", error.hint()),
            };
            let mut settings = insta::Settings::new();
            settings.set_snapshot_path(format!("golden/{topic}"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| {
                insta::assert_snapshot!(format!("{name}.{}", dialect.name()), text);
            });
        }
    }
}

macro_rules! topics {
    ($($topic:ident),+ $(,)?) => {
        $(#[test] fn $topic() { check(stringify!($topic)); })+

        #[test]
        fn every_topic_is_checked() {
            let checked = BTreeSet::from([$(stringify!($topic)),+]);
            let declared: BTreeSet<&str> = topics().into_iter().map(|(name, _)| name).collect();
            assert_eq!(checked, declared);
        }
    };
}

topics!(
    lookups,
    predicates,
    expressions,
    functions,
    searches,
    aggregates,
    windows,
    vectors,
    selects,
    inserts,
    upserts,
    updates,
    deletes,
    bulk_updates,
    errors,
    contract,
);

#[test]
fn no_orphans_and_no_doubles() {
    let mut expected = BTreeSet::new();
    for (topic, cases) in topics() {
        for (name, _) in cases {
            for dialect in Dialect::ALL {
                let file = format!("{topic}/{name}.{}.snap", dialect.name());
                assert!(
                    expected.insert(file.clone()),
                    "two cases of one name: {file}"
                );
            }
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found = BTreeSet::new();
    for topic in std::fs::read_dir(golden).expect("tests/golden is there") {
        let topic = topic.expect("a readable entry").path();
        let name = topic
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        // The golden DDL has a test of its own.
        if name == "ddl" {
            continue;
        }
        for file in std::fs::read_dir(topic).expect("a folder") {
            let file = file.expect("a readable entry").file_name();
            found.insert(format!("{name}/{}", file.to_string_lossy()));
        }
    }
    let orphans: Vec<_> = found.difference(&expected).collect();
    assert!(orphans.is_empty(), "snapshots of no case: {orphans:?}");
}

/// What statements for SQLite call is what the driver registers, no more and no less.
#[test]
fn sqlite_functions_are_the_registered_ones() {
    let mut called = BTreeSet::new();
    for (_, cases) in topics() {
        for (_, statement) in cases {
            let Ok(plan) = compile(&statement, &Features::of(Dialect::Sqlite)) else {
                continue;
            };
            let words = plan
                .sql
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            called.extend(
                words
                    .filter(|word| word.starts_with("oxyde_"))
                    .map(str::to_owned),
            );
            if plan.sql.contains(" REGEXP ") {
                called.insert("regexp".to_owned());
            }
        }
    }
    assert!(called.remove(DECIMAL_COLLATION));
    assert!(called.remove(INET_COLLATION));
    let registered: BTreeSet<String> = SQLITE_FUNCTIONS
        .iter()
        .map(|function| function.name.to_owned())
        .collect();
    assert_eq!(called, registered);
}

#[test]
fn rendering_twice_gives_equal_text() {
    for (_, cases) in topics() {
        for (name, statement) in cases {
            for dialect in Dialect::ALL {
                let features = Features::of(dialect);
                assert_eq!(
                    compile(&statement, &features),
                    compile(&statement, &features),
                    "{name}"
                );
            }
        }
    }
}
