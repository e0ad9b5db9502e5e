//! Golden SQL: every feature × server. A case is a statement with a name; what it compiles to on
//! the newest server of each dialect is in `golden/<topic>.txt`, and what on the oldest supported
//! one where that differs. The topic `ddl` is that of the schemas in `schemas/`.

#![allow(clippy::expect_used, reason = "a test stops where it cannot go on")]
#![allow(clippy::too_many_lines, reason = "a topic is one table of cases")]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use oxyde_sql::compile;
use oxyde_sql::ddl::{self, Present};
use oxyde_sql::dialect::{
    Dialect, Features, SQLITE_COLLATIONS, SQLITE_FUNCTIONS, SqliteCollation, SqliteFunction,
    SqliteNeeds,
};
use oxyde_sql::ir::{Message, Statement};
use oxyde_sql::plan::{Bulk, Plan};
use oxyde_sql::schema::Schema;
use serde::de::DeserializeOwned;

use golden_file::{Folder, Topic};

mod cases;
mod golden_file;

/// A statement and the name of its section.
type Case = (Cow<'static, str>, Statement);

fn topics() -> Vec<(&'static str, Vec<Case>)> {
    let named = |(name, statement)| (Cow::Borrowed(name), statement);
    let mut topics: Vec<(&'static str, Vec<Case>)> = cases::topics()
        .into_iter()
        .map(|(topic, cases)| (topic, cases.into_iter().map(named).collect()))
        .collect();
    topics.push(("contract", contract_messages()));
    topics
}

/// The messages that the Python tests read too.
fn contract_messages() -> Vec<Case> {
    read_folder::<Message>("tests/ir")
        .into_iter()
        .map(|(name, message)| (Cow::Owned(name), message.statement))
        .collect()
}

/// The JSON files of a folder, by name.
fn read_folder<T: DeserializeOwned>(folder: &str) -> Vec<(String, T)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            let read = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let name = file.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), read)
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

/// What a case gives on the newest server of each dialect, and on the oldest where that differs.
fn on_servers(work: impl Fn(&Features) -> String) -> Vec<(String, String)> {
    let mut results = Vec::new();
    for dialect in Dialect::ALL {
        let newest = work(&Features::of(dialect));
        let oldest = dialect
            .oldest()
            .map(|version| (version, work(&Features::of_server(dialect, version))));
        results.push((dialect.name().to_owned(), newest.clone()));
        if let Some((version, text)) = oldest
            && text != newest
        {
            results.push((format!("{} {version}", dialect.name()), text));
        }
    }
    results
}

fn check(name: &'static str) {
    let (_, cases) = topics()
        .into_iter()
        .find(|(topic, _)| *topic == name)
        .expect("a topic");
    let mut topic = Topic::new(name);
    for (case, statement) in cases {
        let results = on_servers(|features| match compile(&statement, features) {
            Ok(plan) => describe(&plan),
            Err(error) => format!("error: {error}\nhint: {}\n", error.hint()),
        });
        topic.case(&case, results);
    }
    Folder::of(env!("CARGO_MANIFEST_DIR")).check(&topic);
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
    ranges,
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
    built,
    errors,
    contract,
);

/// The statements that create and drop the tables of a schema.
fn describe_schema(schema: &Schema, features: &Features) -> String {
    let create = || ddl::create_tables(schema, features, &Present::default());
    let created = create();
    assert_eq!(created, create());
    let created = match created {
        Ok(statements) => statements.join(";\n"),
        Err(error) => format!("error: {error}\nhint: {}", error.hint()),
    };
    let dropped = ddl::drop_tables(schema, features, &Present::whole(schema))
        .expect("a whole schema can be dropped");
    format!("{created};\n\n-- down\n{};", dropped.join(";\n"))
}

#[test]
fn ddl_of_whole_schemas() {
    let mut topic = Topic::new("ddl");
    for (name, schema) in read_folder::<Schema>("tests/schemas") {
        topic.case(
            &name,
            on_servers(|features| describe_schema(&schema, features)),
        );
    }
    Folder::of(env!("CARGO_MANIFEST_DIR")).check(&topic);
}

#[test]
fn no_orphans() {
    let topics = topics().into_iter().map(|(topic, _)| topic);
    Folder::of(env!("CARGO_MANIFEST_DIR")).check_names(topics.chain(["ddl"]));
}

/// What statements for SQLite call beyond SQLite's own is what they say that they need, and together
/// what is listed, no more and no less.
#[test]
fn needs_of_sqlite_are_those_of_the_statements() {
    let features = Features::of(Dialect::Sqlite);
    let plans = topics().into_iter().flat_map(|(_, cases)| cases);
    let mut texts: Vec<String> = plans
        .filter_map(|(_, statement)| compile(&statement, &features).ok())
        .map(|plan| plan.sql)
        .collect();
    let schemas = read_folder::<Schema>("tests/schemas");
    texts.extend(
        schemas
            .iter()
            .map(|(_, schema)| describe_schema(schema, &features)),
    );

    let mut all = BTreeSet::new();
    for sql in &texts {
        let words = sql.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let called: BTreeSet<&str> = words
            .filter(|word| word.starts_with("oxyde_") || *word == "REGEXP")
            .map(|word| if word == "REGEXP" { "regexp" } else { word })
            .collect();
        let needs = SqliteNeeds::of(sql);
        assert_eq!(called, names(&needs.functions, &needs.collations), "{sql}");
        all.extend(called);
    }
    let listed = names(SQLITE_FUNCTIONS, SQLITE_COLLATIONS);
    assert_eq!(all, listed);
}

fn names(functions: &[SqliteFunction], collations: &[SqliteCollation]) -> BTreeSet<&'static str> {
    let functions = functions.iter().map(|function| function.name);
    functions
        .chain(collations.iter().map(|collation| collation.name))
        .collect()
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
