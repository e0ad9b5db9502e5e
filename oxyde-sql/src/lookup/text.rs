use super::{Call, Lookup, Rendering, Takes, lookup};
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::plan::Form;
use crate::query::{Context, Precedence, Sql, expr};
use crate::types::{Families, Family};

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

/// If the database's LIKE is case-sensitive and uses `\` as its escape, a param is a
/// pattern; SQLite's does neither, so the text is searched for instead, by functions that do not
/// end at a NUL character as SQLite's own `length` and `substr` do.
const LIKE: &str = "{0!} LIKE {1!}";
const CONTAINS_SQLITE: &str = "instr({0}, {1}) > 0";
const STARTS_SQLITE: &str = "oxyde_starts_with({0}, {1})";
const ENDS_SQLITE: &str = "oxyde_ends_with({0}, {1})";

const ICONTAINS_SQLITE: &str = "instr(oxyde_casefold({0}), oxyde_casefold({1})) > 0";
const ISTARTS_SQLITE: &str = "oxyde_starts_with(oxyde_casefold({0}), oxyde_casefold({1}))";
const IENDS_SQLITE: &str = "oxyde_ends_with(oxyde_casefold({0}), oxyde_casefold({1}))";
const ILIKE: &str = "{0!} ILIKE {1!}";
const LOWER_LIKE: &str = "LOWER({0}) LIKE LOWER({1})";

/// A prefix as a range in the order of code points, where LIKE does not do: SQLite's uses no index,
/// as it ignores case, and `MariaDB`'s range of an index ends before characters beyond U+FFFF and
/// misses their rows. A collation of the value leaves an index on the column usable.
const PREFIX: Templates =
    Templates::same("{0!} COLLATE BINARY >= {1!} AND {0!} COLLATE BINARY < {2!}")
        .not_postgres()
        .not_mysql_itself()
        .mariadb(
            "{0!} >= {1!} COLLATE utf8mb4_nopad_bin AND {0!} < {2!} COLLATE utf8mb4_nopad_bin",
        );

/// The range of a column's texts that begin with a param.
pub(super) fn prefix_range(cx: &mut Context<'_>, call: &Call<'_>) -> Result<Option<Sql>, SqlError> {
    let (
        Some(range),
        "startswith",
        Expr::Column { ty: column, .. },
        [
            Expr::Param {
                index,
                ty,
                list: false,
            },
        ],
    ) = (
        PREFIX.pick(cx.features.dialect),
        call.lookup.name,
        call.operand,
        call.arguments,
    )
    else {
        return Ok(None);
    };
    if column.family() != Family::Text || ty.family() != Family::Text || column.folds() {
        return Ok(None);
    }
    let parts = [
        expr(cx, call.operand)?,
        cx.placeholder(*index, ty, Form::Scalar),
        cx.placeholder(*index, ty, Form::Beyond),
    ];
    Ok(Some(cx.join.fill(range, &parts, Precedence::And)))
}

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
