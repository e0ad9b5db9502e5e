//! Parses a `CREATE TABLE`: SQLite stores names of constraints and conditions of checks
//! only in that text.

use crate::definition::tokens::{closing, is, joined, tokens, unquoted};

/// The parts of a `CREATE TABLE` that the pragmas do not report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Definition {
    /// Name and columns of unique constraints.
    pub(super) uniques: Vec<(Option<String>, Vec<String>)>,
    /// Name and condition of checks of the table.
    pub(super) checks: Vec<(Option<String>, String)>,
    /// Column, name and condition of checks of a column.
    pub(super) column_checks: Vec<(String, Option<String>, String)>,
    /// Name, columns and deferral of foreign keys.
    pub(super) foreign_keys: Vec<(Option<String>, Vec<String>, Option<String>)>,
    /// Constraints with a conflict clause, as written.
    pub(super) conflicts: Vec<String>,
    /// Column and collation.
    pub(super) collations: Vec<(String, String)>,
    /// Column and expression of generated columns.
    pub(super) generated: Vec<(String, String)>,
    /// AUTOINCREMENT columns.
    pub(super) counted: Vec<String>,
}

/// Parse the text of a `CREATE TABLE`.
pub(super) fn read(sql: &str) -> Definition {
    let tokens = tokens(sql);
    let Some(open) = tokens.iter().position(|token| *token == "(") else {
        return Definition::default();
    };
    let mut definition = Definition::default();
    let (mut depth, mut start) = (0_usize, open + 1);
    for at in open..tokens.len() {
        match tokens[at] {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if (depth == 1 && tokens[at] == ",") || depth == 0 {
            item(&tokens[start..at], &mut definition);
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    definition
}

fn item(tokens: &[&str], definition: &mut Definition) {
    let (name, rest) = match tokens {
        [word, name, rest @ ..] if is(word, "CONSTRAINT") => (Some(unquoted(name)), rest),
        _ => (None, tokens),
    };
    match rest {
        [word, rest @ ..] if is(word, "UNIQUE") => {
            if rest.iter().any(|token| is(token, "CONFLICT")) {
                definition.conflicts.push(joined(tokens));
            } else {
                definition.uniques.push((name, names(rest)));
            }
        }
        [word, rest @ ..] if is(word, "CHECK") => definition.checks.push((name, inside(rest))),
        [word, _, rest @ ..] if is(word, "FOREIGN") => {
            let key = (name, names(rest), deferral(rest));
            definition.foreign_keys.push(key);
        }
        [word, ..] if is(word, "PRIMARY") => {}
        [column, rest @ ..] => {
            let column = unquoted(column);
            let mut name = None;
            let mut at = 0;
            while at < rest.len() {
                if is(rest[at], "CONSTRAINT") {
                    name = rest.get(at + 1).map(|name| unquoted(name));
                    at += 2;
                    continue;
                }
                if is(rest[at], "CHECK") {
                    let condition = inside(&rest[at + 1..]);
                    definition
                        .column_checks
                        .push((column.clone(), name.take(), condition));
                } else if is(rest[at], "UNIQUE") {
                    definition.uniques.push((name.take(), vec![column.clone()]));
                } else if is(rest[at], "REFERENCES") {
                    let key = (name.take(), vec![column.clone()], deferral(&rest[at..]));
                    definition.foreign_keys.push(key);
                } else if is(rest[at], "COLLATE") {
                    let collation = rest.get(at + 1).map(|name| unquoted(name));
                    let found = collation.map(|collation| (column.clone(), collation));
                    definition.collations.extend(found);
                } else if is(rest[at], "AS") {
                    let expression = inside(&rest[at + 1..]);
                    definition.generated.push((column.clone(), expression));
                } else if is(rest[at], "AUTOINCREMENT") {
                    definition.counted.push(column.clone());
                }
                at = if rest[at] == "(" {
                    closing(rest, at) + 1
                } else {
                    at + 1
                };
            }
        }
        [] => {}
    }
}

/// Whether a foreign key is checked at the end of the transaction.
fn deferral(tokens: &[&str]) -> Option<String> {
    let words = ["DEFERRABLE", "INITIALLY", "DEFERRED"];
    let same = |window: &[&str]| {
        window
            .iter()
            .zip(words)
            .all(|(token, word)| is(token, word))
    };
    let at = tokens.windows(words.len()).position(same)?;
    let negated = at > 0 && is(tokens[at - 1], "NOT");
    (!negated).then(|| words.join(" "))
}

/// Return the names in the first pair of parentheses.
fn names(tokens: &[&str]) -> Vec<String> {
    let Some(open) = tokens.iter().position(|token| *token == "(") else {
        return Vec::new();
    };
    let inner = &tokens[open + 1..closing(tokens, open)];
    inner
        .split(|token| *token == ",")
        .filter_map(|part| part.first())
        .map(|n| unquoted(n))
        .collect()
}

/// Return the text in the first pair of parentheses, as written. Tokens are slices of one text.
fn inside(tokens: &[&str]) -> String {
    let Some(open) = tokens.iter().position(|token| *token == "(") else {
        return String::new();
    };
    joined(&tokens[open + 1..closing(tokens, open)])
}

/// Parse `"column" IN ('a', 'b')` as column and labels.
pub(super) fn labels(condition: &str) -> Option<(String, Vec<String>)> {
    let tokens = tokens(condition);
    let [column, word, "(", values @ .., ")"] = tokens.as_slice() else {
        return None;
    };
    let texts = values
        .iter()
        .step_by(2)
        .all(|token| token.starts_with('\''));
    let commas = values.iter().skip(1).step_by(2).all(|token| *token == ",");
    (is(word, "IN") && texts && commas).then(|| {
        (
            unquoted(column),
            values.iter().step_by(2).map(|t| unquoted(t)).collect(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{labels, read};

    #[test]
    fn names_and_conditions() {
        let definition = read(
            "CREATE TABLE \"a(\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, -- a, b\n \
             kind TEXT CONSTRAINT k CHECK (kind IN ('x, (', 'it''s')), \
             n DECIMAL TEXT(12,2) DEFAULT (1 + (2)) UNIQUE, \
             CONSTRAINT \"u\" UNIQUE (\"id\", n), CHECK (n  >= 0), \
             CONSTRAINT f FOREIGN KEY (n) REFERENCES b (id))",
        );
        assert_eq!(definition.counted, ["id"]);
        assert_eq!(
            definition.uniques,
            [
                (None, vec!["n".into()]),
                (Some("u".into()), vec!["id".into(), "n".into()])
            ]
        );
        assert_eq!(definition.checks, [(None, "n >= 0".into())]);
        let (_, name, condition) = &definition.column_checks[0];
        assert_eq!(name.as_deref(), Some("k"));
        assert_eq!(
            labels(condition),
            Some(("kind".into(), vec!["x, (".into(), "it's".into()]))
        );
        assert_eq!(
            definition.foreign_keys,
            [(Some("f".into()), vec!["n".into()], None)]
        );
    }
}
