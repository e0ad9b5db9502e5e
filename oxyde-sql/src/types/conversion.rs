//! Which values of a column another type cannot take.
//!
//! Databases convert more than they should: SQLite makes 0 of any text, MySQL rounds fractions,
//! PostgreSQL cuts the time off a date. A migration counts the values that would change before it
//! changes the type.

use super::ColumnType;
use crate::dialect::{DdlStyle, Dialect};

const INTEGER: &str = "^[+-]?[0-9]+$";
const NUMBER: &str = "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$";
const FLOAT: &str = "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$";
const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const TIME: &str = "^[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$";
const DATE_TIME: &str =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?$";
const TIMESTAMP_TZ: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}\
    (:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$";
const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const ANY_UUID: &str = "^[{]?([0-9a-fA-F]{4}-?){8}[}]?$";

/// Every value would change.
const ALL: &str = "1 = 1";

impl ColumnType {
    /// Return the SQL condition of the values of `column` (quoted) that the other type cannot take
    /// unchanged; `None` if it takes all, or if the database refuses the others itself. The
    /// condition may be NULL where the column is.
    #[must_use]
    pub fn misfits(&self, to: &ColumnType, column: &str, dialect: Dialect) -> Option<String> {
        // A type in the user's own words may store anything.
        if self == to || matches!(to, ColumnType::Custom { .. }) {
            return None;
        }
        let value = Value {
            column,
            from: self,
            dialect,
        };
        match to {
            ColumnType::SmallInt => value.not_integer("-32768", "32767"),
            ColumnType::Integer => value.not_integer("-2147483648", "2147483647"),
            ColumnType::BigInt => value.not_integer("-9223372036854775808", "9223372036854775807"),
            // Stored as microseconds, if not as a type of its own.
            ColumnType::Interval if dialect != Dialect::Postgres => {
                value.not_integer("-9223372036854775808", "9223372036854775807")
            }
            ColumnType::Double => value.not_double(),
            ColumnType::Decimal { precision, scale } => value.not_decimal(*precision, *scale),
            ColumnType::Bool => value.not_bool(),
            ColumnType::Varchar { length } => value.too_long(*length),
            ColumnType::Enum { values, .. } => value.not_label(values),
            ColumnType::Date | ColumnType::Time => value.not_date_or_time(to),
            ColumnType::DateTime | ColumnType::TimestampTz => value.not_moment(to),
            ColumnType::Uuid => value.not_uuid(),
            ColumnType::Json | ColumnType::Array { .. } => value.not_json(to),
            ColumnType::Text
            | ColumnType::Bytes
            | ColumnType::Interval
            | ColumnType::Inet
            | ColumnType::Vector { .. }
            | ColumnType::Range { .. }
            | ColumnType::Custom { .. } => None,
        }
    }
}

/// Return an expression as text.
#[must_use]
pub fn as_text(expression: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => format!("{expression}::text"),
        Dialect::Sqlite => format!("CAST({expression} AS TEXT)"),
        Dialect::Mysql | Dialect::Mariadb => format!("CAST({expression} AS CHAR)"),
    }
}

/// Convert a value to the form in which SQLite stores the new type; `None` if the old form is one
/// of the new type too.
#[must_use]
pub fn stored_form(from: &ColumnType, to: &ColumnType, column: &str) -> Option<String> {
    let is_moment = |ty: &ColumnType| matches!(ty, ColumnType::DateTime | ColumnType::TimestampTz);
    let kind = match to {
        ColumnType::Bytes => return Some(format!("CAST({column} AS BLOB)")),
        ColumnType::Date if is_moment(from) => return Some(format!("substr({column}, 1, 10)")),
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::DateTime => "datetime",
        ColumnType::TimestampTz => "aware datetime",
        ColumnType::Uuid => "uuid",
        _ => return None,
    };
    Some(format!("oxyde_parse('{kind}', CAST({column} AS TEXT))"))
}

/// A value of the old type.
struct Value<'a> {
    column: &'a str,
    from: &'a ColumnType,
    dialect: Dialect,
}

impl Value<'_> {
    fn is_sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    fn is_postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    fn text(&self) -> String {
        match self.from {
            ColumnType::Text | ColumnType::Varchar { .. } if !self.is_sqlite() => {
                self.column.to_owned()
            }
            _ => as_text(self.column, self.dialect),
        }
    }

    fn differs(&self, pattern: &str) -> String {
        let word = if self.is_postgres() {
            "!~"
        } else {
            "NOT REGEXP"
        };
        format!("{} {word} '{pattern}'", self.text())
    }

    /// Whether the old type holds text. On SQLite it may hold anything, whatever it is called.
    fn is_text(&self) -> bool {
        matches!(
            self.from,
            ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Enum { .. }
        )
    }

    fn is_time(&self) -> bool {
        matches!(
            self.from,
            ColumnType::Date | ColumnType::Time | ColumnType::DateTime | ColumnType::TimestampTz
        )
    }

    fn is_moment(&self) -> bool {
        matches!(self.from, ColumnType::DateTime | ColumnType::TimestampTz)
    }

    /// MySQL makes a number of a time, and of a number a time.
    fn changes_meaning(&self) -> Option<String> {
        (!self.is_postgres() && self.is_time()).then(|| ALL.to_owned())
    }

    fn not_integer(&self, least: &str, greatest: &str) -> Option<String> {
        let (column, text) = (self.column, self.text());
        let beyond = format!("NOT BETWEEN {least} AND {greatest}");
        let bits = |ty: &ColumnType| match ty {
            ColumnType::Bool => Some(1),
            ColumnType::SmallInt => Some(16),
            ColumnType::Integer => Some(32),
            ColumnType::BigInt | ColumnType::Interval => Some(64),
            _ => None,
        };
        let wanted = match greatest.len() {
            5 => 16,
            10 => 32,
            _ => 64,
        };
        if bits(self.from).is_some_and(|bits| bits <= wanted) {
            return None;
        }
        if self.is_sqlite() {
            let whole = format!("substr({text} || '.', 1, instr({text} || '.', '.') - 1)");
            let digits = format!("ltrim({whole}, '+-0')");
            return Some(format!(
                "CASE typeof({column}) WHEN 'integer' THEN {column} {beyond} \
                 WHEN 'real' THEN {column} <> CAST({column} AS INTEGER) OR {column} {beyond} \
                 WHEN 'text' THEN {text} NOT REGEXP '^[+-]?[0-9]+([.]0*)?$' \
                 OR length({digits}) > 19 \
                 OR (length({digits}) = 19 AND {digits} > '9223372036854775807') \
                 OR CAST({whole} AS INTEGER) {beyond} ELSE 1 END"
            ));
        }
        match self.from {
            ty if bits(ty).is_some() => Some(format!("{column} {beyond}")),
            ColumnType::Double | ColumnType::Decimal { .. } => {
                let whole = if self.is_postgres() {
                    format!("trunc({column})")
                } else {
                    format!("TRUNCATE({column}, 0)")
                };
                Some(format!("{column} <> {whole} OR {column} {beyond}"))
            }
            _ if self.is_text() => {
                Some(self.unless(INTEGER, &format!("{} {beyond}", self.number())))
            }
            _ => self.changes_meaning(),
        }
    }

    /// Text as a number; only behind a pattern.
    fn number(&self) -> String {
        match self.dialect {
            Dialect::Postgres => format!("{}::numeric", self.text()),
            Dialect::Sqlite => format!("CAST({} AS REAL)", self.text()),
            Dialect::Mysql | Dialect::Mariadb => format!("CAST({} AS DECIMAL(65,30))", self.text()),
        }
    }

    /// A condition that holds if the pattern does not match, or else `condition` does.
    fn unless(&self, pattern: &str, condition: &str) -> String {
        let differs = self.differs(pattern);
        format!("CASE WHEN {differs} THEN 1 = 1 ELSE {condition} END")
    }

    fn not_double(&self) -> Option<String> {
        let column = self.column;
        let inexact = format!("{column} NOT BETWEEN -9007199254740992 AND 9007199254740992");
        match self.from {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::Bool => None,
            ColumnType::BigInt => Some(inexact),
            ColumnType::Decimal { .. } if !self.is_sqlite() => None,
            _ if self.is_sqlite() => Some(format!(
                "CASE typeof({column}) WHEN 'integer' THEN {inexact} WHEN 'real' THEN 0 \
                 WHEN 'text' THEN {} ELSE 1 END",
                self.differs(FLOAT)
            )),
            _ if self.is_text() => Some(self.differs(FLOAT)),
            _ => self.changes_meaning(),
        }
    }

    fn not_decimal(&self, precision: Option<u16>, scale: Option<u16>) -> Option<String> {
        let scale = scale.unwrap_or(0);
        let whole = precision.map(|digits| digits.saturating_sub(scale));
        if let (
            ColumnType::Decimal {
                precision: old,
                scale: old_scale,
            },
            Some(whole),
        ) = (self.from, whole)
        {
            let fits = old.is_some_and(|digits| {
                let old_scale = old_scale.unwrap_or(0);
                old_scale <= scale && digits.saturating_sub(old_scale) <= whole
            });
            if fits {
                return None;
            }
        }
        let whole_digits = match self.from {
            ColumnType::Bool => 1,
            ColumnType::SmallInt => 5,
            ColumnType::Integer => 10,
            ColumnType::BigInt => 19,
            _ => u16::MAX,
        };
        if whole.unwrap_or(u16::MAX) >= whole_digits {
            return None;
        }
        if self.is_sqlite() {
            return Some(self.not_decimal_text(whole, scale));
        }
        let limited = |number: &str| {
            whole.map(|whole| {
                let limit = format!("1{}", "0".repeat(usize::from(whole)));
                format!("{number} <> round({number}, {scale}) OR abs({number}) >= {limit}")
            })
        };
        match self.from {
            _ if self.is_text() => Some(match limited(&self.number()) {
                Some(condition) => self.unless(NUMBER, &condition),
                None => self.differs(NUMBER),
            }),
            ColumnType::Double if self.is_postgres() => {
                limited(&format!("{}::numeric", self.column))
            }
            _ if self.is_time() => self.changes_meaning(),
            _ => limited(self.column),
        }
    }

    /// SQLite stores decimals as text.
    fn not_decimal_text(&self, whole: Option<u16>, scale: u16) -> String {
        let (column, text) = (self.column, self.text());
        let mut condition = self.differs(NUMBER);
        if let Some(whole) = whole {
            let split = format!("instr({text} || '.', '.')");
            condition = format!(
                "{condition} OR length(ltrim(substr({text} || '.', 1, {split} - 1), '+-0')) > {whole} \
                 OR length(rtrim(substr({text}, {split} + 1), '0')) > {scale}"
            );
        }
        format!("typeof({column}) = 'blob' OR {condition}")
    }

    fn not_bool(&self) -> Option<String> {
        let column = self.column;
        match self.from {
            _ if self.is_sqlite() => {
                Some(format!("{} NOT IN ('0', '1', '0.0', '1.0')", self.text()))
            }
            _ if self.is_text() && self.is_postgres() => Some(format!(
                "lower(btrim({})) NOT IN ('t', 'true', 'y', 'yes', 'on', '1', \
                 'f', 'false', 'n', 'no', 'off', '0')",
                self.text()
            )),
            _ if self.is_text() => Some(format!("{column} NOT IN ('0', '1')")),
            _ if self.is_time() => self.changes_meaning(),
            ColumnType::Json | ColumnType::Bytes | ColumnType::Uuid => None,
            _ => Some(format!("{column} NOT IN (0, 1)")),
        }
    }

    fn too_long(&self, length: u32) -> Option<String> {
        let longest = match self.from {
            ColumnType::Varchar { length } => *length,
            ColumnType::Enum { values, .. } => {
                let lengths = values.iter().map(|value| value.chars().count());
                u32::try_from(lengths.max().unwrap_or(0)).unwrap_or(u32::MAX)
            }
            ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Bool
            | ColumnType::Double
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::DateTime
            | ColumnType::TimestampTz
            | ColumnType::Uuid => 36,
            _ => u32::MAX,
        };
        // SQLite does not enforce the old length.
        if longest <= length && !(self.is_sqlite() && self.is_text()) {
            return None;
        }
        let count = match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => "length",
            Dialect::Mysql | Dialect::Mariadb => "CHAR_LENGTH",
        };
        Some(format!("{count}({}) > {length}", self.text()))
    }

    fn not_label(&self, values: &[String]) -> Option<String> {
        if let ColumnType::Enum { values: old, .. } = self.from
            && old.iter().all(|label| values.contains(label))
        {
            return None;
        }
        let style = DdlStyle::of(self.dialect);
        let labels: Vec<String> = values.iter().map(|value| style.literal(value)).collect();
        Some(format!("{} NOT IN ({})", self.text(), labels.join(", ")))
    }

    fn not_date_or_time(&self, to: &ColumnType) -> Option<String> {
        let column = self.column;
        let is_date = *to == ColumnType::Date;
        if self.is_moment() && is_date {
            return Some(match self.dialect {
                Dialect::Postgres => format!("{column} <> date_trunc('day', {column})"),
                Dialect::Sqlite => format!("substr({column}, 11, 16) GLOB '*[1-9]*'"),
                Dialect::Mysql | Dialect::Mariadb => format!("{column} <> CAST({column} AS DATE)"),
            });
        }
        if self.is_time() {
            return Some(ALL.to_owned());
        }
        let (kind, name, pattern) = if is_date {
            ("date", "DATE", DATE)
        } else {
            ("time", "TIME(6)", TIME)
        };
        self.not_parsed(kind, name, pattern)
    }

    fn not_moment(&self, to: &ColumnType) -> Option<String> {
        match (self.from, to) {
            (ColumnType::Date, _) => return None,
            (ColumnType::Time, _) => return Some(ALL.to_owned()),
            _ if self.is_moment() => return None,
            _ => {}
        }
        let (kind, pattern) = match (to, self.dialect) {
            (ColumnType::TimestampTz, Dialect::Mysql | Dialect::Mariadb) => {
                ("aware datetime", DATE_TIME)
            }
            (ColumnType::TimestampTz, _) => ("aware datetime", TIMESTAMP_TZ),
            _ => ("datetime", DATE_TIME),
        };
        self.not_parsed(kind, "DATETIME(6)", pattern)
    }

    fn not_parsed(&self, kind: &str, name: &str, pattern: &str) -> Option<String> {
        match self.dialect {
            Dialect::Sqlite => Some(format!("oxyde_parse('{kind}', {}) IS NULL", self.text())),
            Dialect::Postgres => self.is_text().then(|| self.differs(pattern)),
            Dialect::Mysql | Dialect::Mariadb if self.is_text() => {
                let parsed = format!("CAST({} AS {name}) IS NULL", self.text());
                Some(self.unless(pattern, &parsed))
            }
            Dialect::Mysql | Dialect::Mariadb => match self.from {
                ColumnType::Json | ColumnType::Bytes | ColumnType::Custom { .. } => None,
                _ => Some(ALL.to_owned()),
            },
        }
    }

    fn not_uuid(&self) -> Option<String> {
        match self.dialect {
            Dialect::Sqlite => Some(format!("oxyde_parse('uuid', {}) IS NULL", self.text())),
            Dialect::Postgres => self.is_text().then(|| self.differs(ANY_UUID)),
            Dialect::Mysql | Dialect::Mariadb => Some(self.differs(UUID)),
        }
    }

    fn not_json(&self, to: &ColumnType) -> Option<String> {
        let text = self.text();
        match (self.dialect, to) {
            (Dialect::Postgres, _) => None,
            (Dialect::Sqlite, ColumnType::Array { .. }) => Some(format!(
                "CASE WHEN json_valid({text}) THEN json_type({text}) <> 'array' ELSE 1 END"
            )),
            (Dialect::Sqlite, _) => Some(format!("NOT json_valid({text})")),
            (Dialect::Mysql | Dialect::Mariadb, _) => self
                .is_text()
                .then(|| format!("NOT JSON_VALID({})", self.column)),
        }
    }
}
