//! Mermaid's entity relationship diagrams.

use std::fmt::Write as _;

use oxyde_migrate::state::label_of;
use oxyde_sql::schema::Schema;

use super::{kind, relations, roles};

pub(super) fn diagram(schema: &Schema) -> String {
    let mut text = String::from("erDiagram\n");
    for table in &schema.tables {
        let _ = writeln!(text, "    {} {{", quoted(&label_of(table)));
        for column in &table.columns {
            let roles = roles(table, &column.name);
            let ty = word(&kind(&column.ty));
            let _ = write!(text, "        {ty} {}", word(&column.name));
            if !roles.is_empty() {
                let _ = write!(text, " {}", roles.join(", "));
            }
            text.push('\n');
        }
        text.push_str("    }\n");
    }
    for relation in relations(schema) {
        let [from, to] =
            [relation.from, relation.to].map(|at| quoted(&label_of(&schema.tables[at])));
        let one = if relation.is_optional { "|o" } else { "||" };
        let many = if relation.is_one_to_one { "o|" } else { "o{" };
        let name = quoted(&relation.columns.join(", "));
        let _ = writeln!(text, "    {to} {one}--{many} {from} : {name}");
    }
    text
}

/// A name in quotes, which Mermaid cannot escape inside.
fn quoted(name: &str) -> String {
    let plain = name.replace(|c: char| c == '"' || c.is_control(), "'");
    format!("\"{plain}\"")
}

/// A name of the characters that Mermaid allows in types and attributes.
fn word(name: &str) -> String {
    let is_allowed =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '[' | ']' | '(' | ')');
    let mut word: String = name
        .chars()
        .map(|c| if is_allowed(c) { c } else { '_' })
        .collect();
    if !word.starts_with(char::is_alphabetic) {
        word.insert(0, 'n');
    }
    word
}
