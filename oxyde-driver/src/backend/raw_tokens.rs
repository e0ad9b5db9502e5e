//! Splits raw SQL into words and symbols, without comments and the content of quotes.

/// A part of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword, a name without quotes, or a number.
    Word(&'a str),
    /// A string or a quoted name.
    Quoted,
    /// Any other character.
    Symbol(char),
    /// Text whose meaning depends on the server's version or session settings.
    Unclear,
}

impl Token<'_> {
    /// Whether it is this keyword, in any case.
    pub(super) fn is(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Whether it is one of these keywords, in any case.
    pub(super) fn is_any(self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }
}

/// The tokens of a statement. `mysql` selects the comments and quotes of MySQL and MariaDB.
pub(super) fn tokens(sql: &str, mysql: bool) -> Tokens<'_> {
    Tokens { rest: sql, mysql }
}

/// The iterator of [`tokens`].
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    mysql: bool,
}

impl<'a> Tokens<'a> {
    /// Return the text before `end`, and continue after it; all of the rest if there is no `end`.
    fn skip_to(&mut self, end: &str) -> (&'a str, bool) {
        if let Some((inside, rest)) = self.rest.split_once(end) {
            self.rest = rest;
            (inside, true)
        } else {
            (std::mem::take(&mut self.rest), false)
        }
    }

    /// Skip a comment after its `/*`. `false` if it may contain code, or has no end.
    fn block_comment(&mut self) -> bool {
        if self.mysql {
            let plain = !self.rest.starts_with('!') && !self.rest.starts_with("M!");
            return self.skip_to("*/").1 && plain;
        }
        let (inside, closed) = self.skip_to("*/");
        // PostgreSQL nests comments, SQLite does not.
        closed && !inside.contains("/*")
    }

    fn quoted(&mut self, quote: char) -> Token<'a> {
        let (inside, closed) = self.skip_to(quote.encode_utf8(&mut [0; 4]));
        // On MySQL a backslash may escape the quote that seems to end the string.
        if closed && !(self.mysql && inside.contains('\\')) {
            Token::Quoted
        } else {
            Token::Unclear
        }
    }

    /// `$tag$ … $tag$` of PostgreSQL, or the `$` of a placeholder.
    fn dollar(&mut self) -> Token<'a> {
        let end = self.rest.find(|letter| !is_word(letter) || letter == '$');
        let Some(end) = end.filter(|end| self.rest[*end..].starts_with('$')) else {
            return Token::Symbol('$');
        };
        if self
            .rest
            .starts_with(|letter: char| letter.is_ascii_digit())
        {
            return Token::Unclear;
        }
        let mark = format!("${}", &self.rest[..=end]);
        self.rest = &self.rest[end + 1..];
        if self.skip_to(&mark).1 {
            Token::Quoted
        } else {
            Token::Unclear
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            let text = self.rest;
            let first = text.chars().next()?;
            self.rest = &text[first.len_utf8()..];
            return Some(match first {
                '-' if self.rest.starts_with('-') => {
                    let after = self.rest[1..].chars().next();
                    if self.mysql && after.is_some_and(|letter| !letter.is_whitespace()) {
                        // Two minus signs.
                        return Some(Token::Symbol('-'));
                    }
                    self.skip_to("\n");
                    continue;
                }
                '#' if self.mysql => {
                    self.skip_to("\n");
                    continue;
                }
                '/' if self.rest.starts_with('*') => {
                    self.rest = &self.rest[1..];
                    if self.block_comment() {
                        continue;
                    }
                    Token::Unclear
                }
                '\'' | '"' | '`' => self.quoted(first),
                '$' if !self.mysql => self.dollar(),
                first if is_word(first) => {
                    let end = text.find(|letter| !is_word(letter)).unwrap_or(text.len());
                    self.rest = &text[end..];
                    // Backslashes are escapes in PostgreSQL's E'…'.
                    if self.rest.starts_with('\'') && text[..end].eq_ignore_ascii_case("e") {
                        Token::Unclear
                    } else {
                        Token::Word(&text[..end])
                    }
                }
                other => Token::Symbol(other),
            });
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$' || !letter.is_ascii()
}

/// Return the first word of a statement, after whitespace, comments and parentheses.
pub(crate) fn first_word(mut sql: &str) -> Option<&str> {
    loop {
        sql = sql.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
        if let Some(comment) = sql.strip_prefix("--") {
            sql = comment.split_once('\n')?.1;
        } else if let Some(comment) = sql.strip_prefix("/*") {
            sql = comment.split_once("*/")?.1;
        } else {
            let end = sql
                .find(|letter: char| !letter.is_ascii_alphabetic())
                .unwrap_or(sql.len());
            return Some(&sql[..end]).filter(|word| !word.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    fn text(sql: &str, mysql: bool) -> String {
        let parts: Vec<String> = tokens(sql, mysql)
            .map(|token| match token {
                Token::Word(word) => word.to_owned(),
                Token::Quoted => "Q".to_owned(),
                Token::Symbol(symbol) => symbol.to_string(),
                Token::Unclear => "UNCLEAR".to_owned(),
            })
            .collect();
        parts.join(" ")
    }

    #[test]
    fn comments_and_quotes_are_skipped() {
        for (sql, postgres, mysql) in [
            ("a /* b */ 'c''d' -- e\n\"f\"", "a Q Q Q", "a Q Q Q"),
            ("a $1 $$f()$$ $x$ g() $x$", "a $ 1 Q Q", ""),
            ("a /* b /* c */ d */ e", "a UNCLEAR d * / e", "a d * / e"),
            ("/*! a */ b", "b", "UNCLEAR b"),
            ("a --b\nc", "a c", "a - - b c"),
            ("a # b\nc", "a # b c", "a c"),
            (r"'a\' b", "Q b", "UNCLEAR b"),
            (r"E'a\' b", "UNCLEAR Q b", ""),
            ("ä.b(c", "ä . b ( c", "ä . b ( c"),
            ("'open", "UNCLEAR", "UNCLEAR"),
        ] {
            assert_eq!(text(sql, false), postgres, "{sql}");
            if !mysql.is_empty() {
                assert_eq!(text(sql, true), mysql, "{sql}");
            }
        }
    }
}
