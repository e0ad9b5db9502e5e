//! Introspects full-text indexes from the objects that implement them in each database.

use std::collections::BTreeMap;

use oxyde_driver::DriverError;
use oxyde_sql::ddl::words_column;
use oxyde_sql::schema::{Index, IndexPart, Schema, Table};

use super::{Cells, Queries};

fn index(name: String, columns: Vec<String>, config: Option<String>) -> Index {
    Index {
        name,
        parts: columns.into_iter().map(IndexPart::Column).collect(),
        unique: false,
        method: Some("fulltext".to_owned()),
        config,
        condition: None,
        include: vec![],
        opclass: None,
        options: BTreeMap::new(),
    }
}

/// The FTS5 tables that belong to a table of `SQLite`.
pub(super) async fn virtual_tables(
    queries: &dyn Queries,
    table: &mut Table,
    arguments: impl Fn(&str) -> Vec<String>,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' \
             AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%' ORDER BY name",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, sql) = (cells.text(), cells.text());
        let (mut columns, mut config, mut here) = (Vec::new(), None, false);
        for argument in arguments(&sql) {
            match argument.split_once('=') {
                Some((key, value)) if !argument.starts_with('"') => {
                    let value = unquoted(value, '\'');
                    match key {
                        "content" => here = value == table.name,
                        "tokenize" if value.starts_with("porter ") => {
                            config = Some("english".to_owned());
                        }
                        _ => {}
                    }
                }
                _ => columns.push(unquoted(&argument, '"')),
            }
        }
        if here {
            table.indexes.push(index(name, columns, config));
        }
    }
    Ok(())
}

fn unquoted(text: &str, quote: char) -> String {
    let text = text.trim();
    let inner = text
        .strip_prefix(quote)
        .and_then(|rest| rest.strip_suffix(quote));
    inner
        .unwrap_or(text)
        .replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// The generated columns of full-text indexes of `MySQL` and `MariaDB`.
pub(super) async fn words_columns(
    queries: &dyn Queries,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT table_name, column_name, generation_expression \
             FROM information_schema.columns WHERE table_schema = DATABASE() \
             AND extra LIKE '%STORED GENERATED%' AND extra LIKE '%INVISIBLE%'",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let (name, column, expression) = (cells.text(), cells.text(), cells.text());
        let Some(table) = schema.tables.iter_mut().find(|table| table.name == name) else {
            continue;
        };
        let whole = [IndexPart::Column(column.clone())];
        let owner = table
            .indexes
            .iter_mut()
            .find(|index| words_column(&index.name) == column && index.parts == whole);
        if let Some(owner) = owner {
            // Every second piece is inside quotes.
            let names = expression.split('`').skip(1).step_by(2);
            *owner = index(owner.name.clone(), names.map(str::to_owned).collect(), None);
            table.columns.retain(|each| each.name != column);
        }
    }
    Ok(())
}

/// The indexes over `to_tsvector` of `PostgreSQL`, if they have the form that we generate.
pub(super) fn vectors(table: &mut Table) {
    for each in &mut table.indexes {
        if each.method.as_deref() != Some("gin") || each.condition.is_some() || each.unique {
            continue;
        }
        if let [IndexPart::Expression(expression)] = each.parts.as_slice()
            && let Some((config, columns)) = vector(expression)
        {
            let config = Some(config).filter(|config| config != "simple");
            *each = index(each.name.clone(), columns, config);
        }
    }
}

/// `to_tsvector('english'::regconfig, (COALESCE(title, ''::text) || ' '::text) || …)`.
fn vector(expression: &str) -> Option<(String, Vec<String>)> {
    let (config, rest) = expression
        .strip_prefix("to_tsvector('")?
        .split_once("'::regconfig, ")?;
    let mut columns = Vec::new();
    for piece in rest.split("COALESCE(").skip(1) {
        let (name, after) = if let Some(quoted) = piece.strip_prefix('"') {
            let mut end = 0;
            loop {
                end += quoted[end..].find('"')?;
                if quoted[end + 1..].starts_with('"') {
                    end += 2;
                } else {
                    break;
                }
            }
            (quoted[..end].replace("\"\"", "\""), &quoted[end + 1..])
        } else {
            let end = piece.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            (piece[..end].to_owned(), &piece[end..])
        };
        after.strip_prefix(", ''::")?;
        columns.push(name);
    }
    let glue = rest.matches(" || ' '::text").count() + 1;
    (!columns.is_empty() && glue == columns.len()).then(|| (config.to_owned(), columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_only_where_it_is_of_columns() {
        let two = "to_tsvector('english'::regconfig, ((COALESCE(title, ''::character varying))::text \
                   || ' '::text) || COALESCE(\"Bo\"\"dy\", ''::text))";
        assert_eq!(
            vector(two),
            Some((
                "english".to_owned(),
                vec!["title".to_owned(), "Bo\"dy".to_owned()]
            ))
        );
        for other in [
            "to_tsvector('simple'::regconfig, title)",
            "to_tsvector('simple'::regconfig, COALESCE(lower(title), ''::text))",
            "to_tsvector('simple'::regconfig, COALESCE(a, ''::text) || COALESCE(b, ''::text))",
            "lower(title)",
        ] {
            assert_eq!(vector(other), None, "{other}");
        }
    }
}
