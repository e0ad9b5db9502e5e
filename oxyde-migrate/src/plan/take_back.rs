//! Plans the reversal of a migration whose forward run is unfinished.

use oxyde_sql::ddl::Step as Ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;

use super::{PlanError, PlannedMigration, backwards, forwards, resume};
use crate::file::Migration;
use crate::ledger::Record;
use crate::operation::Lowered;

/// The forward run that is taken back. The ledger keeps it as a forward run with fewer and fewer
/// completed steps, so that after an interruption both directions are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakingBack {
    /// The forward run.
    pub up: Box<PlannedMigration>,
    /// For each operation, in the order of the reversal: its first forward step, and the one after its
    /// last.
    spans: Vec<(usize, usize)>,
}

impl TakingBack {
    /// Return the completed forward steps after `done` steps of the reversal, and whether some of the
    /// next forward step may be complete, too.
    #[must_use]
    pub fn position(&self, item: &PlannedMigration, done: usize, begun: bool) -> (usize, bool) {
        let Some(next) = item.steps.get(done) else {
            return (0, false);
        };
        let at = next.operation;
        let is_inside = done > 0 && item.steps[done - 1].operation == at;
        let (from, to) = self.spans.get(at).copied().unwrap_or_default();
        if begun || is_inside || (item.begun && at == 0) {
            (from, true)
        } else {
            (to, false)
        }
    }
}

/// Plan to reverse the operations of an unfinished forward run that changed something, from the state
/// before the migration.
pub(super) fn take_back(
    migration: &Migration,
    before: &Schema,
    record: &Record,
    style: &DdlStyle,
) -> Result<PlannedMigration, PlanError> {
    let mut up = forwards(migration, &mut before.clone(), style)?;
    resume(&mut up, Some(record))?;
    let changes = |lowered: &Lowered| !matches!(lowered, Lowered::Ddl(Ddl::CheckValues(_)));
    let begun = up.steps.get(up.done).filter(|_| up.begun);
    let done = up.steps[..up.done].iter().chain(begun);
    let count = done
        .filter(|step| changes(&step.lowered))
        .map(|step| step.through + 1)
        .max()
        .unwrap_or(0);
    let part = Migration {
        operations: migration.operations[..count].to_vec(),
        ..migration.clone()
    };
    let mut item = backwards(&part, before, style)?;
    // The last operation may be complete only in part: what is not there need not be reversed.
    let rest = up.steps.get(up.done);
    item.begun = rest.is_some_and(|step| step.operation < count);
    let spans = (0..count).rev().map(|operation| {
        let of = |step: &super::Step| step.operation == operation;
        let from = up.steps.iter().position(of).unwrap_or(0);
        let to = up.steps.iter().rposition(of).map_or(0, |at| at + 1);
        (from, to)
    });
    item.taking_back = Some(TakingBack {
        spans: spans.collect(),
        up: Box::new(up.clone()),
    });
    Ok(item)
}
