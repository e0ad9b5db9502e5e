//! Functions of text.

use std::borrow::Cow;

use super::{Argument, Output, Result, range, wrong};

/// Maximum length of a function's result, in bytes.
const LONGEST: usize = 100_000_000;

fn one<'a>(arguments: &[Argument<'a>]) -> Result<&'a str> {
    match arguments {
        [a] => as_text(*a),
        _ => Err(wrong("expected a string")),
    }
}

fn as_text(argument: Argument<'_>) -> Result<&str> {
    argument.text()
}

pub(super) fn casefold(arguments: &[Argument<'_>]) -> Result<Output> {
    match arguments {
        // Numbers have no case.
        [Argument::Integer(int)] => Ok(Output::Text(int.to_string())),
        [Argument::Real(real)] => Ok(Output::Text(format!("{real:?}"))),
        _ => Ok(Output::Text(one(arguments)?.to_lowercase())),
    }
}

pub(super) fn upper(arguments: &[Argument<'_>]) -> Result<Output> {
    // Character by character, as servers do: "ß" has no single upper-case character.
    let letters = one(arguments)?.chars().map(|letter| {
        let mut upper = letter.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            _ => letter,
        }
    });
    Ok(Output::Text(letters.collect()))
}

pub(super) fn starts_with(arguments: &[Argument<'_>]) -> Result<Output> {
    both(arguments, |text, part| text.starts_with(part))
}

pub(super) fn ends_with(arguments: &[Argument<'_>]) -> Result<Output> {
    both(arguments, |text, part| text.ends_with(part))
}

/// Compare two texts; what is no text is like no other.
fn both(arguments: &[Argument<'_>], compare: fn(&str, &str) -> bool) -> Result<Output> {
    let [text, part] = arguments else {
        return Err(wrong("expected two strings"));
    };
    let written = |argument| match argument {
        Argument::Text(text) => Some(Cow::Borrowed(text)),
        Argument::Integer(int) => Some(Cow::Owned(int.to_string())),
        Argument::Real(real) => Some(Cow::Owned(format!("{real:?}"))),
        Argument::Other => None,
    };
    let (text, part) = (written(*text), written(*part));
    let found = text
        .zip(part)
        .is_some_and(|(text, part)| compare(&text, &part));
    Ok(found.into())
}

pub(super) fn reverse(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(Output::Text(one(arguments)?.chars().rev().collect()))
}

pub(super) fn repeat(arguments: &[Argument<'_>]) -> Result<Output> {
    let [text, count] = arguments else {
        return Err(wrong("expected a string and a number"));
    };
    let (text, count) = (text.text()?, usize::try_from(count.integer()?).unwrap_or(0));
    if text.len().saturating_mul(count) > LONGEST {
        return Err(range("the text is too long"));
    }
    Ok(Output::Text(text.repeat(count)))
}

/// Join the strings of a JSON array with a separator; NULL if there are none.
pub(super) fn join(arguments: &[Argument<'_>]) -> Result<Output> {
    let [list, separator] = arguments else {
        return Err(wrong("expected a list and a separator"));
    };
    let items: Vec<Option<String>> =
        serde_json::from_str(list.text()?).map_err(|_| wrong("expected a list of strings"))?;
    let texts: Vec<String> = items.into_iter().flatten().collect();
    if texts.is_empty() {
        return Ok(Output::Null);
    }
    Ok(Output::Text(texts.join(separator.text()?)))
}

pub(super) fn lpad(arguments: &[Argument<'_>]) -> Result<Output> {
    let (text, fill) = pad(arguments)?;
    Ok(Output::Text(fill + text.as_str()))
}

pub(super) fn rpad(arguments: &[Argument<'_>]) -> Result<Output> {
    let (text, fill) = pad(arguments)?;
    Ok(Output::Text(text + fill.as_str()))
}

/// Truncate the text to the length, or return the missing padding.
fn pad(arguments: &[Argument<'_>]) -> Result<(String, String)> {
    let [text, length, fill] = arguments else {
        return Err(wrong("expected a string, a length and a padding"));
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

    fn text(text: &str) -> Output {
        Output::Text(text.to_owned())
    }

    #[test]
    fn texts() {
        assert_eq!(
            casefold(&[Argument::Text("ÄÖ Straße")]),
            Ok(text("äö straße"))
        );
        let pad = |length| {
            [
                Argument::Text("é1"),
                Argument::Integer(length),
                Argument::Text("ab"),
            ]
        };
        let nul = |part| [Argument::Text("a\0bc"), Argument::Text(part)];
        for (part, starts, ends) in [
            ("", true, true),
            ("a", true, false),
            ("a\0b", true, false),
            ("a\0c", false, false),
            ("\0bc", false, true),
            ("a\0bc", true, true),
            ("xa\0bc", false, false),
        ] {
            assert_eq!(starts_with(&nul(part)), Ok(starts.into()), "{part:?}");
            assert_eq!(ends_with(&nul(part)), Ok(ends.into()), "{part:?}");
        }
        let number = [Argument::Integer(120), Argument::Text("12")];
        assert_eq!(starts_with(&number), Ok(true.into()));
        let bytes = [Argument::Other, Argument::Text("")];
        assert_eq!(starts_with(&bytes), Ok(false.into()));
        assert_eq!(lpad(&pad(5)), Ok(text("abaé1")));
        assert_eq!(rpad(&pad(5)), Ok(text("é1aba")));
        assert_eq!(rpad(&pad(1)), Ok(text("é")));
    }
}
