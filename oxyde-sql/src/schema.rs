//! The schema of a database: tables with their columns, keys, indexes and constraints.
//!
//! The same structures hold the models' schema from Python (MessagePack or JSON), the state
//! that migrations replay, and the result of introspection.

mod builder;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::ColumnType;

/// All tables, in the order of declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The tables.
    pub tables: Vec<Table>,
    /// What a baseline found beside the tables, in the order of creation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
}

/// Something beside the tables that no model declares: an extension, a function, a view …
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Its kind, as SQL names it in lower case: `extension`, `materialized view` …
    pub kind: String,
    /// Its name, as the database prints it; with what distinguishes it from others: the table of a
    /// trigger, the arguments of a function.
    pub name: String,
    /// The statements that create it, in the database's own form.
    pub create: Vec<String>,
    /// The statement that drops it.
    pub drop: String,
    /// Whether the tables must exist before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_tables: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The database schema (namespace); `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Columns of the primary key, in order.
    pub primary_key: Vec<String>,
    /// The name of the primary key's constraint, if it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key_name: Option<String>,
    /// Indexes, including unique ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Unique constraints, including those of single columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Check constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How its rows are divided over the nodes of a cluster; `None` means that they are on one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// What a baseline found and no model declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawPart>,
}

/// How the rows of a table are divided over the nodes of a Citus cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// By the values of this column.
    By(String),
    /// Each node has all rows.
    Reference,
}

/// A part of a table that no model declares, in the database's own form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPart {
    /// Where it is written.
    pub place: RawPlace,
    /// Its name, unique among the parts of the table.
    pub name: String,
    /// SQL.
    pub sql: String,
}

/// Where the SQL of a [`RawPart`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawPlace {
    /// Between the parentheses of `CREATE TABLE`: a constraint.
    Definition,
    /// Behind the parentheses of `CREATE TABLE`: an option.
    Option,
    /// After `CREATE TABLE`, as a statement: an index.
    Statement,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub ty: ColumnType,
    /// The type in the database's own words, if a baseline found it and models only say `ty`:
    /// `datetime(3)`, `character varying`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Default as an SQL expression, as the user wrote it (`db_default`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Whether the database generates it (auto-increment).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_increment: bool,
    /// How the database generates it, in SQL, if not in Oxyde's own way: `PRIMARY KEY`,
    /// `DEFAULT nextval('…')`, `GENERATED ALWAYS AS IDENTITY` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
    /// The expression that computes it from other columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The rest of its definition that a baseline found and no model declares, in SQL:
    /// `COLLATE …`, `ON UPDATE …`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// How a generated column is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// SQL expression.
    pub expression: String,
    /// Whether the value is stored in the row; otherwise it is computed when it is read.
    pub stored: bool,
}

impl Table {
    /// Return whether the primary key, a unique constraint, or one of the indexes that `serves`
    /// accepts begins with the columns and holds all rows.
    #[must_use]
    pub fn is_indexed(&self, columns: &[String], serves: impl Fn(&Index) -> bool) -> bool {
        self.primary_key.starts_with(columns)
            || self
                .uniques
                .iter()
                .any(|unique| unique.columns.starts_with(columns))
            || self
                .indexes
                .iter()
                .filter(|index| index.condition.is_none() && serves(index))
                .any(|index| index.begins_with(columns))
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Name.
    pub name: String,
    /// The indexed parts, in order.
    pub parts: Vec<IndexPart>,
    /// Whether duplicates are refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// `btree`, `gin` …; `fulltext` for the database's own kind of full-text index; `None` means
    /// the database's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The text search configuration of a full-text index; `None` means `simple`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The condition of a partial index, in SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Columns stored in addition to the key (`INCLUDE`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The operator class of every part (`vector_cosine_ops`, `jsonb_path_ops` …); `None` means
    /// the type's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    /// Options of the method (`WITH (m = 16)`), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

impl Index {
    /// Whether the first parts are these columns, in either direction.
    fn begins_with(&self, columns: &[String]) -> bool {
        let parts = self.parts.iter().map_while(|part| match part {
            IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name),
            IndexPart::Expression(_) => None,
        });
        parts.take(columns.len()).eq(columns)
    }
}

/// One part of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IndexPart {
    /// A column, ascending.
    Column(String),
    /// A column, descending.
    ColumnDesc(String),
    /// An SQL expression.
    Expression(String),
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// Name.
    pub name: String,
    /// Columns.
    pub columns: Vec<String>,
    /// Whether a baseline found the name: models need not declare it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept_name: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// Name.
    pub name: String,
    /// Whether a baseline found the name: models need not declare it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept_name: bool,
    /// Whether a baseline found it and no model can declare it: it stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undeclared: bool,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// Schema of the referenced table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_schema: Option<String>,
    /// The referenced table.
    pub target_table: String,
    /// Its referenced columns.
    pub target_columns: Vec<String>,
    /// The action when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// The action when its key changes.
    pub on_update: ReferentialAction,
    /// The rest of its definition that a baseline found and no model declares, in SQL:
    /// `DEFERRABLE INITIALLY DEFERRED` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// What happens to a row whose referenced row is deleted or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferentialAction {
    /// The change is refused when the statement (or transaction) ends.
    NoAction,
    /// The change is refused immediately.
    Restrict,
    /// The row is deleted or changed too.
    Cascade,
    /// The column is set to NULL.
    SetNull,
    /// The column is set to its default.
    SetDefault,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name.
    pub name: String,
    /// The condition in SQL, as the user wrote it.
    pub condition: String,
    /// Whether the condition is portable: names are in double quotes, and
    /// `length("name")` counts characters, `number("name")` is a decimal. It is derived from the
    /// bounds of a field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub portable: bool,
}
