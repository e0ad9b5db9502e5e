use super::{Lookup, Rendering, Takes, lookup};
use crate::dialect::Templates;
use crate::types::Families;

/// Full-text search for all words. MySQL and MariaDB need a FULLTEXT index over the column.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup {
    takes: Takes::Text,
    ..lookup(
        "search",
        Families::TEXT,
        Rendering::Template(
            Templates::of(
                "TO_TSVECTOR({0}) @@ PLAINTO_TSQUERY({1})",
                "",
                "MATCH ({0}) AGAINST ({1} IN NATURAL LANGUAGE MODE)",
            )
            .not_sqlite(),
        ),
    )
}];
