//! Which of Oxyde's own functions and collations a text for SQLite needs.

use super::sqlite::{COLLATIONS, FUNCTIONS, SqliteCollation, SqliteFunction};

/// The functions and collations that a statement for SQLite needs in addition to SQLite's own: without
/// them, SQLite refuses it.
///
/// ```
/// use oxyde_sql::dialect::SqliteNeeds;
///
/// let needs = SqliteNeeds::of("SELECT oxyde_upper(name) FROM users ORDER BY price COLLATE oxyde_decimal");
/// assert_eq!(needs.functions[0].name, "oxyde_upper");
/// assert_eq!(needs.collations[0].name, "oxyde_decimal");
/// assert!(SqliteNeeds::of("SELECT upper(name) FROM users").is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqliteNeeds {
    /// The functions, in the order of [`SQLITE_FUNCTIONS`](super::SQLITE_FUNCTIONS).
    pub functions: Vec<SqliteFunction>,
    /// The collations, in the order of [`SQLITE_COLLATIONS`](super::SQLITE_COLLATIONS).
    pub collations: Vec<SqliteCollation>,
}

impl SqliteNeeds {
    /// Return what a statement needs: a plan's, or one of [`ddl`](crate::ddl).
    #[must_use]
    pub fn of(sql: &str) -> Self {
        let words: Vec<Word<'_>> = Words(sql).collect();
        let collated: Vec<&str> = words
            .windows(2)
            .filter(|pair| pair[0].is("COLLATE"))
            .map(|pair| pair[1].text)
            .collect();
        // `text REGEXP pattern` calls the function `regexp`.
        let calls = |name: &str| {
            let mut words = words.iter();
            words.any(|word| word.is(name) && (word.is_called || name == "regexp"))
        };
        let uses = |name: &str| collated.iter().any(|word| word.eq_ignore_ascii_case(name));
        Self {
            functions: FUNCTIONS
                .iter()
                .filter(|function| calls(function.name))
                .copied()
                .collect(),
            collations: COLLATIONS
                .iter()
                .filter(|collation| uses(collation.name))
                .copied()
                .collect(),
        }
    }

    /// Whether SQLite's own functions and collations suffice.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.collations.is_empty()
    }
}

/// A word of SQL.
struct Word<'a> {
    text: &'a str,
    /// Whether a parenthesis follows.
    is_called: bool,
}

impl Word<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

/// The words of SQL outside of quotes and comments.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        loop {
            let rest = self.0;
            let first = rest.chars().next()?;
            let after =
                |end: &str, from: usize| rest[from..].split_once(end).map_or("", |(_, rest)| rest);
            self.0 = match first {
                // A doubled quote ends one string and begins the next.
                '\'' => after("'", 1),
                '"' => after("\"", 1),
                '-' if rest.starts_with("--") => after("\n", 2),
                '/' if rest.starts_with("/*") => after("*/", 2),
                letter if is_part(letter) => {
                    let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
                    let (text, rest) = rest.split_at(end);
                    self.0 = rest;
                    let is_called = rest.trim_start().starts_with('(');
                    return Some(Word { text, is_called });
                }
                other => &rest[other.len_utf8()..],
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<&'static str> {
        let needs = SqliteNeeds::of(sql);
        let functions = needs.functions.iter().map(|function| function.name);
        let collations = needs.collations.iter().map(|collation| collation.name);
        functions.chain(collations).collect()
    }

    #[test]
    fn calls_and_collations_are_found() {
        assert_eq!(names("SELECT oxyde_ceil (a)"), ["oxyde_ceil"]);
        assert_eq!(names("SELECT a REGEXP ?"), ["regexp"]);
        // A function and a collation have the same name.
        assert_eq!(names("SELECT oxyde_moment(a) FROM t"), ["oxyde_moment"]);
        assert_eq!(names("a COLLATE oxyde_moment"), ["oxyde_moment"]);
        assert_eq!(
            names("oxyde_moment(a) COLLATE oxyde_moment"),
            ["oxyde_moment", "oxyde_moment"]
        );
    }

    #[test]
    fn names_texts_and_comments_are_not() {
        for sql in [
            r#"SELECT "oxyde_ceil"(1)"#,
            "SELECT 'it''s oxyde_ceil(1)'",
            "SELECT oxyde_ceil FROM t",
            "SELECT 1 -- oxyde_ceil(1)",
            "SELECT 1 /* COLLATE oxyde_decimal */",
            "SELECT 'oxyde_ceil(1)",
            "",
        ] {
            assert!(SqliteNeeds::of(sql).is_empty(), "{sql}");
        }
    }
}
