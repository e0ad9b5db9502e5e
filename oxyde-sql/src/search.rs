//! Full-text search: parses the text of a search and translates it for each database.

use serde::{Deserialize, Serialize};

/// The form of a search's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchForm {
    /// All words, in any order.
    Plain,
    /// At least one of the words.
    Any,
    /// The words as a phrase.
    Phrase,
    /// Web search syntax: all words, `"a phrase"`, `or`, `-without`.
    Websearch,
    /// The database's own syntax: `to_tsquery`, FTS5, boolean mode.
    Raw,
}

/// The syntax that the text is translated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchSyntax {
    /// PostgreSQL's `websearch_to_tsquery`.
    Websearch,
    /// SQLite's FTS5.
    Fts5,
    /// The boolean mode of MySQL and MariaDB.
    Boolean,
    /// Their natural language mode, whose parser interprets symbols too.
    Natural,
}

/// Words that `InnoDB` does not index: requiring one would find nothing. The list is from
/// `INFORMATION_SCHEMA.INNODB_FT_DEFAULT_STOPWORD`.
const STOP_WORDS: [&str; 36] = [
    "a", "about", "an", "are", "as", "at", "be", "by", "com", "de", "en", "for", "from", "how",
    "i", "in", "is", "it", "la", "of", "on", "or", "that", "the", "this", "to", "was", "what",
    "when", "where", "who", "will", "with", "und", "the", "www",
];

/// The default of `innodb_ft_min_token_size`.
const SHORTEST: usize = 3;

struct Term {
    text: String,
    without: bool,
}

/// Translate the text of a search to the syntax of a database; any text is valid.
///
/// ```
/// use oxyde_sql::search::{SearchForm, SearchSyntax, search_text};
/// let text = search_text(r#"cat "on the mat" -dog"#, SearchForm::Websearch, SearchSyntax::Fts5);
/// assert_eq!(text.as_deref(), Ok(r#""cat" AND "on the mat" NOT "dog""#));
/// let text = search_text("the cat", SearchForm::Plain, SearchSyntax::Boolean);
/// assert_eq!(text.as_deref(), Ok(r#""the" +"cat""#));
/// ```
///
/// # Errors
/// The text only excludes words, which an index cannot find; the error is the hint.
pub fn search_text(
    text: &str,
    form: SearchForm,
    syntax: SearchSyntax,
) -> Result<String, &'static str> {
    if form == SearchForm::Raw {
        return Ok(text.to_owned());
    }
    if syntax == SearchSyntax::Natural {
        let bare = |c: char| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                ' '
            }
        };
        return Ok(text.chars().map(bare).collect());
    }
    let groups: Vec<Vec<Term>> = match form {
        SearchForm::Plain => vec![words(text)],
        SearchForm::Any => words(text).into_iter().map(|word| vec![word]).collect(),
        SearchForm::Phrase => vec![term(text, false).into_iter().collect()],
        SearchForm::Websearch | SearchForm::Raw => alternatives(text),
    };
    let groups: Vec<Vec<Term>> = groups.into_iter().filter(|g| !g.is_empty()).collect();
    if syntax != SearchSyntax::Websearch
        && groups
            .iter()
            .any(|group| group.iter().all(|term| term.without))
    {
        return Err("name a word that is to be there beside those that are not");
    }
    let alone = groups.len() == 1;
    let written: Vec<String> = groups
        .iter()
        .map(|group| match syntax {
            SearchSyntax::Fts5 => fts5(group, alone),
            SearchSyntax::Boolean => boolean(group, alone),
            SearchSyntax::Websearch | SearchSyntax::Natural => quoted(&group[0]),
        })
        .collect();
    Ok(match (syntax, written.is_empty()) {
        // Without a word, the search finds nothing.
        (SearchSyntax::Fts5, true) => "\"\"".to_owned(),
        (SearchSyntax::Fts5, false) => written.join(" OR "),
        (SearchSyntax::Boolean | SearchSyntax::Natural, _) => written.join(" "),
        (SearchSyntax::Websearch, _) => written.join(" or "),
    })
}

fn term(text: &str, without: bool) -> Option<Term> {
    let text: String = text
        .chars()
        .map(|c| if c == '"' || c == '\0' { ' ' } else { c })
        .collect();
    let text = text.trim();
    text.chars().any(char::is_alphanumeric).then(|| Term {
        text: text.to_owned(),
        without,
    })
}

fn words(text: &str) -> Vec<Term> {
    text.split(|c: char| c.is_whitespace() || c == '"')
        .filter_map(|word| term(word, false))
        .collect()
}

/// Split at `or` into groups of required and excluded words and phrases.
fn alternatives(text: &str) -> Vec<Vec<Term>> {
    let mut groups = vec![Vec::new()];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (without, body) = match rest.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (piece, quoted, after) = if let Some(inside) = body.strip_prefix('"') {
            let (phrase, after) = inside.split_once('"').unwrap_or((inside, ""));
            (phrase, true, after)
        } else {
            let end = body
                .find(|c: char| c.is_whitespace() || c == '"')
                .unwrap_or(body.len());
            (&body[..end], false, &body[end..])
        };
        if !quoted && !without && piece.eq_ignore_ascii_case("or") {
            groups.push(Vec::new());
        } else if let (Some(term), Some(group)) = (term(piece, without), groups.last_mut()) {
            group.push(term);
        }
        rest = after.trim_start();
    }
    groups
}

fn quoted(term: &Term) -> String {
    format!("\"{}\"", term.text)
}

fn fts5(group: &[Term], alone: bool) -> String {
    let there: Vec<String> = group
        .iter()
        .filter(|term| !term.without)
        .map(quoted)
        .collect();
    let mut text = there.join(" AND ");
    for term in group.iter().filter(|term| term.without) {
        text.push_str(" NOT ");
        text.push_str(&quoted(term));
    }
    if alone { text } else { format!("({text})") }
}

fn boolean(group: &[Term], alone: bool) -> String {
    let written: Vec<String> = group
        .iter()
        .map(|term| {
            let sign = match (term.without, is_indexed(&term.text)) {
                (true, _) => "-",
                (false, true) => "+",
                (false, false) => "",
            };
            format!("{sign}{}", quoted(term))
        })
        .collect();
    let text = written.join(" ");
    if alone { text } else { format!("({text})") }
}

/// Whether a part of the text is long enough, and no stop word, so that `InnoDB` indexes it.
fn is_indexed(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| {
            word.chars().count() >= SHORTEST
                && !STOP_WORDS
                    .iter()
                    .any(|stop| stop.eq_ignore_ascii_case(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, form: SearchForm) -> [String; 2] {
        [SearchSyntax::Fts5, SearchSyntax::Boolean]
            .map(|syntax| search_text(text, form, syntax).unwrap_or_else(str::to_owned))
    }

    #[test]
    fn no_text_leaves_its_quotes() {
        for text in [
            r#"a" OR "b"#,
            r#""""#,
            "NOT",
            "*",
            "x* +y (z",
            "\0",
            "-",
            "\"",
            "a:b ^c",
        ] {
            for form in [SearchForm::Plain, SearchForm::Phrase, SearchForm::Any] {
                for written in written(text, form) {
                    assert_eq!(written.matches('"').count() % 2, 0, "{text} {written}");
                    let outside: Vec<&str> = written.split('"').step_by(2).collect();
                    let outside = outside.concat();
                    let free = outside.replace("AND", "").replace("OR", "");
                    assert!(
                        free.chars().all(|c| matches!(c, ' ' | '+' | '(' | ')')),
                        "{text}: {written}"
                    );
                }
            }
        }
    }

    #[test]
    fn natural_language_has_no_signs() {
        let text = search_text("\"cat* +dog", SearchForm::Any, SearchSyntax::Natural);
        assert_eq!(text.as_deref(), Ok(" cat   dog"));
    }

    #[test]
    fn alternatives_and_exclusions() {
        assert_eq!(
            written("cat -\"big dog\" OR bird", SearchForm::Websearch),
            [
                r#"("cat" NOT "big dog") OR ("bird")"#,
                r#"(+"cat" -"big dog") (+"bird")"#
            ]
        );
        assert!(search_text("-cat", SearchForm::Websearch, SearchSyntax::Fts5).is_err());
        assert_eq!(
            search_text("cat \"dog", SearchForm::Any, SearchSyntax::Websearch).as_deref(),
            Ok("\"cat\" or \"dog\"")
        );
        assert_eq!(written(" & ", SearchForm::Plain), ["\"\"", ""]);
    }
}
