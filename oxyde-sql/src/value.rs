//! Values: the one place that says what can be bound.

/// A value on its way to the database. Which SQL type it is sent as is decided by the plan's
/// [`Bind`](crate::plan::Bind), never by the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL of the bind's type.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A decimal number in plain notation (`-12.340`), or `NaN`, `Infinity`, `-Infinity`.
    Decimal(String),
    /// Text; also the label of an enum and an IP address.
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
    /// The items of an array, or of the list of an `in` lookup.
    List(Vec<Value>),
}
