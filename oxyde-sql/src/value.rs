//! Values: everything that can be bound.

mod from;
#[cfg(feature = "chrono")]
mod from_chrono;
#[cfg(feature = "time")]
mod from_time;

pub use from::ArrayItem;

/// A value to bind. The SQL type that it is sent as is determined by the plan's
/// [`Bind`](crate::plan::Bind), never by the value.
///
/// Rust's types convert to it; with the features `chrono`, `time`, `uuid`, `rust_decimal` and
/// `serde_json` also those of these crates:
///
/// ```
/// use oxyde_sql::value::Value;
///
/// let values: Vec<Value> = vec!["Alice".into(), 3.into(), None::<bool>.into()];
/// assert_eq!(values[1], Value::Int(3));
/// assert_eq!(Value::from([1, 2]), Value::List(vec![Value::Int(1), Value::Int(2)]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL of the bind's type.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A decimal number in plain notation (`-12.340`), or `NaN`, `Infinity`, `-Infinity`.
    Decimal(String),
    /// A string; also the label of an enum and an IP address.
    Text(String),
    /// Binary data.
    Bytes(Vec<u8>),
    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00, without a zone.
    DateTime(i64),
    /// Microseconds since 1970-01-01T00:00:00 UTC.
    TimestampTz(i64),
    /// Microseconds.
    Interval(i64),
    /// The sixteen bytes of a UUID, in network order.
    Uuid([u8; 16]),
    /// A JSON document as text (RFC 8259).
    Json(String),
    /// The numbers of a vector, all finite.
    Vector(Vec<f32>),
    /// A range; `None` is the empty one.
    Range(Option<Box<RangeValue>>),
    /// The items of an array, or of the list of an `in` lookup.
    List(Vec<Value>),
}

/// The bounds of a range that is not empty.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeValue {
    /// The lower bound; NULL for none.
    pub lower: Value,
    /// The upper bound; NULL for none.
    pub upper: Value,
    /// Which of them are values of the range.
    pub included: Included,
}

/// Which bounds are values of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included {
    /// Whether the lower bound is.
    pub lower: bool,
    /// Whether the upper bound is.
    pub upper: bool,
}

impl Included {
    /// As brackets: `[)`.
    #[must_use]
    pub const fn brackets(self) -> &'static str {
        match (self.lower, self.upper) {
            (true, true) => "[]",
            (true, false) => "[)",
            (false, true) => "(]",
            (false, false) => "()",
        }
    }
}
