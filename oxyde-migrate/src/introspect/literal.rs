//! The values of string literals.

/// Return the value of a text that is one string literal. `backslash` tells whether a backslash
/// escapes the next character.
pub(super) fn value(sql: &str, backslash: bool) -> Option<String> {
    let sql = sql.trim();
    let inner = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')'));
    if let Some(inner) = inner {
        return value(inner, backslash);
    }
    let sql = sql
        .strip_prefix("_utf8mb4")
        .or_else(|| sql.strip_prefix("_utf8mb3"))
        .unwrap_or(sql);
    let inner = sql.strip_prefix('\'')?;
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    loop {
        match characters.next()? {
            '\'' => match characters.next() {
                Some('\'') => value.push('\''),
                None => return Some(value),
                Some(_) => return None,
            },
            '\\' if backslash => value.push(match characters.next()? {
                '0' => '\0',
                'b' => '\u{8}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'Z' => '\u{1a}',
                other => other,
            }),
            other => value.push(other),
        }
    }
}

/// Whether two values of a time are the same but for zeros at their end.
pub(super) fn same_moment(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let text = text.replace('T', " ");
        match text.split_once('.') {
            Some((whole, fraction)) => {
                let fraction = fraction.trim_end_matches('0');
                if fraction.is_empty() {
                    whole.to_owned()
                } else {
                    format!("{whole}.{fraction}")
                }
            }
            None => text,
        }
    };
    let midnight = |text: &str| {
        let text = plain(text);
        text.strip_suffix(" 00:00:00")
            .map_or(text.clone(), str::to_owned)
    };
    midnight(a) == midnight(b)
}

#[cfg(test)]
mod tests {
    use super::{same_moment, value};

    #[test]
    fn values_of_literals() {
        for (sql, backslash, expected) in [
            ("'it''s'", false, Some("it's")),
            (r"'a\b'", false, Some(r"a\b")),
            (r"'a\b'", true, Some("a\u{8}")),
            (r"'a\\b\''", true, Some(r"a\b'")),
            ("'NULL'", true, Some("NULL")),
            ("'(x)'", true, Some("(x)")),
            ("_utf8mb4'x'", true, Some("x")),
            ("'a' || 'b'", false, None),
            ("('it''s')", false, Some("it's")),
            ("('a') || ('b')", false, None),
            ("now()", false, None),
            ("'open", false, None),
        ] {
            assert_eq!(value(sql, backslash).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn moments() {
        assert!(same_moment(
            "2020-01-01 00:00:00",
            "2020-01-01 00:00:00.000000"
        ));
        assert!(same_moment("2020-01-01", "2020-01-01 00:00:00"));
        assert!(same_moment("10:00:00.5", "10:00:00.500000"));
        assert!(!same_moment("2020-01-01 00:00:00", "2020-01-01 00:00:01"));
    }
}
