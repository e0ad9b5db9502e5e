//! What a plan needs of a cluster.

use oxyde_sql::ddl::Step as Ddl;

use super::MigrateError;
use crate::operation::Lowered;
use crate::plan::{MigrationPlan, PlannedMigration};
use crate::session::Session;

/// Check before the first statement that the server can divide tables over nodes, if the plan does.
pub(super) async fn check(session: &Session, planned: &MigrationPlan) -> Result<(), MigrateError> {
    let Some(at) = planned
        .migrations
        .iter()
        .position(|item| item.distributes && item.done < item.steps.len())
    else {
        return Ok(());
    };
    if planned.migrations[..=at].iter().any(creates_extension) {
        return Ok(());
    }
    let sql = "SELECT extname::text FROM pg_extension WHERE extname = 'citus'";
    if session.scalar(sql).await?.is_some() {
        return Ok(());
    }
    Err(MigrateError::NoCluster {
        migration: planned.migrations[at].name.clone(),
    })
}

/// Whether the migration itself creates the extension.
fn creates_extension(item: &PlannedMigration) -> bool {
    item.steps.iter().any(|step| match &step.lowered {
        Lowered::Data(sql) | Lowered::Ddl(Ddl::Sql(sql) | Ddl::Alone(sql)) => {
            let sql = sql.to_ascii_lowercase();
            sql.contains("create extension") && sql.contains("citus")
        }
        _ => false,
    })
}
