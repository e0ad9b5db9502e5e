//! Dropped and new tables.

use oxyde_sql::ddl::{creation_order, points_at};
use oxyde_sql::schema::{ForeignKey, Schema, Table};

use super::{DetectError, Detector};
use crate::operation::{
    ClaimTable, CreateTable, DropForeignKey, DropTable, RecordTable, distributed,
};
use crate::state;

impl Detector<'_> {
    /// Claim the tables that have a model now.
    pub(super) fn claimed_tables(&mut self, models: &Schema) -> Result<(), DetectError> {
        for table in &models.tables {
            let name = state::label_of(table);
            if self.knowledge.unmanaged.contains(&name) {
                if self.knowledge.recorded.contains(&name) {
                    // What others created is as the model says.
                    self.push(RecordTable::of(table.clone()))?;
                }
                self.push(ClaimTable {
                    name: table.name.clone(),
                    schema: table.schema.clone(),
                    module: self.knowledge.modules.get(&name).cloned(),
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn dropped_tables(&mut self) -> Result<(), DetectError> {
        let gone: Vec<Table> = self
            .state
            .tables
            .iter()
            .filter(|t| state::position(self.new, t.schema.as_deref(), &t.name).is_none())
            .cloned()
            .collect();
        for table in &gone {
            let name = state::label_of(table);
            if let (Some(loaded), Some(module)) =
                (&self.knowledge.loaded, self.knowledge.origins.get(&name))
                && !loaded.contains(module)
            {
                return Err(DetectError::ModuleNotLoaded {
                    table: name,
                    module: module.clone(),
                });
            }
        }
        let mut ordered = creation_order(&gone);
        ordered.reverse();
        // In a cycle, drop the foreign keys first.
        for (at, table) in ordered.iter().enumerate() {
            for key in &table.foreign_keys {
                if ordered[..at].iter().any(|dropped| points_at(key, dropped)) {
                    self.push(DropForeignKey {
                        table: table.name.clone(),
                        schema: table.schema.clone(),
                        name: key.name.clone(),
                    })?;
                }
            }
        }
        for table in ordered {
            self.push(DropTable {
                name: table.name.clone(),
                schema: table.schema.clone(),
            })?;
        }
        Ok(())
    }

    pub(super) fn created_tables(&mut self) -> Result<(), DetectError> {
        let come: Vec<Table> = self
            .new
            .tables
            .iter()
            .filter(|t| state::position(&self.state, t.schema.as_deref(), &t.name).is_none())
            .cloned()
            .collect();
        for table in creation_order(&come) {
            let mut created = table.clone();
            created
                .foreign_keys
                .retain(|key| points_at(key, table) || is_ready(&self.state, key));
            // The keys of a table that is still on one node may not lead to distributed ones.
            if table.distribution.is_some() {
                created.foreign_keys.clear();
            }
            let name = state::label_of(table);
            let module = self.knowledge.modules.get(&name).cloned();
            self.push(CreateTable::of(created, module))?;
            if let Some(distribution) = &table.distribution {
                let (schema, name) = (table.schema.clone(), table.name.clone());
                self.push(distributed(schema, name, distribution))?;
            }
        }
        Ok(())
    }
}

/// Whether the columns that a foreign key refers to exist and are known to be unique.
fn is_ready(state: &Schema, key: &ForeignKey) -> bool {
    let Ok(target) = state::find(state, key.target_schema.as_deref(), &key.target_table) else {
        return false;
    };
    target.primary_key == key.target_columns
        || target
            .uniques
            .iter()
            .any(|unique| unique.columns == key.target_columns)
}
