//! Splits SQL text into statements.

/// Split SQL text into its statements, without the semicolons between them.
///
/// Semicolons in string literals, quoted names, comments, PostgreSQL's dollar quotes and the body
/// of a trigger (`BEGIN … END`) do not end a statement. `backslash` tells whether a backslash in a
/// string literal escapes the next character.
#[must_use]
pub fn split(text: &str, backslash: bool) -> Vec<String> {
    let mut scanner = Scanner {
        rest: text,
        statement: String::new(),
        backslash,
    };
    let mut statements = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    while let Some(token) = scanner.next() {
        match token {
            Token::Semicolon if depth == 0 => {
                let statement = std::mem::take(&mut scanner.statement);
                statements.push(statement);
                words.clear();
            }
            Token::Semicolon => scanner.statement.push(';'),
            Token::Word(word) => {
                let word = word.to_ascii_uppercase();
                // Blocks occur only inside definitions: a plain BEGIN starts a transaction.
                let defines = words.first().is_some_and(|first| first == "CREATE")
                    && words.iter().any(|w| {
                        matches!(w.as_str(), "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT")
                    });
                match word.as_str() {
                    "BEGIN" | "CASE" if defines => depth += 1,
                    "IF" | "LOOP" | "WHILE" | "REPEAT"
                        if defines && words.last().is_some_and(|last| last == "END") => {}
                    "END" if defines => depth = depth.saturating_sub(1),
                    "IF" | "LOOP" | "WHILE"
                        if defines && depth > 0 && words.last().is_some_and(|w| w != "EXISTS") =>
                    {
                        depth += 1;
                    }
                    _ => {}
                }
                words.push(word);
            }
            Token::Other => {}
        }
    }
    statements.push(scanner.statement);
    statements.retain(|statement| !is_blank(statement));
    for statement in &mut statements {
        *statement = statement.trim().to_owned();
    }
    statements
}

enum Token {
    Semicolon,
    Word(String),
    Other,
}

struct Scanner<'a> {
    rest: &'a str,
    statement: String,
    backslash: bool,
}

impl Scanner<'_> {
    fn take(&mut self, bytes: usize) -> String {
        let (token, rest) = self.rest.split_at(bytes);
        self.statement.push_str(token);
        self.rest = rest;
        token.to_owned()
    }

    fn next(&mut self) -> Option<Token> {
        let first = self.rest.chars().next()?;
        let rest = self.rest;
        let until = |end: &str, from: usize| {
            rest[from..]
                .find(end)
                .map_or(rest.len(), |at| from + at + end.len())
        };
        match first {
            ';' => {
                self.rest = &rest[1..];
                return Some(Token::Semicolon);
            }
            '-' if rest.starts_with("--") => self.take(until("\n", 2)),
            '/' if rest.starts_with("/*") => self.take(until("*/", 2)),
            '\'' | '"' | '`' => self.take(self.quoted(first)),
            '$' => {
                let tag: String = rest[1..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if rest[1 + tag.len()..].starts_with('$') && !self.backslash {
                    let delimiter = format!("${tag}$");
                    self.take(until(&delimiter, delimiter.len()))
                } else {
                    self.take(1)
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                return Some(Token::Word(self.take(end)));
            }
            c => self.take(c.len_utf8()),
        };
        Some(Token::Other)
    }

    /// Return the length in bytes of a quoted string, with both quotes.
    fn quoted(&self, quote: char) -> usize {
        let mut escaped = false;
        let mut characters = self.rest.char_indices().skip(1);
        for (at, c) in characters.by_ref() {
            if escaped {
                escaped = false;
            } else if c == '\\' && self.backslash && quote != '`' {
                escaped = true;
            } else if c == quote {
                // A doubled quote is read as two adjacent strings, which end at the same place.
                return at + c.len_utf8();
            }
        }
        self.rest.len()
    }
}

fn is_blank(statement: &str) -> bool {
    let mut scanner = Scanner {
        rest: statement,
        statement: String::new(),
        backslash: false,
    };
    while !scanner.rest.is_empty() {
        let rest = scanner.rest;
        if rest.starts_with("--") || rest.starts_with("/*") || rest.starts_with(char::is_whitespace)
        {
            scanner.next();
        } else {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_that_end_nothing() {
        assert_eq!(
            split(
                "INSERT INTO a VALUES ('x;''y'); -- one; two\n;/* ; */ DELETE FROM \"b;c\" ;",
                false
            ),
            [
                "INSERT INTO a VALUES ('x;''y')",
                "/* ; */ DELETE FROM \"b;c\""
            ]
        );
        assert_eq!(
            split("DO $a$ BEGIN; $b$; END $a$; SELECT 1", false).len(),
            2
        );
        assert_eq!(split(r"SELECT 'it\'s; one'; SELECT 2", true).len(), 2);
        assert_eq!(split("BEGIN; COMMIT", false), ["BEGIN", "COMMIT"]);
        assert!(split(" ;; -- nothing\n", false).is_empty());
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let text = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; \
                    DELETE FROM d; END; SELECT 1";
        let statements = split(text, false);
        assert_eq!(statements.len(), 2, "{statements:?}");
        let text = "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; SELECT 2; END; SELECT 3";
        assert_eq!(split(text, true).len(), 2);
    }
}
