//! Writes a migration file: one key per line, one column, index or constraint per line.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::Migration;

/// Return the text of a migration's file. The same migration always gives the same text.
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
        // Operations contain only TOML types: strings, numbers, booleans, lists and tables.
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
        Value::String(text) if text.contains('\n') => {
            // Line breaks are kept for readability; everything else is escaped as in a one-line
            // string.
            let lines: Vec<String> = text.split('\n').map(escaped).collect();
            let _ = write!(out, "\"\"\"\n{}\"\"\"", lines.join("\n"));
        }
        value => out.push_str(&inline(value)),
    }
    out.push('\n');
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

/// Return a string as TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // Invisible, bidirectional and line-breaking characters are escaped as well.
            c if c != '\'' && c.escape_debug().len() > 1 => {
                // Writing to a string cannot fail.
                let _ = match u32::from(c) {
                    code @ 0..=0xffff => write!(out, "\\u{code:04X}"),
                    code => write!(out, "\\U{code:08X}"),
                };
            }
            c => out.push(c),
        }
    }
    out
}
