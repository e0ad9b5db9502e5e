//! Writing a migration file: one key a line, columns and the like one a line.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::Migration;

/// The text of a migration's file. The same migration gives the same text.
#[must_use]
pub fn render(migration: &Migration) -> String {
    let mut out = String::new();
    let names = |names: &[String]| names.iter().cloned().map(Value::String).collect();
    entry(
        &mut out,
        "depends_on",
        &Value::Array(names(&migration.depends_on)),
    );
    if !migration.atomic {
        entry(&mut out, "atomic", &Value::Boolean(false));
    }
    if !migration.replaces.is_empty() {
        entry(
            &mut out,
            "replaces",
            &Value::Array(names(&migration.replaces)),
        );
    }
    for operation in &migration.operations {
        out.push_str("\n[[operations]]\n");
        // Operations hold only what TOML has: texts, numbers, booleans, lists and tables.
        if let Ok(Value::Table(fields)) = Value::try_from(operation) {
            for (key, value) in &fields {
                entry(&mut out, key, value);
            }
        }
    }
    out
}

fn entry(out: &mut String, name: &str, value: &Value) {
    let _ = write!(out, "{} = ", key(name));
    match value {
        Value::Array(items) if items.iter().any(Value::is_table) => {
            out.push_str("[\n");
            for item in items {
                let _ = writeln!(out, "    {},", inline(item));
            }
            out.push(']');
        }
        Value::String(text) if text.contains('\n') && is_plain(text) => {
            let _ = write!(
                out,
                "\"\"\"\n{}\"\"\"",
                text.replace('\\', "\\\\").replace('"', "\\\"")
            );
        }
        value => out.push_str(&inline(value)),
    }
    out.push('\n');
}

/// Whether a text can stand in several lines: no control characters beside line ends and tabs.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| !c.is_control() || c == '\n' || c == '\t')
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => inline_table(table),
        other => other.to_string(),
    }
}

fn inline_table(table: &Table) -> String {
    if table.is_empty() {
        return "{}".to_owned();
    }
    let fields: Vec<String> = table
        .iter()
        .map(|(name, value)| format!("{} = {}", key(name), inline(value)))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
