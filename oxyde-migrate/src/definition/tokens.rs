//! Splits SQL into tokens.

/// Split SQL into words, quoted names, string literals and symbols, without whitespace and
/// comments. MySQL's comments with code (`/*!80023 … */`) count as code.
pub(crate) fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            c if c.is_whitespace() => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
            '-' if rest.starts_with("--") => {
                rest = rest.split_once('\n').map_or("", |(_, after)| after);
                continue;
            }
            '/' if rest.starts_with("/*!") => {
                rest = rest[3..].trim_start_matches(|c: char| c.is_ascii_digit());
                continue;
            }
            '*' if rest.starts_with("*/") => {
                rest = &rest[2..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = rest.split_once("*/").map_or("", |(_, after)| after);
                continue;
            }
            '[' => rest.find(']').map_or(rest.len(), |at| at + 1),
            quote @ ('"' | '`' | '\'') => quoted(rest, quote),
            c if c.is_alphanumeric() || c == '_' => rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$' && c != '.')
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

/// The length of the quoted text at the start; a doubled quote does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote {
            if characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

/// Return a name without its quotes.
pub(crate) fn unquoted(name: &str) -> String {
    let inner = |open: char, close: char| {
        name.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .map(|inner| {
                let close = close.to_string();
                inner.replace(&close.repeat(2), &close)
            })
    };
    inner('"', '"')
        .or_else(|| inner('`', '`'))
        .or_else(|| inner('[', ']'))
        .or_else(|| inner('\'', '\''))
        .unwrap_or_else(|| name.to_owned())
}

pub(crate) fn is(token: &str, word: &str) -> bool {
    token.eq_ignore_ascii_case(word)
}

/// Return the position of the parenthesis that closes the one at `open`.
pub(crate) fn closing(tokens: &[&str], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "(" => depth += 1,
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

/// Join tokens by single spaces where the text had whitespace or a comment between them.
pub(crate) fn joined(tokens: &[&str]) -> String {
    let mut text = String::new();
    let mut end: Option<*const u8> = None;
    for token in tokens {
        if end.is_some_and(|end| end != token.as_ptr()) {
            text.push(' ');
        }
        text.push_str(token);
        end = Some(token.as_bytes().as_ptr_range().end);
    }
    text
}
