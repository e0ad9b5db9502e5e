//! What can be wrong with a statement.

use crate::ddl::SchemaError;
use crate::types::Family;

/// What to do where vectors are refused.
pub(crate) const WHERE_VECTORS_ARE: &str =
    "vectors are pgvector's: use PostgreSQL with that extension";

/// A statement that cannot be compiled. One variant per cause; [`SqlError::hint`] says what to
/// do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The dialect cannot do it.
    #[error("{dialect} has no {feature}")]
    Unsupported {
        /// What was asked for.
        feature: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// Vectors where there are none.
    #[error("{dialect} has no vectors")]
    NoVectors {
        /// The dialect's name.
        dialect: &'static str,
    },
    /// No lookup, function or aggregate of that name.
    #[error("unknown {kind} `{name}`")]
    UnknownName {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest right name, if one is near.
        nearest: Option<&'static str>,
    },
    /// A lookup, function or aggregate got the wrong number of arguments.
    #[error("{kind} `{name}` takes {takes}, not {got}")]
    ArgumentCount {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// What it takes ("1 argument", "2 to 3 arguments").
        takes: String,
        /// How many it got.
        got: usize,
    },
    /// An argument is of a kind that the lookup or function does not take.
    #[error("{kind} `{name}` takes {takes}")]
    Argument {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// What it takes ("a list", "a unit that is a literal").
        takes: &'static str,
    },
    /// The lookup or function does not apply to values of that type.
    #[error("{kind} `{name}` does not apply to {family}")]
    WrongFamily {
        /// "lookup", "function", "aggregate", "operator".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// What it was given.
        family: Family,
    },
    /// The statement is nested too deeply.
    #[error("the statement is nested more than {limit} levels deep")]
    TooDeep {
        /// Most levels.
        limit: u16,
    },
    /// A message of another version.
    #[error("the statement is of version {got}, this library reads version {expected}")]
    Version {
        /// What came.
        got: u32,
        /// What is read.
        expected: u32,
    },
    /// A part of the statement contradicts another one.
    #[error("{what}")]
    Invalid {
        /// What is wrong.
        what: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// A name that no database takes.
    #[error("`{}` cannot be a name", name.escape_debug())]
    BadName {
        /// The name.
        name: String,
    },
    /// Something is wrong with a schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl SqlError {
    /// What to do about it, in one line.
    ///
    /// ```
    /// use oxyde_sql::SqlError;
    /// let error = SqlError::UnknownName {
    ///     kind: "lookup",
    ///     name: "icontain".into(),
    ///     nearest: Some("icontains"),
    /// };
    /// assert_eq!(error.to_string(), "unknown lookup `icontain`");
    /// assert_eq!(error.hint(), "did you mean `icontains`?");
    /// ```
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unsupported { dialect, .. } => {
                format!("write the query another way for {dialect}, or use raw SQL")
            }
            Self::NoVectors { .. } => WHERE_VECTORS_ARE.to_owned(),
            Self::UnknownName {
                nearest: Some(nearest),
                ..
            } => {
                format!("did you mean `{nearest}`?")
            }
            Self::UnknownName { kind, .. } => format!("see the documentation's list of {kind}s"),
            Self::ArgumentCount { .. } | Self::Argument { .. } => {
                "check the call against the documentation".to_owned()
            }
            Self::WrongFamily { kind, family, .. } => {
                format!("use a {kind} that takes {family}, or cast the value")
            }
            Self::TooDeep { .. } => "split the expression, or use `in` with a list".to_owned(),
            Self::Version { .. } => {
                "the Python package and its extension are of different versions: reinstall oxyde"
                    .to_owned()
            }
            Self::Invalid { hint, .. } => (*hint).to_owned(),
            Self::BadName { .. } => "use a name without NUL characters, not empty".to_owned(),
            Self::Schema(error) => error.hint(),
        }
    }

    /// A refusal by one dialect.
    pub(crate) fn unsupported(
        feature: impl Into<String>,
        features: &crate::dialect::Features,
    ) -> Self {
        Self::Unsupported {
            feature: feature.into(),
            dialect: features.dialect.label(),
        }
    }
}
