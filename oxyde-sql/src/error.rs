//! What can be wrong with a statement.

/// A statement that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The dialect cannot do it.
    #[error("{dialect} has no {feature}")]
    Unsupported {
        /// What was asked for.
        feature: &'static str,
        /// The dialect's name.
        dialect: &'static str,
    },
}
