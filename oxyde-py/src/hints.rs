//! Hints that name Python's own API; the crates' hints are for every language.

use oxyde_driver::DriverError;
use oxyde_sql::ddl::SchemaError;
use oxyde_sql::error::SqlError;

/// What to do about an error of the driver, if there is a known remedy.
pub(crate) fn of_driver(failed: &DriverError) -> Option<String> {
    let text = match failed {
        DriverError::ListValue { .. } => {
            "write a placeholder for each item: … in (?, ?); pass a JSON document as a string: \
             json.dumps(…)"
        }
        DriverError::FileGone { .. } => {
            "the next query opens the file that is there now, but creates none: db.init() does that"
        }
        DriverError::EndsTransaction { .. } | DriverError::TransactionEnded { .. } => {
            "to commit, leave the atomic() block; to roll back, raise an exception or call \
             set_rollback(); run statements that commit by themselves (on MySQL: DDL) outside"
        }
        DriverError::BulkRow { source, .. } => return of_driver(source),
        other => return other.hint(),
    };
    Some(text.to_owned())
}

/// What to do about a statement or schema that cannot be compiled.
pub(crate) fn of_sql(refused: &SqlError) -> String {
    let text = match refused {
        SqlError::Version { .. } => {
            "the Python package and its extension have different versions: reinstall oxyde"
        }
        SqlError::TooMany {
            what: "columns", ..
        } => "select fewer with only() or values(), or annotate in several queries",
        SqlError::TooMany {
            what: "joined tables",
            ..
        } => "join fewer relations: prefetch() loads them by queries of their own",
        SqlError::TooMany {
            what: "combined queries",
            ..
        } => {
            "combine fewer at a time, and then the results: a.union(b).union(c.union(d)); or use one \
             filter() with `|` or `in`"
        }
        SqlError::Schema(SchemaError::UnknownTable { .. }) => {
            "create the table first, or add its model to the list of models"
        }
        SqlError::Schema(SchemaError::StillReferred { owner, .. }) => {
            return format!("drop `{owner}` too: add its model to the list of models");
        }
        SqlError::Schema(SchemaError::FullText { .. }) => {
            "declare it over text columns: Index(\"title\", \"body\", method=\"fulltext\")"
        }
        SqlError::Schema(SchemaError::NotStored { .. }) => {
            "declare the field with db_stored=True, or compute it in queries: annotate(…)"
        }
        other => return other.hint(),
    };
    text.to_owned()
}
