//! Reads definitions of tables and columns as clauses.

use super::tokens::{closing, is, joined, tokens, unquoted};

/// A part of a definition: a constraint, a default, a collation …
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Its first word, in upper case.
    pub(super) kind: String,
    /// The name of the constraint.
    pub(super) name: Option<String>,
    /// As written, with `CONSTRAINT` and the name.
    pub(super) sql: String,
    /// What follows the first word, as written.
    pub(super) value: String,
    /// The tokens without the name of the constraint; names without quotes, words in lower case.
    pub(super) key: Vec<String>,
}

impl Clause {
    fn of(tokens: &[&str]) -> Option<Self> {
        let (name, rest) = match tokens {
            [word, name, rest @ ..] if is(word, "CONSTRAINT") => (Some(unquoted(name)), rest),
            _ => (None, tokens),
        };
        let kind = rest.first()?.to_ascii_uppercase();
        Some(Clause {
            kind,
            name,
            sql: joined(tokens),
            value: joined(rest.get(1..).unwrap_or_default()),
            key: rest.iter().map(|token| normal(token)).collect(),
        })
    }

    /// Whether one of its tokens is this name.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.key
            .iter()
            .any(|token| token.eq_ignore_ascii_case(name))
    }
}

fn normal(token: &str) -> String {
    if token.starts_with('\'') {
        token.to_owned()
    } else {
        unquoted(token).to_lowercase()
    }
}

/// A column of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnDefinition {
    /// Its name.
    pub(super) name: String,
    /// Its type as written; "" without one.
    pub(super) ty: String,
    /// The rest.
    pub(super) clauses: Vec<Clause>,
    /// All behind the name, as written.
    pub(super) sql: String,
}

impl ColumnDefinition {
    /// The clauses of a kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Clause> {
        self.clauses
            .iter()
            .filter(move |clause| clause.kind == kind)
    }
}

/// A `CREATE TABLE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TableDefinition {
    /// Its columns.
    pub(super) columns: Vec<ColumnDefinition>,
    /// Its constraints, and in MySQL its indexes.
    pub(super) constraints: Vec<Clause>,
    /// What follows the parentheses.
    pub(super) options: Vec<String>,
}

impl TableDefinition {
    /// Parse the text of a `CREATE TABLE`.
    pub(super) fn read(sql: &str) -> Self {
        let tokens = tokens(sql);
        let Some(open) = tokens.iter().position(|token| *token == "(") else {
            return Self::default();
        };
        let close = closing(&tokens, open);
        let mut table = Self::default();
        for item in split(&tokens[open + 1..close]) {
            match item {
                [first, ..] if starts_constraint(first) => {
                    table.constraints.extend(Clause::of(item));
                }
                [name, rest @ ..] => table.columns.push(ColumnDefinition {
                    name: unquoted(name),
                    sql: joined(rest),
                    ..column(rest)
                }),
                [] => {}
            }
        }
        let rest = tokens.get(close + 1..).unwrap_or_default();
        table.options = split(rest)
            .map(joined)
            .filter(|text| !text.is_empty())
            .collect();
        table
    }

    /// Find a column; SQLite's names ignore case.
    pub(super) fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// Read a column's definition as in `CREATE TABLE`.
pub(super) fn read_column(sql: &str) -> ColumnDefinition {
    let tokens = tokens(sql);
    match tokens.as_slice() {
        [name, rest @ ..] => ColumnDefinition {
            name: unquoted(name),
            sql: joined(rest),
            ..column(rest)
        },
        [] => column(&[]),
    }
}

/// Split tokens at the commas outside of parentheses.
fn split<'a>(tokens: &'a [&'a str]) -> impl Iterator<Item = &'a [&'a str]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match *token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == ","
    })
}

fn starts_constraint(token: &str) -> bool {
    [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "FOREIGN",
        "KEY",
        "INDEX",
        "FULLTEXT",
        "SPATIAL",
        "PERIOD",
    ]
    .iter()
    .any(|word| is(token, word))
}

fn column(tokens: &[&str]) -> ColumnDefinition {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "(" {
            at = closing(tokens, at) + 1;
            continue;
        }
        let begun = starts.last().map(|start| &tokens[*start..at]);
        if starts_clause(tokens, at, begun.unwrap_or_default()) {
            starts.push(at);
        }
        at += 1;
    }
    let first = starts.first().copied().unwrap_or(tokens.len());
    let mut clauses = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(tokens.len());
        clauses.extend(Clause::of(&tokens[*start..end]));
    }
    ColumnDefinition {
        name: String::new(),
        ty: joined(&tokens[..first]),
        clauses,
        sql: String::new(),
    }
}

/// Whether the token at `at` begins a clause, rather than continuing the one that has `begun`.
fn starts_clause(tokens: &[&str], at: usize, begun: &[&str]) -> bool {
    let token = tokens[at];
    let next = |word: &str| tokens.get(at + 1).is_some_and(|next| is(next, word));
    let last = |word: &str| begun.last().is_some_and(|last| is(last, word));
    let within = |word: &str| begun.iter().any(|token| is(token, word));
    // `CONSTRAINT name CHECK …` is one clause, and so is `DEFAULT NULL`.
    if begun.len() <= 2 && begun.first().is_some_and(|word| is(word, "CONSTRAINT")) {
        return false;
    }
    if last("DEFAULT") && !last_action(begun) {
        return false;
    }
    match token.to_ascii_uppercase().as_str() {
        "NOT" => next("NULL"),
        "NULL" => !last("NOT") && !last("SET"),
        "DEFAULT" => !last("SET"),
        "AS" => !last("ALWAYS"),
        "ON" => next("UPDATE") && !within("REFERENCES"),
        "CHARACTER"
        | "CHARSET"
        | "COLLATE"
        | "CONSTRAINT"
        | "PRIMARY"
        | "UNIQUE"
        | "CHECK"
        | "REFERENCES"
        | "GENERATED"
        | "AUTO_INCREMENT"
        | "COMMENT"
        | "INVISIBLE"
        | "VISIBLE"
        | "SRID"
        | "REF_SYSTEM_ID"
        | "COLUMN_FORMAT"
        | "COMPRESSED"
        | "WITHOUT"
        | "ENGINE_ATTRIBUTE"
        | "SECONDARY_ENGINE_ATTRIBUTE" => true,
        _ => false,
    }
}

/// Whether the clause ends with the action `SET DEFAULT` of a foreign key.
fn last_action(begun: &[&str]) -> bool {
    matches!(begun, [.., set, _] if is(set, "SET"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(column: &ColumnDefinition) -> Vec<&str> {
        column
            .clauses
            .iter()
            .map(|clause| clause.kind.as_str())
            .collect()
    }

    #[test]
    fn clauses_of_columns() {
        let table = TableDefinition::read(
            "CREATE TABLE \"a(\" (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, -- a, b\n\
             n DECIMAL TEXT(12,2) NOT NULL ON CONFLICT IGNORE DEFAULT (1 + (2)) COLLATE nocase,\
             p INT DEFAULT NULL REFERENCES b (id) ON DELETE SET NULL ON UPDATE SET DEFAULT \
             NOT DEFERRABLE CONSTRAINT \"c\" CHECK (p <> ', (') UNIQUE,\
             g AS (n || 'x') STORED, h GENERATED ALWAYS AS (1) VIRTUAL CHECK(h > 0),\
             CONSTRAINT \"u\" UNIQUE (\"id\", n), CHECK (n  >= 0)) STRICT, WITHOUT ROWID",
        );
        let column = |name| table.column(name).unwrap();
        assert_eq!(kinds(column("id")), ["PRIMARY", "NOT"]);
        assert_eq!(column("n").ty, "DECIMAL TEXT(12,2)");
        assert_eq!(kinds(column("n")), ["NOT", "DEFAULT", "COLLATE"]);
        assert_eq!(column("n").clauses[0].sql, "NOT NULL ON CONFLICT IGNORE");
        assert_eq!(column("n").clauses[1].value, "(1 + (2))");
        assert_eq!(
            kinds(column("P")),
            ["DEFAULT", "REFERENCES", "CHECK", "UNIQUE"]
        );
        assert_eq!(column("p").clauses[2].name.as_deref(), Some("c"));
        assert_eq!(kinds(column("g")), ["AS"]);
        assert_eq!(kinds(column("h")), ["GENERATED", "CHECK"]);
        assert_eq!(table.constraints[0].name.as_deref(), Some("u"));
        assert_eq!(
            table.constraints[1].key,
            ["check", "(", "n", ">", "=", "0", ")"]
        );
        assert_eq!(table.options, ["STRICT", "WITHOUT ROWID"]);
    }

    #[test]
    fn clauses_that_only_mysql_has() {
        let column = read_column(
            "`at` datetime(6) CHARACTER SET latin1 COLLATE latin1_bin NULL DEFAULT \
             CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'a DEFAULT b' \
             /*!80023 INVISIBLE */ /*!80003 SRID 4326 */",
        );
        assert_eq!(
            kinds(&column),
            [
                "CHARACTER",
                "COLLATE",
                "NULL",
                "DEFAULT",
                "ON",
                "COMMENT",
                "INVISIBLE",
                "SRID"
            ]
        );
        assert_eq!(column.ty, "datetime(6)");
        assert_eq!(column.clauses[4].sql, "ON UPDATE CURRENT_TIMESTAMP(6)");
        assert_eq!(column.clauses[7].sql, "SRID 4326");
    }
}
