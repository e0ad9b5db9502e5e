//! The types of PostgreSQL's columns.

use oxyde_sql::types::ColumnType;

use crate::introspect::columns::words;
use crate::introspect::found::{Found, of_annotation, with_base};

/// Return the type of this name, as `format_type` prints it.
pub(super) fn column_type(name: &str) -> Found {
    if let Some(item) = name.strip_suffix("[]") {
        return array(name, column_type(item));
    }
    let native = |ty| Found {
        ty,
        native: Some(name.to_owned()),
    };
    let (word, arguments) = words(name);
    let base = match word.as_str() {
        "real" => ColumnType::Double,
        "oid" | "xid" | "xid8" | "cid" => ColumnType::BigInt,
        "json" => return with_base("pg_catalog.json".to_owned(), &ColumnType::Json),
        "cidr" => ColumnType::Inet,
        // A negative scale rounds before the point.
        "money" | "numeric" if word == "money" || name.contains('-') => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        word if word.starts_with("interval ") => return native(ColumnType::Interval),
        word => match ColumnType::of_catalog(word, &arguments) {
            Some(ColumnType::Text) if word != "text" => return native(ColumnType::Text),
            Some(
                ty @ (ColumnType::Varchar { .. }
                | ColumnType::Decimal { .. }
                | ColumnType::Vector { .. }),
            ) => return Found::of(ty),
            Some(ty) if arguments.is_empty() => return Found::of(ty),
            Some(ty) => return native(ty),
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
