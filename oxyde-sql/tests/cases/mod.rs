//! The cases by topic, over one small schema.

mod aggregates;
mod bulk_updates;
mod deletes;
mod errors;
mod expressions;
mod functions;
mod inserts;
mod lookups;
mod predicates;
mod schema;
mod searches;
mod selects;
mod updates;
mod upserts;
mod vectors;
mod windows;

use oxyde_sql::ir::Statement;

pub fn topics() -> Vec<(&'static str, Vec<(String, Statement)>)> {
    vec![
        ("lookups", lookups::cases()),
        ("predicates", predicates::cases()),
        ("expressions", expressions::cases()),
        ("functions", functions::cases()),
        ("searches", searches::cases()),
        ("aggregates", aggregates::cases()),
        ("windows", windows::cases()),
        ("vectors", vectors::cases()),
        ("selects", selects::cases()),
        ("inserts", inserts::cases()),
        ("upserts", upserts::cases()),
        ("updates", updates::cases()),
        ("deletes", deletes::cases()),
        ("bulk_updates", bulk_updates::cases()),
        ("errors", errors::cases()),
    ]
}
