//! What can be wrong with a schema.

/// A schema, or a change of one, that cannot be written as DDL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The database would cut or refuse the name.
    #[error("the {kind} name `{name}` is too long for {dialect} (at most {limit})")]
    NameTooLong {
        /// "table", "column" …
        kind: &'static str,
        /// The name.
        name: String,
        /// "63 bytes", "64 characters".
        limit: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// A name that no database takes.
    #[error("`{}` cannot be a {kind} name", name.escape_debug())]
    BadName {
        /// "table", "column" …
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A key, index or constraint names a column that the table lacks.
    #[error("{what} of table `{table}` names the column `{column}`, which the table does not have")]
    UnknownColumn {
        /// "index `users_email_idx`".
        what: String,
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A foreign key points at a table that is not there.
    #[error("foreign key `{name}` of table `{table}` points at `{target}`, which is not there")]
    UnknownTable {
        /// The foreign key.
        name: String,
        /// The table.
        table: String,
        /// Where it points.
        target: String,
    },
    /// Two things of one name.
    #[error("{kind} `{name}` is declared twice")]
    Duplicate {
        /// "table", "column of `users`" …
        kind: String,
        /// The name.
        name: String,
    },
    /// One enum type with two lists of labels.
    #[error("the enum type `{name}` is declared with different values")]
    EnumMismatch {
        /// Name of the type.
        name: String,
    },
    /// A full-text index that cannot be.
    #[error("full-text index `{index}` of table `{table}` {what}")]
    FullText {
        /// The index.
        index: String,
        /// The table.
        table: String,
        /// "takes columns only" …
        what: String,
    },
    /// A column of vectors where there are none.
    #[error("{dialect} has no vectors (column `{column}` of table `{table}`)")]
    NoVectors {
        /// The column.
        column: String,
        /// The table.
        table: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// The dialect cannot store or declare it.
    #[error("{dialect} has no {feature} (table `{table}`)")]
    Unsupported {
        /// What was asked for.
        feature: String,
        /// The table.
        table: String,
        /// The dialect's name.
        dialect: &'static str,
    },
}

impl SchemaError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NameTooLong { kind, .. } => format!("give the {kind} a shorter name"),
            Self::BadName { .. } => "use a name without NUL characters, not empty".to_owned(),
            Self::UnknownColumn { .. } => "check the spelling, or declare the column".to_owned(),
            Self::UnknownTable { .. } => {
                "create the table first, or add its model to the list of models".to_owned()
            }
            Self::Duplicate { .. } => "rename one of them".to_owned(),
            Self::EnumMismatch { .. } => {
                "columns that share an enum type must list the same values; rename one of the types"
                    .to_owned()
            }
            Self::FullText { .. } => {
                "declare it over text columns: Index(\"title\", \"body\", method=\"fulltext\")"
                    .to_owned()
            }
            Self::NoVectors { .. } => crate::error::WHERE_VECTORS_ARE.to_owned(),
            Self::Unsupported { .. } => {
                "leave it out for this database, or use run_sql with a text per dialect".to_owned()
            }
        }
    }
}
