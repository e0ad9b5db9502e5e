//! Values of every column type, and the expected result on each server.

use oxyde_driver::Cell;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::{RangeValue, Value};

use crate::server::Server;

/// Convert a cell to the value that was sent.
pub fn value_of(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(truth) => Value::Bool(truth),
        Cell::Int(int) => Value::Int(int),
        Cell::Double(double) => Value::Double(double),
        Cell::Decimal(text) => Value::Decimal(text.to_owned()),
        Cell::Text(text) => Value::Text(text.to_owned()),
        Cell::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Cell::Date(day) => Value::Date(day),
        Cell::Time(micros) => Value::Time(micros),
        Cell::DateTime(micros) => Value::DateTime(micros),
        Cell::TimestampTz(micros) => Value::TimestampTz(micros),
        Cell::Interval(micros) => Value::Interval(micros),
        Cell::Uuid(uuid) => Value::Uuid(*uuid),
        Cell::Json(text) => Value::Json(text.to_owned()),
        Cell::List(items) => Value::List(items.iter().map(value_of).collect()),
        Cell::Vector(numbers) => Value::Vector(numbers.to_vec()),
        Cell::Range(range) => Value::Range(range.included().map(|included| {
            Box::new(RangeValue {
                lower: value_of(range.lower()),
                upper: value_of(range.upper()),
                included,
            })
        })),
    }
}

/// Whether two values are the same; JSON as documents, NaN as itself.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => {
            // Some servers do not store the sign of zero.
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) || (*a == 0.0 && *b == 0.0)
        }
        (Value::Json(a), Value::Json(b)) => squeezed(a) == squeezed(b),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// A JSON text without the spaces between its parts (keys are in one order in these tests).
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut escaped = false;
    for letter in text.chars() {
        if quoted {
            escaped = letter == '\\' && !escaped;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        if quoted || !letter.is_whitespace() {
            out.push(letter);
        }
    }
    out
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.to_owned())
}

fn json(text: &str) -> Value {
    Value::Json(text.to_owned())
}

const YEAR_1: i64 = -719_162;
const YEAR_9999: i64 = 2_932_896;
const DAY: i64 = 86_400_000_000;

/// Each type with values of it.
pub fn all() -> Vec<(ColumnType, Vec<Value>)> {
    let unbounded = ColumnType::Decimal {
        precision: None,
        scale: None,
    };
    let array = |item: ColumnType| ColumnType::Array {
        item: Box::new(item),
    };
    let moments = [
        YEAR_1 * DAY,
        -1,
        0,
        1_700_000_000_123_456,
        (YEAR_9999 + 1) * DAY - 1,
    ];
    vec![
        (
            ColumnType::SmallInt,
            ints(&[i64::from(i16::MIN), -1, 0, 7, i64::from(i16::MAX)]),
        ),
        (
            ColumnType::Integer,
            ints(&[i64::from(i32::MIN), 7, i64::from(i32::MAX)]),
        ),
        (
            ColumnType::BigInt,
            ints(&[i64::MIN, -1, 0, 7, (1 << 53) + 1, i64::MAX]),
        ),
        (
            ColumnType::Double,
            [
                0.0,
                -0.0,
                0.1,
                7.0,
                1e300,
                -2.5,
                5e-324,
                f64::MAX,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
            ]
            .map(Value::Double)
            .to_vec(),
        ),
        (
            unbounded,
            [
                "0",
                "7",
                "-1.5",
                "0.1",
                "12345678901234567890123456789012345.123456789",
                "12345678901234567890123456789012345678901234567890",
                "0.0000000000000000000001",
                "NaN",
                "Infinity",
                "-Infinity",
            ]
            .map(decimal)
            .to_vec(),
        ),
        (
            ColumnType::Decimal {
                precision: Some(10),
                scale: Some(2),
            },
            ["12345678.90", "0.00", "-0.01"].map(decimal).to_vec(),
        ),
        (
            ColumnType::Bool,
            vec![Value::Bool(true), Value::Bool(false)],
        ),
        (
            ColumnType::Text,
            [
                "",
                "7",
                "é ß 漢字 🦀",
                "it's \"q\" \\ % _ ;--",
                "2024-01-01",
                "a\0b",
                &"x".repeat(300_000),
            ]
            .map(text)
            .to_vec(),
        ),
        (
            ColumnType::Varchar { length: 20 },
            ["", "twenty characters ok", " pad "].map(text).to_vec(),
        ),
        (
            ColumnType::Bytes,
            vec![
                Value::Bytes(vec![]),
                Value::Bytes((0..=255).collect()),
                Value::Bytes(vec![0xff; 300_000]),
            ],
        ),
        (
            ColumnType::Date,
            [YEAR_1, -1, 0, 19_782, YEAR_9999]
                .map(|day| Value::Date(day as i32))
                .to_vec(),
        ),
        (
            ColumnType::Time,
            [0, 1, 43_200_000_000, DAY - 1].map(Value::Time).to_vec(),
        ),
        (ColumnType::DateTime, moments.map(Value::DateTime).to_vec()),
        (
            ColumnType::TimestampTz,
            moments.map(Value::TimestampTz).to_vec(),
        ),
        (
            ColumnType::Interval,
            [
                0,
                1,
                -1,
                DAY,
                -DAY - 1,
                3_600_000_000,
                86_399_999_999_999_999,
            ]
            .map(Value::Interval)
            .to_vec(),
        ),
        (
            ColumnType::Uuid,
            vec![
                Value::Uuid([0; 16]),
                Value::Uuid([0xff; 16]),
                Value::Uuid(*b"0123456789abcdef"),
            ],
        ),
        (
            ColumnType::Json,
            [
                "null",
                "true",
                "7",
                "\"text\"",
                "[]",
                "{\"a\": [1, {\"b\": null}], \"c\": \"it's \\\"q\\\"\"}",
                "{\"big\": 12345678901234567890123}",
                "{\"i\": 9223372036854775807}",
                "[1.5, -2]",
                &format!("{}{}", "[".repeat(90), "]".repeat(90)),
            ]
            .map(json)
            .to_vec(),
        ),
        (
            ColumnType::Inet,
            ["10.0.0.1", "10.1.0.0/16", "::1", "2001:db8::/32"]
                .map(text)
                .to_vec(),
        ),
        (
            array(ColumnType::BigInt),
            vec![
                Value::List(vec![]),
                Value::List(ints(&[1, i64::MAX, i64::MIN])),
                Value::List(vec![Value::Int(1), Value::Null]),
            ],
        ),
        (
            array(ColumnType::Text),
            vec![Value::List(
                ["a,b", "\"q\"", "{}", "NULL", ""].map(text).to_vec(),
            )],
        ),
        (
            array(ColumnType::Bytes),
            vec![Value::List(vec![Value::Bytes(vec![0, 255, 1])])],
        ),
        (
            array(ColumnType::TimestampTz),
            vec![Value::List(vec![Value::TimestampTz(-1)])],
        ),
        (
            array(ColumnType::Uuid),
            vec![Value::List(vec![Value::Uuid([7; 16])])],
        ),
        (
            array(ColumnType::Decimal {
                precision: None,
                scale: None,
            }),
            vec![Value::List(vec![
                decimal("1.25"),
                decimal("-12345678901234567890.5"),
            ])],
        ),
        (
            array(ColumnType::Double),
            vec![Value::List(vec![Value::Double(0.1), Value::Double(1e300)])],
        ),
        (
            array(ColumnType::Bool),
            vec![Value::List(vec![Value::Bool(true), Value::Bool(false)])],
        ),
        (
            array(array(ColumnType::Integer)),
            vec![Value::List(vec![
                Value::List(ints(&[1, 2])),
                Value::List(ints(&[3, 4])),
            ])],
        ),
    ]
}

fn ints(ints: &[i64]) -> Vec<Value> {
    ints.iter().map(|int| Value::Int(*int)).collect()
}

/// Whether the server cannot hold the value, so that it must be refused.
pub fn is_refused(server: Server, value: &Value) -> bool {
    let mysql = matches!(server, Server::Mysql | Server::Mariadb);
    match value {
        Value::Double(double) if double.is_nan() => server != Server::Postgres,
        Value::Double(double) if double.is_infinite() => mysql,
        Value::Decimal(text) if text.contains('N') || text.contains('I') => {
            server != Server::Postgres
        }
        // DECIMAL(65,30) has 35 digits before the point.
        Value::Decimal(text) => {
            mysql && text.split('.').next().is_some_and(|whole| whole.len() > 35)
        }
        Value::Text(text) => server == Server::Postgres && text.contains('\0'),
        Value::Json(text) => {
            // MySQL's numbers in JSON have 64 bits; MariaDB takes 32 levels.
            (server == Server::Mysql && text.contains("12345678901234567890123"))
                || (server == Server::Mariadb && text.starts_with("[[[["))
        }
        _ => false,
    }
}
