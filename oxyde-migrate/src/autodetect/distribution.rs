//! Tables that are divided over the nodes of a cluster in another way.

use super::{DetectError, Detector};
use crate::operation::{UndistributeTable, distributed};

impl Detector<'_> {
    /// Divide the rows of kept tables as they are declared.
    pub(super) fn distributions(&mut self) -> Result<(), DetectError> {
        for (now, at) in self.kept() {
            let new = &self.new.tables[at];
            let old = &self.state.tables[now].distribution;
            if *old == new.distribution {
                continue;
            }
            if old.is_some() {
                self.push(UndistributeTable {
                    name: new.name.clone(),
                    schema: new.schema.clone(),
                })?;
            }
            if let Some(distribution) = &new.distribution {
                let (schema, name) = (new.schema.clone(), new.name.clone());
                self.push(distributed(schema, name, distribution))?;
            }
        }
        Ok(())
    }
}
