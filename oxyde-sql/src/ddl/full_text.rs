//! Full-text indexes: the index method `fulltext`, in the form that each dialect searches with.

use super::SchemaError;
use crate::dialect::{
    DdlStyle, SEARCHED, SEARCHED_BETWEEN, SearchStyle, is_search_config, words_column,
};
use crate::schema::{Index, IndexPart, Table};

/// The method's name.
const METHOD: &str = "fulltext";

/// Case- and accent-insensitive, and available in every version of MySQL and MariaDB.
const WORDS_COLLATION: &str = "utf8mb4_unicode_520_ci";

/// Whether the index is a full-text index.
#[must_use]
pub fn is_full_text(index: &Index) -> bool {
    index
        .method
        .as_deref()
        .is_some_and(|method| method.eq_ignore_ascii_case(METHOD))
}

/// Return the columns of a full-text index.
///
/// # Errors
/// The index has other parts or options, or is of a kind that the dialect does not support.
fn columns<'a>(
    style: &DdlStyle,
    table: &'a Table,
    index: &'a Index,
) -> Result<Vec<&'a str>, SchemaError> {
    style.check_name("index", &index.name)?;
    let refuse = |what: String| SchemaError::FullText {
        index: index.name.clone(),
        table: table.name.clone(),
        what,
    };
    if index.unique || index.condition.is_some() || !index.include.is_empty() {
        return Err(refuse("cannot be unique, partial or covering".to_owned()));
    }
    if index.opclass.is_some() || !index.options.is_empty() {
        return Err(refuse("has no operator class and no options".to_owned()));
    }
    let config = index.config.as_deref().unwrap_or("simple");
    if !is_search_config(config) {
        return Err(refuse(format!(
            "does not support the configuration `{config}`"
        )));
    }
    let mut columns = Vec::with_capacity(index.parts.len());
    for part in &index.parts {
        match part {
            IndexPart::Column(name) => columns.push(name.as_str()),
            IndexPart::ColumnDesc(_) | IndexPart::Expression(_) => {
                return Err(refuse("accepts only columns".to_owned()));
            }
        }
    }
    if style.search == SearchStyle::VirtualTable {
        if rowid(style, table).is_none() {
            return Err(refuse(format!(
                "needs an integer primary key on {}, which may renumber rows without one",
                style.name
            )));
        }
        let taken = |name: &&str| {
            ["rank", "rowid", &index.name]
                .iter()
                .any(|word| name.eq_ignore_ascii_case(word))
        };
        if let Some(name) = columns.iter().find(|name| taken(name)) {
            return Err(refuse(format!(
                "cannot have a column `{name}` on {}",
                style.name
            )));
        }
    }
    Ok(columns)
}

/// Return the column that is SQLite's rowid.
fn rowid<'a>(style: &DdlStyle, table: &'a Table) -> Option<&'a str> {
    let [key] = table.primary_key.as_slice() else {
        return None;
    };
    let column = table.columns.iter().find(|column| column.name == *key)?;
    let storage = column.ty.storage(style.dialect, true);
    storage.eq_ignore_ascii_case("INTEGER").then_some(key)
}

/// Return the statements that create the index.
pub(super) fn create(
    style: &DdlStyle,
    table: &Table,
    index: &Index,
    concurrently: &str,
) -> Result<Vec<String>, SchemaError> {
    let columns = columns(style, table, index)?;
    let owner = style.qualified(table.schema.as_deref(), &table.name);
    Ok(match style.search {
        SearchStyle::Vector => {
            let texts: Vec<String> = columns
                .iter()
                .map(|column| SEARCHED.replace("{0}", &style.quoted(column)))
                .collect();
            vec![format!(
                "CREATE INDEX {concurrently}{} ON {owner} USING gin (to_tsvector({}, {}))",
                style.quoted(&index.name),
                style.literal(index.config.as_deref().unwrap_or("simple")),
                texts.join(SEARCHED_BETWEEN)
            )]
        }
        SearchStyle::WordsColumn => {
            let lines = lines(style, table, index)?;
            vec![format!("ALTER TABLE {owner} ADD {}", lines.join(", ADD "))]
        }
        SearchStyle::VirtualTable => virtual_table(style, table, index, &columns),
    })
}

/// Return the lines of `CREATE TABLE` that create the index, if indexes belong to their table.
pub(super) fn lines(
    style: &DdlStyle,
    table: &Table,
    index: &Index,
) -> Result<Vec<String>, SchemaError> {
    let columns: Vec<String> = columns(style, table, index)?
        .into_iter()
        .map(|column| style.quoted(column))
        .collect();
    let words = style.quoted(&words_column(&index.name));
    Ok(vec![
        format!(
            "{words} LONGTEXT CHARACTER SET utf8mb4 COLLATE {WORDS_COLLATION} \
             GENERATED ALWAYS AS (concat_ws(' ', {})) STORED INVISIBLE",
            columns.join(", ")
        ),
        format!("FULLTEXT INDEX {} ({words})", style.quoted(&index.name)),
    ])
}

/// Return the statements that drop the index.
pub(super) fn drop(
    style: &DdlStyle,
    table: &Table,
    index: &str,
    concurrently: &str,
) -> Vec<String> {
    match style.search {
        SearchStyle::Vector => vec![format!(
            "DROP INDEX {concurrently}{}",
            style.qualified(table.schema.as_deref(), index)
        )],
        SearchStyle::WordsColumn => vec![format!(
            "ALTER TABLE {} DROP COLUMN {}",
            style.qualified(table.schema.as_deref(), &table.name),
            style.quoted(&words_column(index))
        )],
        SearchStyle::VirtualTable => {
            let mut statements: Vec<String> = triggers(index)
                .iter()
                .map(|trigger| format!("DROP TRIGGER IF EXISTS {}", style.quoted(trigger)))
                .collect();
            statements.push(drop_virtual_table(style, index));
            statements
        }
    }
}

pub(super) fn drop_virtual_table(style: &DdlStyle, index: &str) -> String {
    format!("DROP TABLE IF EXISTS {}", style.quoted(index))
}

/// Return the names of the triggers that maintain an FTS5 table.
pub(super) fn triggers(index: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| super::shorten(&format!("{index}_{event}")))
}

fn virtual_table(style: &DdlStyle, table: &Table, index: &Index, columns: &[&str]) -> Vec<String> {
    let key = rowid(style, table).unwrap_or("rowid");
    let (name, owner) = (style.quoted(&index.name), style.quoted(&table.name));
    let quoted: Vec<String> = columns.iter().map(|column| style.quoted(column)).collect();
    let list = quoted.join(", ");
    let row = |which: &str| {
        let values: Vec<String> = quoted
            .iter()
            .map(|column| format!("{which}.{column}"))
            .collect();
        format!("{which}.{}, {}", style.quoted(key), values.join(", "))
    };
    // English words are stemmed; SQLite has no stemmer for other languages.
    let tokenizer = if index.config.as_deref() == Some("english") {
        "porter unicode61 remove_diacritics 2"
    } else {
        "unicode61 remove_diacritics 2"
    };
    let put = format!("INSERT INTO {name} (rowid, {list}) VALUES ({})", row("new"));
    let take = format!(
        "INSERT INTO {name} ({name}, rowid, {list}) VALUES ('delete', {})",
        row("old")
    );
    let [inserted, updated, deleted] = triggers(&index.name).map(|trigger| style.quoted(&trigger));
    vec![
        format!(
            "CREATE VIRTUAL TABLE {name} USING fts5({list}, content={}, content_rowid={}, \
             tokenize='{tokenizer}')",
            style.literal(&table.name),
            style.literal(key)
        ),
        format!("CREATE TRIGGER {inserted} AFTER INSERT ON {owner} BEGIN {put}; END"),
        format!(
            "CREATE TRIGGER {updated} AFTER UPDATE OF {}, {list} ON {owner} \
             BEGIN {take}; {put}; END",
            style.quoted(key)
        ),
        format!("CREATE TRIGGER {deleted} AFTER DELETE ON {owner} BEGIN {take}; END"),
        format!("INSERT INTO {name} ({name}) VALUES ('rebuild')"),
    ]
}
