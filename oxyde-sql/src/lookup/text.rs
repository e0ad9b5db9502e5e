use super::{Lookup, Rendering, Takes, lookup};
use crate::dialect::Templates;
use crate::plan::Form;
use crate::types::Families;

const fn pattern(name: &'static str, form: Form, param: Templates, other: Templates) -> Lookup {
    Lookup {
        takes: Takes::Text,
        ..lookup(
            name,
            Families::TEXTUAL,
            Rendering::Pattern { form, param, other },
        )
    }
}

const fn text(name: &'static str, templates: Templates) -> Lookup {
    pattern(name, Form::Scalar, templates, templates)
}

/// Where the database's own LIKE minds the case and takes `\` as its escape, a param is a
/// pattern; SQLite's does neither, so the text is searched for.
const LIKE: &str = "{0!} LIKE {1!}";
const CONTAINS_SQLITE: &str = "instr({0}, {1}) > 0";
const STARTS_SQLITE: &str = "substr({0}, 1, length({1})) = {1!}";
const ENDS_SQLITE: &str = "substr({0}, length({0}) - length({1}) + 1) = {1!}";

const ICONTAINS_SQLITE: &str = "instr(oxyde_casefold({0}), oxyde_casefold({1})) > 0";
const ISTARTS_SQLITE: &str =
    "substr(oxyde_casefold({0}), 1, length(oxyde_casefold({1}))) = oxyde_casefold({1})";
const IENDS_SQLITE: &str = "substr(oxyde_casefold({0}), length(oxyde_casefold({0})) - length(oxyde_casefold({1})) + 1) = oxyde_casefold({1})";
const ILIKE: &str = "{0!} ILIKE {1!}";
const LOWER_LIKE: &str = "LOWER({0}) LIKE LOWER({1})";

pub(super) const LOOKUPS: &[Lookup] = &[
    text(
        "iexact",
        Templates::of(
            "LOWER({0}) = LOWER({1})",
            "oxyde_casefold({0}) = oxyde_casefold({1})",
            "LOWER({0}) = LOWER({1})",
        ),
    ),
    pattern(
        "contains",
        Form::Contains,
        Templates::of(LIKE, CONTAINS_SQLITE, LIKE),
        Templates::of(
            "STRPOS({0}, {1}) > 0",
            CONTAINS_SQLITE,
            "LOCATE({1}, {0}) > 0",
        ),
    ),
    pattern(
        "icontains",
        Form::Contains,
        Templates::of(ILIKE, ICONTAINS_SQLITE, LOWER_LIKE),
        Templates::of(
            "STRPOS(LOWER({0}), LOWER({1})) > 0",
            ICONTAINS_SQLITE,
            "LOCATE(LOWER({1}), LOWER({0})) > 0",
        ),
    ),
    pattern(
        "startswith",
        Form::StartsWith,
        Templates::of(LIKE, STARTS_SQLITE, LIKE),
        Templates::of(
            "STARTS_WITH({0}, {1})",
            STARTS_SQLITE,
            "LEFT({0}, CHAR_LENGTH({1})) = {1!}",
        ),
    ),
    pattern(
        "istartswith",
        Form::StartsWith,
        Templates::of(ILIKE, ISTARTS_SQLITE, LOWER_LIKE),
        Templates::of(
            "STARTS_WITH(LOWER({0}), LOWER({1}))",
            ISTARTS_SQLITE,
            "LEFT(LOWER({0}), CHAR_LENGTH({1})) = LOWER({1})",
        ),
    ),
    pattern(
        "endswith",
        Form::EndsWith,
        Templates::of(LIKE, ENDS_SQLITE, LIKE),
        Templates::of(
            "RIGHT({0}, LENGTH({1})) = {1!}",
            ENDS_SQLITE,
            "RIGHT({0}, CHAR_LENGTH({1})) = {1!}",
        ),
    ),
    pattern(
        "iendswith",
        Form::EndsWith,
        Templates::of(ILIKE, IENDS_SQLITE, LOWER_LIKE),
        Templates::of(
            "RIGHT(LOWER({0}), LENGTH({1})) = LOWER({1})",
            IENDS_SQLITE,
            "RIGHT(LOWER({0}), CHAR_LENGTH({1})) = LOWER({1})",
        ),
    ),
    text(
        "regex",
        Templates::of(
            "{0!} ~ {1!}",
            "{0!} REGEXP {1!}",
            "REGEXP_LIKE({0}, {1}, 'c')",
        )
        .mariadb("{0!} REGEXP {1!}"),
    ),
    text(
        "iregex",
        Templates::of(
            "{0!} ~* {1!}",
            "oxyde_iregexp({1}, {0})",
            "REGEXP_LIKE({0}, {1}, 'i')",
        )
        .mariadb("{0!} COLLATE utf8mb4_general_ci REGEXP {1!}"),
    ),
];
