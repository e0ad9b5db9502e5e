//! Golden SQL: each migration of the chain, forward and backward, for each dialect; and the
//! files of the chain themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use std::collections::BTreeSet;
use std::path::Path;

use oxyde_migrate::file;
use oxyde_migrate::history::{self, History};
use oxyde_migrate::operation::{Lowered, OPERATIONS};
use oxyde_migrate::plan::{self, PlannedMigration};
use oxyde_sql::ddl::Step;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::Schema;

use golden_file::{Folder, Topic};

#[path = "../../oxyde-sql/tests/golden_file/mod.rs"]
mod golden_file;

fn chain() -> History {
    History::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chain")).unwrap()
}

fn text(item: &PlannedMigration) -> String {
    let mut out = String::new();
    for step in &item.steps {
        match &step.lowered {
            Lowered::Ddl(Step::Sql(sql)) | Lowered::Data(sql) => {
                let _ = writeln!(out, "{sql};");
            }
            Lowered::Ddl(Step::Redefine(redefinition)) => {
                let _ = writeln!(out, "{};", redefinition.sql);
            }
            Lowered::Ddl(Step::CheckValues(check)) => {
                out.push_str("-- no value is lost:\n");
                for sql in check.lock.iter().chain([&check.count]) {
                    let _ = writeln!(out, "{sql};");
                }
            }
            Lowered::Ddl(Step::Alone(sql)) => {
                let _ = writeln!(out, "-- outside a transaction:\n{sql};");
            }
            Lowered::Ddl(Step::Rebuild(rebuild)) => {
                for check in &rebuild.checks {
                    let _ = writeln!(out, "-- no value is lost:\n{};", check.count);
                }
                out.push_str("-- rebuild of the table:\n");
                for sql in rebuild.statements() {
                    let _ = writeln!(out, "{sql};");
                }
            }
            Lowered::Python(function) | Lowered::PythonByRange(function, _) => {
                let _ = writeln!(out, "-- Python: {function}");
            }
        }
    }
    out
}

#[test]
fn sql_of_each_migration_and_dialect() {
    let history = chain();
    let mut states = Dialect::ALL.map(|dialect| (dialect, Schema::default()));
    let mut topic = Topic::new("chain");
    for migration in history.migrations() {
        let results = states.each_mut().map(|(dialect, state)| {
            let style = DdlStyle::of(*dialect);
            let down = plan::backwards(migration, state, style).unwrap();
            let up = plan::forwards(migration, state, style).unwrap();
            let text = format!("{}\n-- down\n{}", text(&up), text(&down));
            (dialect.name(), text)
        });
        topic.case(&migration.name, results);
    }
    let folder = Folder::of(env!("CARGO_MANIFEST_DIR"));
    folder.check(&topic);
    folder.check_names(["chain"]);
}

#[test]
fn the_chain_has_every_operation() {
    let history = chain();
    let used: BTreeSet<&str> = history
        .migrations()
        .iter()
        .flat_map(|migration| &migration.operations)
        .map(oxyde_migrate::operation::Operation::tag)
        .collect();
    let missing: Vec<&&str> = OPERATIONS
        .iter()
        .filter(|tag| !used.contains(**tag))
        .collect();
    // The command's tests cover Python steps, records of who owns a table, which have no SQL, and
    // objects and distributed tables, whose SQL is that of one database.
    let elsewhere = [
        &"claim_table",
        &"release_table",
        &"record_table",
        &"distribute_table",
        &"reference_table",
        &"undistribute_table",
        &"create_object",
        &"drop_object",
        &"run_python",
    ];
    assert_eq!(missing, elsewhere);
}

#[test]
fn a_file_that_was_written_is_read_and_written_the_same() {
    for migration in chain().migrations() {
        let text = file::render(migration);
        let read = file::parse("x.toml", &migration.name, &text).unwrap();
        assert_eq!(read.operations, migration.operations);
        assert_eq!(file::render(&read), text);
    }
}

#[test]
fn squashing_the_chain_keeps_its_data_steps_and_its_schema() {
    let history = chain();
    let squashed =
        oxyde_migrate::squash::squash(&history, "0001", "0030", "0031_all".into()).unwrap();
    assert_eq!(squashed.replaces.len(), 30);
    let data = |migration: &file::Migration| {
        migration
            .operations
            .iter()
            .filter(|operation| operation.is_data())
            .count()
    };
    assert_eq!(
        data(&squashed),
        history.migrations().iter().map(data).sum::<usize>()
    );
    let mut state = Schema::default();
    history::apply(&squashed, &mut state).unwrap();
    let whole = history.state(&|_| true).unwrap();
    assert_eq!(
        oxyde_migrate::state::canonical(&state),
        oxyde_migrate::state::canonical(&whole)
    );
    let before: usize = history
        .migrations()
        .iter()
        .map(|m| m.operations.len())
        .sum();
    assert!(squashed.operations.len() < before);
}

#[test]
fn wrong_files_say_where() {
    let cases = [
        ("depends_on = [", "bad.toml:1:15: "),
        ("depend_on = []\n", "bad.toml:1:1: unknown key `depend_on`"),
        (
            "[[operations]]\nop = \"add_colum\"\n",
            "bad.toml:2:6: unknown operation `add_colum`",
        ),
        (
            "\n[[operations]]\ntable = \"a\"\n",
            "bad.toml:2:1: the operation has no `op`",
        ),
        (
            "[[operations]]\nop = \"drop_column\"\ntable = \"a\"\nnam = \"b\"\n",
            "bad.toml:4:1: drop_column: unknown field `nam`",
        ),
        (
            "[[operations]]\nop = \"add_column\"\ntable = \"a\"\n\
             column = { name = \"b\", type = \"bigint\", nullable = true }\n",
            "bad.toml:4:31: add_column: unknown variant `bigint`",
        ),
    ];
    for (text, expected) in cases {
        let error = file::parse("bad.toml", "bad", text).unwrap_err();
        assert!(
            error.to_string().starts_with(expected),
            "{error}\nnot: {expected}"
        );
        assert!(!error.hint.is_empty());
    }
    let error = file::parse("bad.toml", "bad", cases[2].0).unwrap_err();
    assert_eq!(error.hint, "did you mean `add_column`?");
    let error = file::parse("bad.toml", "bad", cases[5].0).unwrap_err();
    assert_eq!(error.hint, "did you mean `big_int`?");
}
