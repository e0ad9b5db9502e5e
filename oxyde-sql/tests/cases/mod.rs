//! The cases by topic, over one small schema.

mod aggregates;
mod built;
mod bulk_updates;
mod deletes;
mod errors;
mod expressions;
mod functions;
mod inserts;
mod lookups;
mod predicates;
mod ranges;
mod schema;
mod searches;
mod selects;
mod updates;
mod upserts;
mod vectors;
mod windows;

use oxyde_sql::ir::Statement;

/// A statement, and the name of its section in the golden file: written out, so that a search
/// finds it here and there.
pub type GoldenCase = (&'static str, Statement);

pub fn topics() -> Vec<(&'static str, Vec<GoldenCase>)> {
    vec![
        ("lookups", lookups::cases()),
        ("predicates", predicates::cases()),
        ("expressions", expressions::cases()),
        ("functions", functions::cases()),
        ("searches", searches::cases()),
        ("aggregates", aggregates::cases()),
        ("windows", windows::cases()),
        ("vectors", vectors::cases()),
        ("ranges", ranges::cases()),
        ("selects", selects::cases()),
        ("inserts", inserts::cases()),
        ("upserts", upserts::cases()),
        ("updates", updates::cases()),
        ("deletes", deletes::cases()),
        ("bulk_updates", bulk_updates::cases()),
        ("built", built::cases()),
        ("errors", errors::cases()),
    ]
}
