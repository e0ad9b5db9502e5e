//! Tables that others own: models with `managed = False`.

use std::collections::BTreeSet;

use oxyde_sql::ddl::points_at;
use oxyde_sql::schema::{Schema, Table};

use super::{DetectError, Detector};
use crate::operation::{RecordTable, ReleaseTable};
use crate::state;

impl Detector<'_> {
    /// Record what foreign keys refer to in tables of others, and that tables became theirs.
    pub(super) fn others(&mut self, models: &Schema) -> Result<(), DetectError> {
        for other in &self.knowledge.others {
            let name = state::label_of(other);
            let known = state::find(&self.state, other.schema.as_deref(), &other.name).ok();
            if known.is_some() && !self.knowledge.unmanaged.contains(&name) {
                self.push(ReleaseTable {
                    name: other.name.clone(),
                    schema: other.schema.clone(),
                })?;
                continue;
            }
            let needed = referred(models, other);
            let lacks =
                |column: &&String| known.is_none_or(|table| state::column(table, column).is_err());
            let theirs = known.is_none() || self.knowledge.recorded.contains(&name);
            if theirs && needed.iter().any(lacks) {
                let of_state: Vec<&String> =
                    known.map_or_else(Vec::new, |t| t.columns.iter().map(|c| &c.name).collect());
                let wanted: Vec<&String> = needed.iter().copied().chain(of_state).collect();
                let record = RecordTable::part_of(other.clone(), &wanted);
                self.push(record)?;
            }
        }
        Ok(())
    }
}

/// The columns of a table that the foreign keys of others refer to.
fn referred<'a>(models: &'a Schema, table: &Table) -> BTreeSet<&'a String> {
    models
        .tables
        .iter()
        .flat_map(|other| &other.foreign_keys)
        .filter(|key| points_at(key, table))
        .flat_map(|key| &key.target_columns)
        .collect()
}
