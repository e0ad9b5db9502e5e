//! Errors of compilation.

use crate::ddl::SchemaError;
use crate::dialect::{Features, ServerTooOld};
use crate::suggest::did_you_mean;
use crate::types::Family;

/// A statement that cannot be compiled. One variant per cause; [`SqlError::hint`] says what to
/// do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The dialect does not support it.
    #[error("{dialect} does not support {feature}")]
    Unsupported {
        /// The feature.
        feature: String,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// The server's version does not support it.
    #[error(transparent)]
    ServerTooOld(#[from] ServerTooOld),
    /// The dialect lacks a type of columns.
    #[error("{dialect} does not support {what}")]
    NoType {
        /// Values of the type: "vectors".
        what: &'static str,
        /// What they need.
        hint: &'static str,
        /// The dialect's name.
        dialect: &'static str,
    },
    /// No lookup, function or aggregate has that name.
    #[error("unknown {kind} `{name}`")]
    UnknownName {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The most similar valid name, if one is similar enough.
        nearest: Option<&'static str>,
    },
    /// A lookup, function or aggregate got the wrong number of arguments.
    #[error("{kind} `{name}` takes {takes}, not {got}")]
    ArgumentCount {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// What it accepts ("1 argument", "2 to 3 arguments").
        takes: String,
        /// The number of arguments it got.
        got: usize,
    },
    /// The lookup or function does not accept that kind of argument.
    #[error("{kind} `{name}` takes {takes}")]
    Argument {
        /// "lookup", "function", "aggregate".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// What it accepts ("a list", "a unit that is a literal").
        takes: &'static str,
    },
    /// The lookup or function does not apply to values of that type.
    #[error("{kind} `{name}` does not apply to {family}")]
    WrongFamily {
        /// "lookup", "function", "aggregate", "operator".
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The type it got.
        family: Family,
    },
    /// The statement is larger than the database accepts.
    #[error("the query has {count} {what}; {dialect} accepts at most {limit}")]
    TooMany {
        /// "values", "columns", "joined tables", "combined queries".
        what: &'static str,
        /// How many it has.
        count: usize,
        /// The maximum.
        limit: usize,
        /// The dialect's name.
        dialect: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// The statement is nested too deeply.
    #[error("the statement is nested more than {limit} levels deep")]
    TooDeep {
        /// The maximum depth.
        limit: u16,
    },
    /// A message of a different format version.
    #[error("the statement has version {got}, but this library reads version {expected}")]
    Version {
        /// The received version.
        got: u32,
        /// The supported version.
        expected: u32,
    },
    /// The statement is inconsistent.
    #[error("{what}")]
    Invalid {
        /// The problem.
        what: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// A name that no database accepts.
    #[error("`{}` is not a valid name", name.escape_debug())]
    BadName {
        /// The name.
        name: String,
    },
    /// A schema is invalid.
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
                format!("rewrite the query for {dialect}, or use raw SQL")
            }
            Self::ServerTooOld(_) => "update the server, or rewrite the query".to_owned(),
            Self::UnknownName {
                nearest: Some(nearest),
                ..
            } => did_you_mean(nearest),
            Self::UnknownName { kind, .. } => format!("see the list of {kind}s in the documentation"),
            Self::ArgumentCount { .. } | Self::Argument { .. } => {
                "check the arguments in the documentation".to_owned()
            }
            Self::WrongFamily { kind, family, .. } => {
                format!("use a {kind} that takes {family}, or cast the value")
            }
            Self::TooDeep { .. } => {
                "split it, or use `in` with a list; a chain of only `|`, only `&` or only `^` does not \
                 nest"
                    .to_owned()
            }
            Self::Version { .. } => {
                "use the same version of Oxyde to write the statement and to read it".to_owned()
            }
            Self::NoType { hint, .. } | Self::Invalid { hint, .. } | Self::TooMany { hint, .. } => {
                (*hint).to_owned()
            }
            Self::BadName { .. } => "use a non-empty name without NUL characters".to_owned(),
            Self::Schema(error) => error.hint(),
        }
    }

    /// Create an error for an unsupported feature.
    pub(crate) fn unsupported(feature: impl Into<String>, features: &Features) -> Self {
        Self::Unsupported {
            feature: feature.into(),
            dialect: features.dialect.label(),
        }
    }
}
