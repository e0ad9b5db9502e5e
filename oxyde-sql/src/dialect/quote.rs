use super::Dialect;

/// Quote an identifier; a quote inside is doubled, so that no name can end
/// the quoting.
///
/// ```
/// use oxyde_sql::dialect::{Dialect, quote_identifier};
/// assert_eq!(quote_identifier("a\"b", Dialect::Postgres), "\"a\"\"b\"");
/// assert_eq!(quote_identifier("a`b", Dialect::Mysql), "`a``b`");
/// ```
#[must_use]
pub fn quote_identifier(name: &str, dialect: Dialect) -> String {
    let quote = if dialect.is_mysql_family() { '`' } else { '"' };
    enclose(name, quote, &[])
}

/// Return the text as an SQL string literal. Only for constants of the shape (labels of an enum,
/// keys of a JSON path): user values are bound.
///
/// ```
/// use oxyde_sql::dialect::{Dialect, quote_text};
/// assert_eq!(quote_text("it's", Dialect::Sqlite), "'it''s'");
/// assert_eq!(quote_text("a\\b", Dialect::Mysql), r"'a\\b'");
/// ```
#[must_use]
pub fn quote_text(text: &str, dialect: Dialect) -> String {
    let also: &[char] = if dialect.is_mysql_family() {
        &['\\']
    } else {
        &[]
    };
    enclose(text, '\'', also)
}

fn enclose(text: &str, quote: char, doubled: &[char]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if c == quote || doubled.contains(&c) {
            out.push(c);
        }
        out.push(c);
    }
    out.push(quote);
    out
}
