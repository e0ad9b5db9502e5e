use std::fmt;

macro_rules! families {
    ($($(#[$doc:meta])+ $family:ident = $name:literal, $plural:literal;)+) => {
        /// Column types that accept the same lookups and functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Family {
            $($(#[$doc])+ $family,)+
        }

        impl Family {
            /// All families.
            pub const ALL: &[Self] = &[$(Self::$family,)+];

            /// The name that Python uses for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$family => $name,)+
                }
            }
        }

        impl fmt::Display for Family {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$family => $plural,)+
                })
            }
        }
    };
}

// Its name in Python; its values in messages.
families! {
    /// Integers of any width.
    Int = "int", "integers";
    /// Floating-point numbers.
    Float = "float", "floating-point numbers";
    /// Exact decimals.
    Decimal = "decimal", "decimals";
    /// Booleans.
    Bool = "bool", "truth values";
    /// Text of any length.
    Text = "text", "text";
    /// Binary data.
    Bytes = "bytes", "binary data";
    /// Dates.
    Date = "date", "dates";
    /// Times of day.
    Time = "time", "times";
    /// Dates with times, with and without a time zone.
    DateTime = "date_time", "dates with times";
    /// Durations.
    Interval = "interval", "durations";
    /// UUIDs.
    Uuid = "uuid", "UUIDs";
    /// JSON documents.
    Json = "json", "JSON documents";
    /// IP addresses.
    Inet = "inet", "IP addresses";
    /// Arrays.
    Array = "array", "arrays";
    /// Enums.
    Enum = "enum", "enums";
    /// Vectors.
    Vector = "vector", "vectors";
    /// Ranges.
    Range = "range", "ranges";
}

/// A set of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families(u32);

impl Families {
    /// Every family.
    pub const ANY: Self = Self::of(Family::ALL);
    /// Numbers.
    pub const NUMBERS: Self = Self::of(&[Family::Int, Family::Float, Family::Decimal]);
    /// Text.
    pub const TEXT: Self = Self::of(&[Family::Text]);
    /// Text and types that read as text.
    pub const TEXTUAL: Self = Self::of(&[Family::Text, Family::Enum, Family::Uuid, Family::Inet]);
    /// Types with a year, month and day.
    pub const DATES: Self = Self::of(&[Family::Date, Family::DateTime]);
    /// Types with an hour, minute and second.
    pub const CLOCKS: Self = Self::of(&[Family::Time, Family::DateTime]);
    /// Types with an order.
    pub const ORDERED: Self = Self::ANY.without(Family::Vector);

    /// Create a set of families.
    #[must_use]
    pub const fn of(families: &[Family]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < families.len() {
            bits |= 1 << families[i] as u32;
            i += 1;
        }
        Self(bits)
    }

    /// The set without a family.
    pub(crate) const fn without(self, family: Family) -> Self {
        Self(self.0 & !(1 << family as u32))
    }

    /// Whether the set contains the family.
    #[must_use]
    pub const fn contains(self, family: Family) -> bool {
        self.0 & (1 << family as u32) != 0
    }

    /// Their names, for Python.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Family::ALL
            .iter()
            .filter(|family| self.contains(**family))
            .map(|family| family.name())
            .collect()
    }
}
