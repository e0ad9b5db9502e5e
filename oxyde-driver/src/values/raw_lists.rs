//! Checks raw SQL before it is sent.

use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::value::Value;

use crate::error::DriverError;

/// Refuse a list that is compared as if it were one value, on databases without arrays: it would be
/// sent as a JSON string, which equals nothing. As an argument of a function and as a stored value,
/// the JSON is intended.
///
/// # Errors
/// [`DriverError::ListValue`] for the first such value.
pub(crate) fn check_lists(
    style: &DdlStyle,
    sql: &str,
    values: &[Value],
) -> Result<(), DriverError> {
    if !values.iter().any(|value| matches!(value, Value::List(_))) {
        return Ok(());
    }
    for (param, compared) in placeholders(sql, style.backslash).into_iter().enumerate() {
        if compared && matches!(values.get(param), Some(Value::List(_))) {
            return Err(DriverError::ListValue { param });
        }
    }
    Ok(())
}

/// Return for each `?` whether it is compared, as an item of `IN (…)` or after an operator.
fn placeholders(sql: &str, backslash: bool) -> Vec<bool> {
    let mut found = Vec::new();
    // For each open parenthesis: whether it is that of IN.
    let mut inside = Vec::new();
    let mut before = String::new();
    let mut stores = false;
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\'' | '"' | '`' => quoted(rest, letter, backslash),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '#' if backslash => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            letter if letter.is_alphanumeric() || letter == '_' => rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len()),
            letter => letter.len_utf8(),
        };
        let (word, behind) = rest.split_at(length);
        rest = behind;
        let blank = letter.is_whitespace()
            || (letter == '#' && backslash)
            || (length > 1 && (word.starts_with("--") || word.starts_with("/*")));
        if blank {
            continue;
        }
        match word {
            "(" => inside.push(before == "in"),
            ")" => {
                inside.pop();
            }
            "?" => {
                let item = inside.last() == Some(&true);
                let operand = matches!(before.as_str(), "=" | "<" | ">" | "like" | "in");
                found.push(item || (operand && !stores));
            }
            _ => {}
        }
        before = word.to_ascii_lowercase();
        match before.as_str() {
            "set" => stores = true,
            "where" | "on" | "having" | "select" | "when" => stores = false,
            _ => {}
        }
    }
    found
}

/// Return the length of a quoted part; a doubled quote starts another part, and a backslash may
/// escape the next character.
fn quoted(text: &str, quote: char, backslash: bool) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' && backslash && quote != '`' {
            escaped = true;
        } else if letter == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn what_is_compared() {
        for (sql, expected) in [
            ("SELECT * FROM t WHERE id IN (?)", vec![true]),
            (
                "SELECT * FROM t WHERE id not in ( ?, /* ? */ ? )",
                vec![true, true],
            ),
            ("SELECT * FROM t WHERE a = ? AND b <> ?", vec![true, true]),
            (
                "SELECT * FROM t WHERE id IN (SELECT value FROM json_each(?))",
                vec![false],
            ),
            ("INSERT INTO t (a, b) VALUES (?, ?)", vec![false, false]),
            ("UPDATE t SET a = ? WHERE id = ?", vec![false, true]),
            ("SELECT '?', \"?\", `?` -- ?\n, json(?)", vec![false]),
            ("SELECT 'it''s ?' = ?", vec![true]),
        ] {
            assert_eq!(placeholders(sql, true), expected, "{sql}");
        }
    }
}
