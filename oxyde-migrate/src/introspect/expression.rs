//! The structure of an SQL expression, without redundant parentheses.

use crate::definition::tokens::{is, tokens, unquoted};

/// Whether two expressions differ in their structure, although their words are the same: one has
/// parentheses in other places. Expressions that cannot be read do not differ.
pub(super) fn differ_in_structure(a: &str, b: &str) -> bool {
    match (structure(a), structure(b)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    }
}

/// Return the expression with parentheses around each part and nowhere else; `None` if it has
/// syntax that this module does not know.
fn structure(sql: &str) -> Option<String> {
    // Only some databases escape by a backslash.
    if sql.contains('\\') {
        return None;
    }
    let mut parser = Parser {
        tokens: operators(sql),
        at: 0,
        depth: 0,
    };
    let expression = parser.expression(0)?;
    (parser.at == parser.tokens.len()).then_some(expression)
}

/// Split an expression into tokens, with operators of several characters as one.
fn operators(sql: &str) -> Vec<String> {
    let sql = sql.replace("_utf8mb4", " ").replace("_utf8mb3", " ");
    let mut found: Vec<String> = Vec::new();
    for token in tokens(&sql) {
        let joined = found.last().map(|last| format!("{last}{token}"));
        match joined {
            Some(joined)
                if [
                    "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", "::", "->", "->>", "<=>",
                ]
                .contains(&joined.as_str()) =>
            {
                if let Some(last) = found.last_mut() {
                    *last = joined;
                }
            }
            _ => found.push(token.to_owned()),
        }
    }
    found
}

const MAX_DEPTH: usize = 64;

const NOT: u8 = 4;
const COMPARISON: u8 = 5;
const UNARY: u8 = 12;

struct Parser {
    tokens: Vec<String>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn is_next(&self, word: &str) -> bool {
        is(self.peek(), word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is_next(word);
        self.at += usize::from(found);
        found
    }

    fn expression(&mut self, least: u8) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut left = self.operand()?;
        while let Some((word, power)) = self.operator() {
            if power < least {
                break;
            }
            self.at += 1;
            left = self.right(&left, &word, power)?;
        }
        self.depth -= 1;
        Some(left)
    }

    /// The operator that comes next, and how tightly it binds.
    fn operator(&self) -> Option<(String, u8)> {
        let word = self.peek().to_ascii_lowercase();
        let power = match word.as_str() {
            "or" => 1,
            "xor" => 2,
            "and" | "&&" => 3,
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" | "<=>" | "is" | "in" | "like"
            | "ilike" | "regexp" | "rlike" | "glob" | "between" | "not" => COMPARISON,
            "|" => 6,
            "&" => 7,
            "<<" | ">>" => 8,
            "+" | "-" => 9,
            "*" | "/" | "%" | "div" | "mod" => 10,
            "collate" => 13,
            _ => return None,
        };
        Some((word, power))
    }

    fn right(&mut self, left: &str, word: &str, power: u8) -> Option<String> {
        match word {
            "or" | "and" | "&&" => {
                let word = if word == "&&" { "and" } else { word };
                let right = self.expression(power + 1)?;
                Some(chain(left, word, &right))
            }
            "is" => {
                let not = if self.take("not") { "not " } else { "" };
                let right = self.expression(power + 1)?;
                Some(format!("({left} is {not}{right})"))
            }
            "not" => {
                let word = self.peek().to_ascii_lowercase();
                self.at += 1;
                let positive = self.right(left, &word, power)?;
                Some(format!("(not {positive})"))
            }
            "between" => {
                let low = self.expression(power + 1)?;
                if !self.take("and") {
                    return None;
                }
                let high = self.expression(power + 1)?;
                Some(format!("({left} between {low} and {high})"))
            }
            "in" => {
                if !self.take("(") {
                    return None;
                }
                Some(format!("({left} in {})", self.list()?))
            }
            "like" | "ilike" | "regexp" | "rlike" | "glob" => {
                let right = self.expression(power + 1)?;
                if self.take("escape") {
                    let escape = self.expression(power + 1)?;
                    return Some(format!("({left} {word} {right} escape {escape})"));
                }
                Some(format!("({left} {word} {right})"))
            }
            "collate" => {
                let name = self.atom()?;
                Some(format!("({left} collate {name})"))
            }
            _ => {
                let word = if word == "!=" { "<>" } else { word };
                let right = self.expression(power + 1)?;
                Some(format!("({left} {word} {right})"))
            }
        }
    }

    fn operand(&mut self) -> Option<String> {
        let word = self.peek().to_ascii_lowercase();
        match word.as_str() {
            "not" => {
                self.at += 1;
                Some(format!("(not {})", self.expression(NOT)?))
            }
            "-" | "+" | "~" => {
                self.at += 1;
                Some(format!("({word} {})", self.expression(UNARY)?))
            }
            "(" => {
                self.at += 1;
                self.list()
            }
            "case" => self.case(),
            "select" | "exists" | "" => None,
            _ => self.atom(),
        }
    }

    /// The expressions up to the closing parenthesis; one alone has none.
    fn list(&mut self) -> Option<String> {
        if self.take(")") {
            return Some("()".to_owned());
        }
        let mut items = vec![self.expression(0)?];
        while self.take(",") {
            items.push(self.expression(0)?);
        }
        if !self.take(")") {
            return None;
        }
        match items.as_slice() {
            [one] => Some(one.clone()),
            _ => Some(format!("({})", items.join(", "))),
        }
    }

    fn case(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = "(case".to_owned();
        if !self.is_next("when") {
            text = format!("{text} {}", self.expression(0)?);
        }
        while self.take("when") {
            let condition = self.expression(0)?;
            if !self.take("then") {
                return None;
            }
            text = format!("{text} when {condition} then {}", self.expression(0)?);
        }
        if self.take("else") {
            text = format!("{text} else {}", self.expression(0)?);
        }
        self.take("end").then(|| format!("{text} end)"))
    }

    /// A literal, a name or a call.
    fn atom(&mut self) -> Option<String> {
        let token = self.peek().to_owned();
        let first = token.chars().next()?;
        self.at += 1;
        if first == '\'' {
            return Some(token);
        }
        if !(first.is_alphanumeric() || matches!(first, '_' | '"' | '`' | '[')) {
            return None;
        }
        let mut name = unquoted(&token).to_lowercase();
        while self.take(".") {
            let part = unquoted(self.peek()).to_lowercase();
            self.at += 1;
            name = format!("{name}.{part}");
        }
        if self.peek().starts_with('\'') {
            let literal = self.peek().to_owned();
            self.at += 1;
            return Some(format!("{name} {literal}"));
        }
        if self.take("(") {
            return Some(format!("{name}({})", self.list()?));
        }
        Some(name)
    }
}

/// AND and OR are associative.
fn chain(left: &str, word: &str, right: &str) -> String {
    let mut parts = parts_of(left, word);
    parts.extend(parts_of(right, word));
    format!("{{{word} {}}}", parts.join(" ; "))
}

/// The parts of a chain of the same word.
fn parts_of(text: &str, word: &str) -> Vec<String> {
    let inside = text
        .strip_prefix(&format!("{{{word} "))
        .and_then(|rest| rest.strip_suffix('}'));
    match inside {
        Some(inside) => vec![inside.to_owned()],
        None => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::{differ_in_structure, structure};

    #[test]
    fn redundant_parentheses_do_not_matter() {
        for (a, b) in [
            (
                "n > 0 and (u > 0 or n > 5)",
                "((`n` > 0) and ((`u` > 0) or (`n` > 5)))",
            ),
            ("a and b and c", "(a and (b and c))"),
            ("NOT a = 1", "(not((a = 1)))"),
            ("a + b * -1", "(a + (b * -(1)))"),
            (
                "a in (1, 2) or length(b) between 1 and 2",
                "((a in (1,2)) or (length(b) between 1 and 2))",
            ),
            (
                "a is not null and b like 'x)' ",
                "((a is not null) and (b like _utf8mb4'x)'))",
            ),
            (
                "case when a > 1 then 2 else 3 end > 0",
                "((case when (a > 1) then 2 else 3 end) > 0)",
            ),
            ("a != 1", "(\"a\" <> 1)"),
            ("a not in (1, 2)", "(a not in ((1), 2))"),
        ] {
            assert!(structure(a).is_some(), "{a}");
            assert_eq!(structure(a), structure(b), "{a} and {b}");
        }
    }

    #[test]
    fn moved_parentheses_matter() {
        for (a, b) in [
            ("n > 0 and (u > 0 or n > 5)", "(n > 0 and u > 0) or n > 5"),
            ("a - (b - c)", "a - b - c"),
            ("not (a and b)", "not a and b"),
            ("(a or b) and c", "a or b and c"),
            ("a * (b + c)", "a * b + c"),
        ] {
            assert!(differ_in_structure(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn what_cannot_be_read_does_not_differ() {
        for sql in [
            "a ->> 'x' = 'y'",
            "exists (select 1)",
            "a ~ 'x'",
            "",
            "(((",
            "a =",
            "- ",
        ] {
            assert_eq!(structure(sql), None, "{sql}");
            assert!(!differ_in_structure(sql, "a"));
        }
        let deep = "(".repeat(10_000);
        assert_eq!(structure(&deep), None);
    }

    #[test]
    fn a_structure_is_its_own() {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just("a".to_owned()),
            Just("1".to_owned()),
            Just("'x'".to_owned())
        ];
        let tree = leaf.prop_recursive(4, 24, 2, |inner| {
            let words = prop_oneof![
                Just("and"),
                Just("or"),
                Just("="),
                Just("<"),
                Just("+"),
                Just("*"),
                Just("-")
            ];
            (inner.clone(), words, inner).prop_map(|(a, word, b)| format!("({a} {word} {b})"))
        });
        proptest!(|(sql in tree)| {
            let one = structure(&sql);
            prop_assert!(one.is_some());
            prop_assert_eq!(&one, &structure(&format!("(({sql}))")));
        });
    }
}
