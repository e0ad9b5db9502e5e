//! The values of raw SQL: in the order of its placeholders, or by name.

use oxyde_sql::value::Value;

/// The values of raw SQL.
///
/// In the order of the placeholders, which are `$1`, `$2` … on `PostgreSQL` and otherwise `?`:
/// [`values!`](macro@crate::values), a list of [`Value`]s, or `()` for none. By name, with the placeholders
/// `:name` on every database: the same macro, or [`named`].
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Executor, named, values};
///
/// pool.execute_raw("DELETE FROM users", ()).await?;
/// pool.execute_raw("DELETE FROM users WHERE name = $1", values!["Alice"]).await?;
/// let sql = "DELETE FROM users WHERE name = :name AND age > :age";
/// pool.execute_raw(sql, values! { name: "Alice", age: 18 }).await?;
/// pool.execute_raw("DELETE FROM users WHERE name = :name", named([("name", "Alice")])).await?;
/// # Ok(())
/// # }
/// ```
///
/// `:name` within quotes and comments is not a placeholder, nor is `::type`; the statement is sent with
/// the server's own placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub(crate) Given);

/// What [`Values`] hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    InOrder(Vec<Value>),
    Named(Vec<(String, Value)>),
}

/// Values by name, for raw SQL with the placeholders `:name`.
pub fn named<N: Into<String>, V: Into<Value>>(values: impl IntoIterator<Item = (N, V)>) -> Values {
    let values = values
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()));
    Values(Given::Named(values.collect()))
}

impl From<Vec<Value>> for Values {
    fn from(values: Vec<Value>) -> Self {
        Self(Given::InOrder(values))
    }
}

impl<const N: usize> From<[Value; N]> for Values {
    fn from(values: [Value; N]) -> Self {
        Self(Given::InOrder(values.into()))
    }
}

/// No values.
impl From<()> for Values {
    fn from((): ()) -> Self {
        Self(Given::InOrder(Vec::new()))
    }
}

/// Converts Rust's values: to a list of [`Value`]s, or with names to [`Values`].
///
/// ```
/// use oxyde_driver::{Value, named, values};
///
/// let name = "Alice";
/// assert_eq!(values![name, 3], vec![Value::Text("Alice".to_owned()), Value::Int(3)]);
/// assert_eq!(values! { name: name }, named([("name", name)]));
/// ```
#[macro_export]
macro_rules! values {
    ($($name:ident: $value:expr),+ $(,)?) => {
        $crate::named([$((stringify!($name), $crate::Value::from($value))),+])
    };
    ($($value:expr),* $(,)?) => {
        <::std::vec::Vec<$crate::Value>>::from([$($crate::Value::from($value)),*])
    };
}
