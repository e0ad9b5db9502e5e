//! Placeholders by name in raw SQL, as the server's own.

use std::fmt::Write as _;

use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::value::Value;

use crate::error::DriverError;

/// Replace each `:name` outside of quotes and comments by a placeholder of the server, and return the
/// values in their order.
///
/// # Errors
/// [`DriverError::NoValue`], [`DriverError::UnusedValue`].
pub(crate) fn with_placeholders(
    features: &Features,
    sql: &str,
    named: Vec<(String, Value)>,
) -> Result<(String, Vec<Value>), DriverError> {
    let dialect = features.dialect;
    let mut text = String::with_capacity(sql.len());
    // The values by their order in the statement, as positions in `named`.
    let mut order: Vec<usize> = Vec::new();
    for piece in pieces(sql, dialect) {
        let Piece::Placeholder(name) = piece else {
            text.push_str(piece.text());
            continue;
        };
        let Some(at) = named.iter().position(|(known, _)| known == name) else {
            return Err(DriverError::NoValue {
                name: name.to_owned(),
                given: named.into_iter().map(|(name, _)| name).collect(),
            });
        };
        let mark = match dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
            Dialect::Mysql | Dialect::Mariadb => {
                text.push('?');
                order.push(at);
                continue;
            }
        };
        let known = order.iter().position(|known| *known == at);
        let number = known.unwrap_or_else(|| {
            order.push(at);
            order.len() - 1
        }) + 1;
        // Writing to a string cannot fail.
        let _ = write!(text, "{mark}{number}");
    }
    if let Some((_, (name, _))) = named.iter().enumerate().find(|(at, _)| !order.contains(at)) {
        return Err(DriverError::UnusedValue { name: name.clone() });
    }
    let values = order.into_iter().map(|at| named[at].1.clone()).collect();
    Ok((text, values))
}

/// A part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// The name of a placeholder.
    Placeholder(&'a str),
    /// Any other text.
    Text(&'a str),
}

impl<'a> Piece<'a> {
    fn text(self) -> &'a str {
        let (Self::Placeholder(text) | Self::Text(text)) = self;
        text
    }
}

/// Split a statement into placeholders and other text.
fn pieces(sql: &str, dialect: Dialect) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sql;
    let mut before = "";
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        // Not `::type`, nor the bounds of a slice, `items[1:n]`.
        let name = rest
            .strip_prefix(':')
            .filter(|name| {
                !before.ends_with(':') && !before.ends_with(is_word) && name.starts_with(is_start)
            })
            .map(|name| &name[..word_length(name)]);
        let length = match name {
            Some(name) => 1 + name.len(),
            None => opaque_length(rest, before, dialect).unwrap_or_else(|| {
                if is_word(first) {
                    word_length(rest)
                } else {
                    first.len_utf8()
                }
            }),
        };
        let (text, behind) = rest.split_at(length);
        rest = behind;
        before = text;
        Some(name.map_or(Piece::Text(text), Piece::Placeholder))
    })
}

/// Return the length of the string, quoted name or comment that the text begins with; `before` is the
/// piece before it.
fn opaque_length(text: &str, before: &str, dialect: Dialect) -> Option<usize> {
    let mysql = matches!(dialect, Dialect::Mysql | Dialect::Mariadb);
    let postgres = dialect == Dialect::Postgres;
    let first = text.chars().next()?;
    let until = |end: &str| {
        text[1..]
            .find(end)
            .map_or(text.len(), |at| 1 + at + end.len())
    };
    match first {
        // A string `E'…'` of PostgreSQL has escapes.
        '\'' if mysql || (postgres && before.eq_ignore_ascii_case("e")) => Some(escaped(text)),
        '"' if mysql => Some(escaped(text)),
        '\'' | '"' => Some(until(first.encode_utf8(&mut [0; 4]))),
        '`' if !postgres => Some(until("`")),
        '[' if dialect == Dialect::Sqlite => Some(until("]")),
        '#' if mysql => Some(until("\n")),
        '-' if mysql => {
            let comment = text.strip_prefix("--")?;
            (comment.is_empty() || comment.starts_with(char::is_whitespace)).then(|| until("\n"))
        }
        '-' => text.starts_with("--").then(|| until("\n")),
        '/' if postgres => text.starts_with("/*").then(|| nested_comment(text)),
        '/' => text
            .starts_with("/*")
            .then(|| text[2..].find("*/").map_or(text.len(), |at| at + 4)),
        '$' if postgres && !before.ends_with(is_word) => {
            let tag = &text[1..][..word_length(&text[1..])];
            let is_tag = !tag.starts_with(|letter: char| letter.is_ascii_digit())
                && text[1 + tag.len()..].starts_with('$');
            let mark = is_tag.then(|| &text[..tag.len() + 2])?;
            let inside = &text[mark.len()..];
            Some(
                inside
                    .find(mark)
                    .map_or(text.len(), |at| at + 2 * mark.len()),
            )
        }
        _ => None,
    }
}

/// Return the length of a quoted string in which a backslash escapes the next character.
fn escaped(text: &str) -> usize {
    let mut letters = text.char_indices();
    let quote = letters.next().map(|(_, quote)| quote);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if Some(letter) == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

/// Return the length of a comment that may contain others.
fn nested_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match rest.chars().next() {
                Some(letter) => at += letter.len_utf8(),
                None => break,
            }
        }
    }
    text.len()
}

fn is_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|letter| !is_word(letter)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(dialect: Dialect, sql: &str) -> (String, Vec<Value>) {
        let features = Features::of(dialect);
        let named = vec![
            ("a".to_owned(), Value::Int(1)),
            ("b".to_owned(), Value::Int(2)),
        ];
        with_placeholders(&features, sql, named).unwrap()
    }

    #[test]
    fn each_server_gets_its_own() {
        let sql = "SELECT :b, :a, :b";
        let numbered = vec![Value::Int(2), Value::Int(1)];
        let repeated = vec![Value::Int(2), Value::Int(1), Value::Int(2)];
        for (dialect, text, values) in [
            (Dialect::Postgres, "SELECT $1, $2, $1", &numbered),
            (Dialect::Sqlite, "SELECT ?1, ?2, ?1", &numbered),
            (Dialect::Mysql, "SELECT ?, ?, ?", &repeated),
            (Dialect::Mariadb, "SELECT ?, ?, ?", &repeated),
        ] {
            assert_eq!(written(dialect, sql), (text.to_owned(), values.clone()));
        }
    }

    #[test]
    fn quotes_comments_and_casts_are_kept() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, text) in [
            (Postgres, "':x' \":x\" -- :x\n/* :x /* :x */ :x */"),
            (Postgres, "1::int, items[1:n], 'it''s :x'"),
            (Postgres, "$$:x$$ $t$ $$ :x $t$ E'\\' :x' $1"),
            (Sqlite, "':x' \":x\" `:x` [:x] -- :x\n/* :x */ '\\'"),
            (
                Mysql,
                "'\\' :x' \"\\\" :x\" `:x` # :x\n-- :x\n/* :x */ 1--1",
            ),
            (Mysql, "@x:=1, a:b"),
        ] {
            let kept = pieces(text, dialect).all(|piece| matches!(piece, Piece::Text(_)));
            assert!(kept, "{text}");
        }
    }

    #[test]
    fn what_does_not_match_is_refused() {
        let features = Features::of(Dialect::Postgres);
        let named = vec![("a".to_owned(), Value::Null)];
        let missing = with_placeholders(&features, "SELECT :a, :b", named.clone()).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "the placeholder `:b` has no value; the values are `a`"
        );
        let unused = with_placeholders(&features, "SELECT ':a'", named).unwrap_err();
        assert_eq!(unused.to_string(), "the value `a` has no placeholder");
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in r#"([a:'"`$/*\-#\[\]\\ é\n]|/\*|\*/|--|\$\$)*"#) {
            for dialect in Dialect::ALL {
                let joined: String = pieces(&text, dialect)
                    .map(|piece| match piece {
                        Piece::Placeholder(name) => format!(":{name}"),
                        Piece::Text(text) => text.to_owned(),
                    })
                    .collect();
                prop_assert_eq!(&joined, &text);
            }
        }
    }
}
