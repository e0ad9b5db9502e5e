//! Comments, if they are separate statements.

use crate::dialect::{CommentStyle, DdlStyle};
use crate::schema::Table;

/// Return the comment of a table or of one of its columns; `None` if it is part of the definition.
#[must_use]
pub fn comment_sql(
    style: &DdlStyle,
    table: &Table,
    column: Option<&str>,
    comment: Option<&str>,
) -> Option<String> {
    if style.comments != CommentStyle::Statement {
        return None;
    }
    let owner = style.qualified(table.schema.as_deref(), &table.name);
    let text = comment.map_or_else(|| "NULL".to_owned(), |comment| style.literal(comment));
    Some(match column {
        Some(column) => format!(
            "COMMENT ON COLUMN {owner}.{} IS {text}",
            style.quoted(column)
        ),
        None => format!("COMMENT ON TABLE {owner} IS {text}"),
    })
}
