//! Escapes strings for Python source. All database content in a module passes through here.

use std::fmt::Write as _;

/// Return a string as a Python literal.
pub(super) fn text(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

/// Return a one-line comment.
pub(super) fn comment(value: &str) -> String {
    format!("# {}", escaped(value))
}

/// Escape everything that is not printable, ends a literal, or begins an escape.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                // Writing to a string cannot fail.
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out
}

/// Not a control character, line separator, invisible or bidirectional character.
fn is_printable(c: char) -> bool {
    c == '\'' || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::{comment, text};

    #[test]
    fn nothing_leaves_its_line() {
        let hostile = "a\r\nimport os\u{b}\u{c}\u{1c}\u{85}\u{2028}\u{2029}\u{202e}\0\"\"\"\\";
        for written in [text(hostile), comment(hostile)] {
            assert!(
                written.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
                "{written}"
            );
        }
    }

    #[test]
    fn letters_stay_as_they_are() {
        assert_eq!(text("Größe 'ж' 表 {x} € 🙂"), "\"Größe 'ж' 表 {x} € 🙂\"");
        assert_eq!(text("\\N{DIGIT ONE}"), "\"\\\\N{DIGIT ONE}\"");
    }
}
