//! The host's description of the models.

use std::collections::{BTreeMap, BTreeSet};

use oxyde_sql::schema::{Schema, Table};
use serde::{Deserialize, Serialize};

/// The models of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsDocument {
    /// Their tables.
    pub schema: Schema,
    /// The tables of models that others own (`managed = False`).
    #[serde(default)]
    pub unmanaged: Vec<Table>,
    /// The module of each table, by its name (with its schema as prefix, if it has one).
    #[serde(default)]
    pub modules: BTreeMap<String, String>,
    /// The modules that were imported.
    #[serde(default)]
    pub loaded: BTreeSet<String>,
}

impl ModelsDocument {
    /// Parse a document, or a bare schema.
    ///
    /// # Errors
    /// The text is neither.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        if value.get("tables").is_some() {
            let schema = serde_json::from_value(value)?;
            return Ok(ModelsDocument {
                schema,
                ..ModelsDocument::default()
            });
        }
        serde_json::from_value(value)
    }
}
