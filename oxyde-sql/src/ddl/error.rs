//! Errors of schemas.

/// A schema, or a change of one, that cannot be written as DDL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The database would truncate or refuse the name.
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
    /// A name that no database accepts.
    #[error("`{}` is not a valid {kind} name", name.escape_debug())]
    BadName {
        /// "table", "column" …
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A key, index or constraint names a column that the table does not have.
    #[error("{what} of table `{table}` names column `{column}`, which the table does not have")]
    UnknownColumn {
        /// "index `users_email_idx`".
        what: String,
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A foreign key refers to a table that does not exist.
    #[error(
        "foreign key `{name}` of table `{table}` refers to table `{target}`, which does not exist"
    )]
    UnknownTable {
        /// The foreign key.
        name: String,
        /// The table.
        table: String,
        /// The referenced table.
        target: String,
    },
    /// A table cannot be dropped while another table refers to it.
    #[error("the table `{table}` cannot be dropped: `{owner}` refers to it (foreign key `{key}`)")]
    StillReferred {
        /// The table.
        table: String,
        /// The table that refers to it.
        owner: String,
        /// Its foreign key.
        key: String,
    },
    /// Two objects with the same name.
    #[error("{kind} `{name}` is declared twice")]
    Duplicate {
        /// "table", "column of `users`" …
        kind: String,
        /// The name.
        name: String,
    },
    /// An enum type with two lists of labels.
    #[error("the enum type `{name}` is declared with different values")]
    EnumMismatch {
        /// Name of the type.
        name: String,
    },
    /// A full-text index that the dialect does not support.
    #[error("full-text index `{index}` of table `{table}` {what}")]
    FullText {
        /// The index.
        index: String,
        /// The table.
        table: String,
        /// "takes columns only" …
        what: String,
    },
    /// A column of a type that the dialect lacks.
    #[error("{dialect} does not support {what} (column `{column}` of table `{table}`)")]
    NoType {
        /// Values of the type: "vectors".
        what: &'static str,
        /// What they need.
        hint: &'static str,
        /// The column.
        column: String,
        /// The table.
        table: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// A generated column that is not stored, in a dialect that stores them.
    #[error("{dialect} stores generated columns, and column `{column}` of table `{table}` is not")]
    NotStored {
        /// The column.
        column: String,
        /// The table.
        table: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// An auto-increment column inside a key of several columns.
    #[error("{dialect} cannot count column `{column}` of table `{table}`: {needs}")]
    Counter {
        /// What the dialect needs.
        needs: &'static str,
        /// What to do about it.
        hint: &'static str,
        /// The column.
        column: String,
        /// The table.
        table: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// The dialect does not support a feature.
    #[error("{dialect} does not support {feature} (table `{table}`)")]
    Unsupported {
        /// The feature.
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
            Self::BadName { .. } => "use a non-empty name without NUL characters".to_owned(),
            Self::UnknownColumn { .. } => "check the spelling, or declare the column".to_owned(),
            Self::UnknownTable { .. } => {
                "create the table first, or declare it in the same schema".to_owned()
            }
            Self::StillReferred { owner, .. } => {
                format!("drop `{owner}` or its foreign key, too")
            }
            Self::Duplicate { .. } => "rename one of them".to_owned(),
            Self::EnumMismatch { .. } => {
                "columns that share an enum type must list the same values: change the values, or rename one type"
                    .to_owned()
            }
            Self::FullText { .. } => {
                "declare it over text columns".to_owned()
            }
            Self::NoType { hint, .. } | Self::Counter { hint, .. } => (*hint).to_owned(),
            Self::NotStored { .. } => {
                "declare the column as stored, or compute it in queries".to_owned()
            }
            Self::Unsupported { .. } => {
                "omit it for this database, or use run_sql with SQL per dialect".to_owned()
            }
        }
    }
}
