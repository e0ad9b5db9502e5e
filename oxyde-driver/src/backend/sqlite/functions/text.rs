//! Functions of text.

use std::cell::RefCell;
use std::collections::HashMap;

use md5::{Digest as _, Md5};
use regex::{Regex, RegexBuilder};

use super::{Answer, Argument, Result, range, wrong};

/// Compiled patterns kept per thread.
const PATTERNS: usize = 64;
/// Longest text that a function makes, in bytes.
const LONGEST: usize = 100_000_000;

thread_local! {
    static KNOWN: RefCell<HashMap<(bool, String), Regex>> = RefCell::new(HashMap::new());
}

fn one<'a>(arguments: &[Argument<'a>]) -> Result<&'a str> {
    match arguments {
        [a] => as_text(*a),
        _ => Err(wrong("expected a text")),
    }
}

fn as_text(argument: Argument<'_>) -> Result<&str> {
    argument.text()
}

pub(super) fn casefold(arguments: &[Argument<'_>]) -> Result<Answer> {
    match arguments {
        // A number has no case.
        [Argument::Integer(int)] => Ok(Answer::Text(int.to_string())),
        [Argument::Real(real)] => Ok(Answer::Text(format!("{real:?}"))),
        _ => Ok(Answer::Text(one(arguments)?.to_lowercase())),
    }
}

pub(super) fn upper(arguments: &[Argument<'_>]) -> Result<Answer> {
    Ok(Answer::Text(one(arguments)?.to_uppercase()))
}

pub(super) fn regexp(arguments: &[Argument<'_>]) -> Result<Answer> {
    matches(arguments, false)
}

pub(super) fn iregexp(arguments: &[Argument<'_>]) -> Result<Answer> {
    matches(arguments, true)
}

fn matches(arguments: &[Argument<'_>], any_case: bool) -> Result<Answer> {
    let [pattern, text] = arguments else {
        return Err(wrong("expected a pattern and a text"));
    };
    let pattern = pattern.text()?;
    let number;
    let text = match text {
        Argument::Integer(int) => {
            number = int.to_string();
            &number
        }
        other => other.text()?,
    };
    KNOWN.with_borrow_mut(|known| {
        let key = (any_case, pattern.to_owned());
        if let Some(regex) = known.get(&key) {
            return Ok(regex.is_match(text).into());
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(any_case)
            .build()
            .map_err(|problem| wrong(format!("the regular expression is wrong: {problem}")))?;
        let found = regex.is_match(text);
        if known.len() >= PATTERNS {
            known.clear();
        }
        known.insert(key, regex);
        Ok(found.into())
    })
}

pub(super) fn md5(arguments: &[Argument<'_>]) -> Result<Answer> {
    use std::fmt::Write as _;
    let digest = Md5::digest(one(arguments)?.as_bytes());
    let mut text = String::with_capacity(32);
    for byte in digest {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Answer::Text(text))
}

pub(super) fn reverse(arguments: &[Argument<'_>]) -> Result<Answer> {
    Ok(Answer::Text(one(arguments)?.chars().rev().collect()))
}

pub(super) fn repeat(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [text, count] = arguments else {
        return Err(wrong("expected a text and a number"));
    };
    let (text, count) = (text.text()?, usize::try_from(count.integer()?).unwrap_or(0));
    if text.len().saturating_mul(count) > LONGEST {
        return Err(range("the text is too long"));
    }
    Ok(Answer::Text(text.repeat(count)))
}

pub(super) fn lpad(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (text, fill) = pad(arguments)?;
    Ok(Answer::Text(fill + text.as_str()))
}

pub(super) fn rpad(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (text, fill) = pad(arguments)?;
    Ok(Answer::Text(text + fill.as_str()))
}

/// The text, cut to the length, and what is missing to it.
fn pad(arguments: &[Argument<'_>]) -> Result<(String, String)> {
    let [text, length, fill] = arguments else {
        return Err(wrong("expected a text, a length and a fill"));
    };
    let length = usize::try_from(length.integer()?).unwrap_or(0);
    if length > LONGEST {
        return Err(range("the text is too long"));
    }
    let text: String = text.text()?.chars().take(length).collect();
    let missing = length - text.chars().count();
    let fill = fill.text()?;
    let fill = if fill.is_empty() {
        String::new()
    } else {
        fill.chars().cycle().take(missing).collect()
    };
    Ok((text, fill))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Answer {
        Answer::Text(text.to_owned())
    }

    #[test]
    fn texts() {
        assert_eq!(
            casefold(&[Argument::Text("ÄÖ Straße")]),
            Ok(text("äö straße"))
        );
        assert_eq!(
            md5(&[Argument::Text("")]),
            Ok(text("d41d8cd98f00b204e9800998ecf8427e"))
        );
        let pad = |length| {
            [
                Argument::Text("é1"),
                Argument::Integer(length),
                Argument::Text("ab"),
            ]
        };
        assert_eq!(lpad(&pad(5)), Ok(text("abaé1")));
        assert_eq!(rpad(&pad(5)), Ok(text("é1aba")));
        assert_eq!(rpad(&pad(1)), Ok(text("é")));
        assert_eq!(
            regexp(&[Argument::Text("^a.c$"), Argument::Text("abc")]),
            Ok(Answer::Integer(1))
        );
        assert!(regexp(&[Argument::Text("("), Argument::Text("abc")]).is_err());
    }
}
