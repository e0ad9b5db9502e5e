//! The types of PostgreSQL's columns.

use oxyde_sql::types::ColumnType;

use crate::introspect::found::{Found, of_annotation, with_base};

/// Return the type of this name, as `format_type` prints it.
pub(super) fn column_type(name: &str) -> Found {
    if let Some(item) = name.strip_suffix("[]") {
        return array(name, column_type(item));
    }
    let (word, arguments) = words(name);
    let sized = !arguments.is_empty();
    let base = match word.as_str() {
        "real" => ColumnType::Double,
        "oid" | "xid" | "xid8" | "cid" => ColumnType::BigInt,
        "json" => {
            return with_base("pg_catalog.json".to_owned(), &ColumnType::Json);
        }
        "cidr" => ColumnType::Inet,
        "money" => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        word => match ColumnType::of_catalog(word, &arguments) {
            Some(ColumnType::Text) if word != "text" => {
                return Found {
                    ty: ColumnType::Text,
                    native: Some(name.to_owned()),
                };
            }
            Some(ty) => {
                let exact = !sized
                    || matches!(
                        ty,
                        ColumnType::Varchar { .. }
                            | ColumnType::Decimal { .. }
                            | ColumnType::Vector { .. }
                    );
                return Found {
                    ty,
                    native: (!exact || word.starts_with("interval ")).then(|| name.to_owned()),
                };
            }
            None if word.starts_with("interval ") => {
                return Found {
                    ty: ColumnType::Interval,
                    native: Some(name.to_owned()),
                };
            }
            None => ColumnType::Text,
        },
    };
    with_base(name.to_owned(), &base)
}

/// A list: portable if that of its annotation is.
fn array(name: &str, item: Found) -> Found {
    // A list in Python is one document of JSON.
    if matches!(item.ty.base(), ColumnType::Json | ColumnType::Array { .. }) {
        return with_base(name.to_owned(), &ColumnType::Text);
    }
    let ty = ColumnType::Array {
        item: Box::new(item.ty.clone()),
    };
    match (item.ty == of_annotation(&item.ty), item.native) {
        (true, None) => Found::of(ty),
        (true, Some(_)) => Found {
            ty,
            native: Some(name.to_owned()),
        },
        (false, _) => with_base(name.to_owned(), &ty),
    }
}

/// Split `character varying(20)` into its name in lower case, and its numbers.
fn words(name: &str) -> (String, Vec<u32>) {
    let Some((word, rest)) = name.split_once('(') else {
        return (name.to_ascii_lowercase(), Vec::new());
    };
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = inside
        .split(',')
        .filter_map(|part| part.trim().parse().ok());
    let word = format!("{}{after}", word.trim_end());
    (word.to_ascii_lowercase(), numbers.collect())
}
