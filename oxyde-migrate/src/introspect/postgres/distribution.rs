//! Tables that Citus divides over nodes.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Distribution, Schema};

use super::{Cells, FROM, Queries, SCHEMA, place};

const HAS_CITUS: &str = "SELECT extname::text FROM pg_extension WHERE extname = 'citus'";

/// Add how the rows of each table are divided. Not by the view `citus_tables`, which asks each node
/// for sizes.
pub(super) async fn introspect(
    queries: &dyn Queries,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    if queries.rows(HAS_CITUS).await?.is_empty() {
        return Ok(());
    }
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, \
             CASE WHEN d.partkey IS NULL THEN NULL \
             ELSE column_to_column_name(d.logicalrelid, d.partkey)::text END \
             {FROM} JOIN pg_dist_partition d ON d.logicalrelid = c.oid \
             WHERE d.partmethod = 'h' OR (d.partmethod = 'n' AND d.repmodel = 't')"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        if let Some(table) = place(schema, &mut cells) {
            let column = cells.optional();
            table.distribution = Some(column.map_or(Distribution::Reference, Distribution::By));
        }
    }
    Ok(())
}
