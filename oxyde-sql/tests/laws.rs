//! What holds for every statement, however strange.

#![allow(clippy::expect_used, reason = "a test stops where it cannot go on")]

use std::path::Path;

use oxyde_sql::dialect::{Dialect, Features, quote_identifier};
use oxyde_sql::ir::{Expr, IR_VERSION, Message, Predicate, Select, Statement, Table};
use oxyde_sql::msgpack::{self, CompileError};
use oxyde_sql::plan::{Bulk, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::{SqlError, compile};
use proptest::prelude::*;

#[path = "laws/built.rs"]
mod built;
#[path = "laws/strategies.rs"]
mod strategies;

use strategies::{name, statement};

/// The text without quoted names and string literals.
fn bare(sql: &str, dialect: Dialect) -> String {
    let backslash = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let mut out = String::new();
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(c) = characters.next() {
        match quote {
            None if matches!(c, '"' | '`' | '\'') => quote = Some(c),
            None => out.push(c),
            Some('\'') if backslash && c == '\\' => {
                characters.next();
            }
            // A doubled quote stays inside.
            Some(q) if c == q && characters.peek() == Some(&q) => {
                characters.next();
            }
            Some(q) if c == q => quote = None,
            Some(_) => {}
        }
    }
    assert_eq!(quote, None, "a quote is left open in {sql}");
    out
}

/// Return the placeholders in order; numbered ones by their number, at their first use: a value
/// that is used several times is one parameter.
fn placeholders(sql: &str, dialect: Dialect) -> Vec<usize> {
    let text = bare(sql, dialect);
    if dialect != Dialect::Postgres {
        return (1..=text.matches('?').count()).collect();
    }
    let mut numbers = Vec::new();
    for rest in text.split('$').skip(1) {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let number = digits.parse().expect("a number behind $");
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

fn check(plan: &Plan, dialect: Dialect) {
    let expected: Vec<usize> = (1..=plan.binds.len()).collect();
    assert_eq!(placeholders(&plan.sql, dialect), expected, "{}", plan.sql);
    // The statement for one row may have a value in several places; a row lists it once.
    let row = plan.row_binds().len();
    match &plan.bulk {
        None | Some(Bulk::PerRow) => {}
        Some(Bulk::Arrays { sql, .. }) => {
            let arrays: Vec<usize> = (1..=row).collect();
            assert_eq!(placeholders(sql, dialect), arrays, "{sql}");
        }
        Some(Bulk::Text {
            prefix,
            first,
            next,
            suffix,
            ..
        }) => {
            let marks = |text: &str| bare(text, dialect).matches('?').count();
            assert_eq!((marks(prefix), marks(suffix)), (0, 0));
            assert_eq!((marks(first), marks(next)), (row, row));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_statement_gives_a_plan_or_an_error(statement in statement()) {
        for dialect in Dialect::ALL {
            let features = Features::of(dialect);
            let plan = compile(&statement, &features);
            prop_assert_eq!(&plan, &compile(&statement, &features));
            match plan {
                Ok(plan) => check(&plan, dialect),
                Err(error) => {
                    prop_assert!(!error.to_string().is_empty());
                    prop_assert!(!error.hint().is_empty());
                }
            }
        }
    }

    #[test]
    fn a_message_survives_its_way(statement in statement()) {
        let message = Message { version: 1, statement };
        let text = serde_json::to_string(&message).expect("it is written");
        // A tree deeper than the reader's limit is refused, not cut.
        if let Ok(read) = serde_json::from_str::<Message>(&text) {
            prop_assert_eq!(read, message);
        }
    }

    #[test]
    fn any_name_stays_a_name(table in name(), column in name()) {
        for dialect in Dialect::ALL {
            let users = Table::new(table.clone());
            let select = Select::from_table(&users).column(&users, &column, ColumnType::Text);
            let plan = compile(&select.into(), &Features::of(dialect)).expect("it compiles");
            let (t, c) = (quote_identifier(&table, dialect), quote_identifier(&column, dialect));
            prop_assert_eq!(&plan.sql, &format!("SELECT {t}.{c} AS {c} FROM {t}"));
            prop_assert_eq!(bare(&plan.sql, dialect), "SELECT . AS  FROM ");
        }
    }
}

fn messages() -> Vec<(String, serde_json::Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ir");
    let mut messages = Vec::new();
    for entry in std::fs::read_dir(folder).expect("tests/ir is there") {
        let path = entry.expect("a readable entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let value = serde_json::from_str(&text).expect("JSON");
        messages.push((path.display().to_string(), value));
    }
    assert!(messages.len() >= 25);
    messages
}

/// JSON pointers to all objects.
fn objects(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            found.push(at.to_owned());
            for (key, member) in members {
                objects(member, &format!("{at}/{key}"), found);
            }
        }
        serde_json::Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_message_takes_an_unknown_or_misses_a_key() {
    for (name, message) in messages() {
        let read = serde_json::from_value::<Message>(message.clone()).expect("it is read");
        assert_eq!(
            serde_json::to_value(&read).expect("it is written"),
            message,
            "{name}"
        );
        let mut places = Vec::new();
        objects(&message, "", &mut places);
        for place in places {
            let members = message
                .pointer(&place)
                .expect("there")
                .as_object()
                .expect("an object");
            // A decimal may leave its digits open, a vector its length: schema files have no word
            // for None.
            let open = place.ends_with("/decimal") || place.ends_with("/vector");
            for key in members.keys().filter(|_| !open) {
                let mut less = message.clone();
                let object = less.pointer_mut(&place).expect("there").as_object_mut();
                object.expect("an object").remove(key);
                let read = serde_json::from_value::<Message>(less);
                assert!(read.is_err(), "{name}: {place} is read without `{key}`");
            }
            let mut more = message.clone();
            let object = more.pointer_mut(&place).expect("there").as_object_mut();
            object
                .expect("an object")
                .insert("fliter".into(), serde_json::Value::Null);
            let read = serde_json::from_value::<Message>(more);
            assert!(
                read.is_err(),
                "{name}: {place} is read with a key it does not know"
            );
        }
    }
}

/// However deep a message is, reading it does not overflow the stack of a usual thread.
#[test]
fn deep_messages_are_refused_before_the_stack_ends() {
    // A condition in `not`s, written byte by byte: {"version": …, "statement": {"select": …}}.
    let message = |levels: usize| {
        let mut condition = vec![0x81, 0xa3, b'a', b'n', b'd', 0x90];
        for _ in 0..levels {
            let mut outer = vec![0x81, 0xa3, b'n', b'o', b't'];
            outer.append(&mut condition);
            condition = outer;
        }
        let t = Table::new("t");
        let statement: Statement = Select::from_table(&t)
            .column(&t, "a", ColumnType::BigInt)
            .filter(Predicate::Or(vec![]))
            .into();
        let whole = rmp_serde::to_vec_named(&Message {
            version: IR_VERSION,
            statement,
        })
        .expect("it can be written");
        let hole = [0x81, 0xa2, b'o', b'r', 0x90];
        let at = whole
            .windows(5)
            .position(|bytes| bytes == hole)
            .expect("it is there");
        [&whole[..at], &condition, &whole[at + 5..]].concat()
    };
    for (levels, fits) in [
        (50, true),
        (190, true),
        (400, false),
        (1_000, false),
        (200_000, false),
    ] {
        let bytes = message(levels);
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        let work = move || msgpack::compile(&bytes, &Features::of(Dialect::Postgres));
        let plan = thread.spawn(work).expect("a thread").join();
        match plan.expect("no panic") {
            Ok(_) => assert!(fits, "{levels}"),
            Err(CompileError::Sql(SqlError::TooDeep { .. })) => assert!(!fits, "{levels}"),
            Err(refused) => panic!("{levels}: {refused}"),
        }
    }
}

/// Nothing overflows the stack of a usual thread, up to the limit and beyond it.
#[test]
fn deep_statements_are_refused_before_the_stack_ends() {
    let leaf = || Table::new("t").col("a", ColumnType::BigInt);
    let select = |condition: Predicate| -> Statement {
        let t = Table::new("t");
        Select::from_table(&t)
            .column(&t, "a", ColumnType::BigInt)
            .filter(condition)
            .into()
    };
    for depth in [50, 190, 5000] {
        let mut condition = leaf().lookup("gt", [Expr::int(1)]);
        let mut value = leaf();
        let mut query = Predicate::Expr(leaf());
        for i in 0..depth {
            condition = match i % 3 {
                0 => condition.negate(),
                1 => Predicate::And(vec![condition, Predicate::Expr(leaf())]),
                _ => Predicate::Xor(vec![condition, Predicate::Expr(leaf())]),
            };
            value = Expr::Binary {
                op: oxyde_sql::ir::BinaryOp::Subtract,
                left: Box::new(leaf()),
                right: Box::new(value),
                ty: ColumnType::BigInt,
            };
            let t = Table::new("t");
            let inner = Select::from_table(&t)
                .column(&t, "a", ColumnType::BigInt)
                .filter(query);
            query = Predicate::Exists(Box::new(inner));
        }
        for statement in [
            select(condition),
            select(Predicate::Expr(value)),
            select(query),
        ] {
            for dialect in Dialect::ALL {
                let plan = compile(&statement, &Features::of(dialect));
                assert!(depth < 5000 || plan.is_err());
            }
        }
    }
}
