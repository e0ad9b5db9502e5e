//! Converts Rust's errors to the exceptions of `oxyde.exceptions`.

use oxyde_driver::{Cause, DriverError, Rule};
use oxyde_sql::ddl::SchemaError;
use oxyde_sql::error::SqlError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::hints;

/// The exception classes, imported once.
pub(crate) struct Errors {
    classes: Vec<Py<PyType>>,
}

/// A class of `oxyde.exceptions`; [`NAMES`] has their names in this order.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    Oxyde,
    Field,
    FieldValue,
    FieldLookup,
    FieldLookupValue,
    Unique,
    ForeignKey,
    NotNull,
    Check,
    Database,
    Connection,
    Serialization,
    Deadlock,
    QueryTimeout,
    PoolTimeout,
    Transaction,
    TransactionAborted,
    TransactionTimeout,
    Unsupported,
    RowValidation,
    OutcomeUnknown,
    LockTimeout,
    ReadOnly,
    TooManyConnections,
    NodeNotReady,
}

const NAMES: [&str; 25] = [
    "OxydeError",
    "FieldError",
    "FieldValueError",
    "FieldLookupError",
    "FieldLookupValueError",
    "UniqueViolationError",
    "ForeignKeyViolationError",
    "NotNullViolationError",
    "CheckViolationError",
    "DatabaseError",
    "DatabaseConnectionError",
    "SerializationError",
    "DeadlockError",
    "QueryTimeoutError",
    "PoolTimeoutError",
    "TransactionError",
    "TransactionAbortedError",
    "TransactionTimeoutError",
    "UnsupportedFeatureError",
    "RowValidationError",
    "OutcomeUnknownError",
    "LockTimeoutError",
    "ReadOnlyError",
    "TooManyConnectionsError",
    "NodeNotReadyError",
];

static ERRORS: PyOnceLock<Errors> = PyOnceLock::new();

impl Errors {
    #[expect(clippy::expect_used, reason = "oxyde.exceptions is in the same wheel")]
    pub(crate) fn get(py: Python<'_>) -> &'static Errors {
        ERRORS
            .get_or_try_init(py, || Errors::import(py))
            .expect("oxyde.exceptions can be imported")
    }

    fn import(py: Python<'_>) -> PyResult<Errors> {
        let module = py.import("oxyde.exceptions")?;
        let classes = NAMES
            .iter()
            .map(|name| Ok(module.getattr(*name)?.cast_into::<PyType>()?.unbind()))
            .collect::<PyResult<_>>()?;
        Ok(Errors { classes })
    }

    /// Create an exception with a message, attributes by keyword, and a hint.
    fn raise<'py>(
        &self,
        py: Python<'py>,
        class: Class,
        message: &str,
        hint: Option<&str>,
        attributes: impl FnOnce(&Bound<'py, PyDict>) -> PyResult<()>,
    ) -> PyErr {
        let make = || {
            let keywords = PyDict::new(py);
            if let Some(hint) = hint {
                keywords.set_item("hint", hint)?;
            }
            attributes(&keywords)?;
            self.classes[class as usize]
                .bind(py)
                .call((message,), Some(&keywords))
        };
        match make() {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    }

    /// Create the exception for a value that does not fit its column or lookup.
    pub(crate) fn refused_value(
        &self,
        py: Python<'_>,
        lookup: bool,
        message: &str,
        hint: Option<&str>,
    ) -> PyErr {
        let class = if lookup {
            Class::FieldLookupValue
        } else {
            Class::FieldValue
        };
        self.raise(py, class, message, hint, |_| Ok(()))
    }
}

/// Whether an exception is of a class of `oxyde.exceptions`.
pub(crate) fn is_of(py: Python<'_>, error: &PyErr, class: Class) -> bool {
    error.is_instance(
        py,
        Errors::get(py).classes[class as usize].bind(py).as_any(),
    )
}

/// Create an exception without attributes.
pub(crate) fn error(py: Python<'_>, class: Class, message: &str, hint: Option<&str>) -> PyErr {
    Errors::get(py).raise(py, class, message, hint, |_| Ok(()))
}

/// Create the exception for a broken invariant of Oxyde itself.
pub(crate) fn internal(py: Python<'_>, detail: &str) -> PyErr {
    error(
        py,
        Class::Oxyde,
        &format!("internal error: {detail}"),
        Some("this is a bug in Oxyde; please report it with the query that caused it"),
    )
}

/// Convert an error of the statement compiler.
pub(crate) fn from_sql(py: Python<'_>, refused: &SqlError) -> PyErr {
    let class = match refused {
        SqlError::Unsupported { .. }
        | SqlError::ServerTooOld(_)
        | SqlError::NoType { .. }
        | SqlError::TooMany { .. }
        | SqlError::Schema(
            SchemaError::Unsupported { .. }
            | SchemaError::NoType { .. }
            | SchemaError::NotStored { .. },
        ) => Class::Unsupported,
        SqlError::UnknownName { kind: "lookup", .. }
        | SqlError::ArgumentCount { kind: "lookup", .. }
        | SqlError::Argument { kind: "lookup", .. }
        | SqlError::WrongFamily { kind: "lookup", .. } => Class::FieldLookup,
        SqlError::Version { .. } => Class::Oxyde,
        _ => Class::Field,
    };
    error(
        py,
        class,
        &refused.to_string(),
        Some(&hints::of_sql(refused)),
    )
}

/// Convert an error of the driver or the database. `labels` name the params for errors in values.
pub(crate) fn from_driver(py: Python<'_>, failed: &DriverError) -> PyErr {
    let error = class_and_message(py, failed);
    let value = error.value(py);
    let described = value
        .setattr("retryable", failed.is_retryable())
        .and_then(|()| value.setattr("sqlstate", failed.sqlstate()));
    match described {
        Ok(()) => error,
        Err(problem) => problem,
    }
}

fn class_and_message(py: Python<'_>, failed: &DriverError) -> PyErr {
    let errors = Errors::get(py);
    let message = failed.to_string();
    let hint = hints::of_driver(failed);
    let hint = hint.as_deref();
    let plain = |class| errors.raise(py, class, &message, hint, |_| Ok(()));
    let coded = |class| {
        errors.raise(py, class, &message, hint, |keywords| {
            keywords.set_item("code", failed.code())
        })
    };
    match failed {
        DriverError::ConnectionFailed { .. }
        | DriverError::FileGone { .. }
        | DriverError::ConnectionLost { .. } => plain(Class::Connection),
        DriverError::OutcomeUnknown { .. } => plain(Class::OutcomeUnknown),
        DriverError::PoolTimeout { .. } => plain(Class::PoolTimeout),
        DriverError::QueryTimeout { .. } | DriverError::Cancelled => plain(Class::QueryTimeout),
        DriverError::TransactionTimeout { .. } => plain(Class::TransactionTimeout),
        DriverError::EndsTransaction { .. } | DriverError::TransactionEnded { .. } => {
            plain(Class::Transaction)
        }
        DriverError::Bind { .. }
        | DriverError::WrongCount { .. }
        | DriverError::ListValue { .. } => plain(Class::FieldValue),
        DriverError::Unsupported { .. } | DriverError::ServerTooOld(_) => plain(Class::Unsupported),
        DriverError::Decode { .. } => plain(Class::Database),
        DriverError::Misuse(detail) => internal(py, detail),
        DriverError::BulkRow { source, .. } => match source.as_ref() {
            DriverError::Violated { rule, violation } => {
                violated(py, *rule, violation, &message, hint)
            }
            DriverError::Database { cause, .. } => coded(class_of(*cause)),
            DriverError::Bind { .. } => plain(Class::FieldValue),
            _ => from_driver(py, source),
        },
        DriverError::Violated { rule, violation } => violated(py, *rule, violation, &message, hint),
        DriverError::Database {
            cause: Cause::TransactionAborted,
            ..
        } => plain(Class::TransactionAborted),
        DriverError::Database { cause, .. } => coded(class_of(*cause)),
        _ => plain(Class::Oxyde),
    }
}

fn violated(
    py: Python<'_>,
    rule: Rule,
    violation: &oxyde_driver::Violation,
    message: &str,
    hint: Option<&str>,
) -> PyErr {
    let class = match rule {
        Rule::Unique => Class::Unique,
        Rule::ForeignKey => Class::ForeignKey,
        Rule::NotNull => Class::NotNull,
        Rule::Check => Class::Check,
    };
    Errors::get(py).raise(py, class, message, hint, |keywords| {
        keywords.set_item("constraint", violation.constraint.as_deref())?;
        keywords.set_item("table", violation.table.as_deref())?;
        keywords.set_item("columns", PyTuple::new(py, &violation.columns)?)?;
        keywords.set_item("code", &violation.code)
    })
}

fn class_of(cause: Cause) -> Class {
    match cause {
        Cause::AuthFailed | Cause::UnknownDatabase | Cause::NotADatabase | Cause::CannotOpen => {
            Class::Connection
        }
        Cause::Serialization => Class::Serialization,
        Cause::Deadlock => Class::Deadlock,
        Cause::TransactionAborted => Class::TransactionAborted,
        Cause::LockTimeout => Class::LockTimeout,
        Cause::ReadOnly | Cause::Demoted => Class::ReadOnly,
        Cause::NodeNotReady => Class::NodeNotReady,
        Cause::QueryTimeout => Class::QueryTimeout,
        Cause::TooManyConnections => Class::TooManyConnections,
        _ => Class::Database,
    }
}

/// Run `work`, and turn a panic into an `OxydeError`: a `PanicException` would slip through
/// `except Exception`.
pub(crate) fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(panic) => Err(internal(py, &panic_text(panic.as_ref()))),
    }
}

/// Return the message of a panic.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
