//! Rows as they came from the database, without any Python object.

use std::sync::Arc;

use oxyde_sql::plan::{OutputColumn, Plan};
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;

use crate::parts::{self, Parts};

/// Sixteen bytes: a small value itself, or where its bytes are in the arena.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slot {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Date(i32),
    Time(i64),
    DateTime(i64),
    TimestampTz(i64),
    Interval(i64),
    Decimal(u32, usize),
    Text(u32, usize),
    Bytes(u32, usize),
    Uuid(usize),
    Json(u32, usize),
    List(u32, usize),
    Vector(u32, usize),
}

const _: () = assert!(size_of::<Slot>() == 16);

const TOO_LONG: &str = "longer than 4 GiB";

/// The span of one row's decoding. Where nobody listens it is one look at a static.
pub(crate) fn decoding() -> Option<EnteredSpan> {
    (LevelFilter::current() == LevelFilter::TRACE).then(|| tracing::trace_span!("decode").entered())
}

/// What the bytes of a text slot mean.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TextKind {
    Text,
    Json,
    Decimal,
}

#[derive(Clone, Debug)]
enum Columns {
    Plan(Arc<Plan>),
    Own(Vec<OutputColumn>),
}

/// The rows of an answer: row after row of cells, and arenas that hold their texts and bytes.
///
/// Decoded while the rows arrive, on the I/O thread.
#[derive(Clone, Debug)]
pub struct RowSet {
    columns: Columns,
    rows: usize,
    pub(crate) slots: Vec<Slot>,
    pub(crate) items: Vec<Slot>,
    text: String,
    bytes: Vec<u8>,
    numbers: Vec<f32>,
    /// Who gets the rows as soon as there are so many.
    parts: Option<(Parts, usize)>,
}

/// One value of a row. Its variant follows the [`OutputColumn`]'s type on every database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A decimal number in plain notation, or `NaN`, `Infinity`, `-Infinity`.
    Decimal(&'a str),
    /// Text, enum labels, IP addresses.
    Text(&'a str),
    /// Binary data.
    Bytes(&'a [u8]),
    /// Days since 1970-01-01, within the years 1 to 9999.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00, without a zone.
    DateTime(i64),
    /// Microseconds since 1970-01-01T00:00:00 UTC.
    TimestampTz(i64),
    /// Microseconds.
    Interval(i64),
    /// The sixteen bytes of a UUID.
    Uuid(&'a [u8; 16]),
    /// A JSON document.
    Json(&'a str),
    /// The items of an array.
    List(ListCell<'a>),
    /// The numbers of a vector.
    Vector(&'a [f32]),
}

/// The items of an array cell.
#[derive(Clone, Copy, Debug)]
pub struct ListCell<'a> {
    rows: &'a RowSet,
    slots: &'a [Slot],
}

impl PartialEq for ListCell<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> ListCell<'a> {
    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The items in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cell<'a>> + use<'a> {
        let rows = self.rows;
        self.slots.iter().map(move |slot| rows.resolve(*slot))
    }
}

impl RowSet {
    /// Rows of a plan, none yet.
    pub(crate) fn of_plan(plan: &Arc<Plan>) -> Self {
        Self::with(Columns::Plan(Arc::clone(plan)))
    }

    /// Rows with columns of their own.
    pub(crate) fn of_columns(columns: Vec<OutputColumn>) -> Self {
        Self::with(Columns::Own(columns))
    }

    /// The same, whose rows are handed on while they arrive.
    pub(crate) fn in_parts(mut self, parts: Option<&Parts>) -> Self {
        self.parts = parts.map(|parts| (parts.clone(), parts::FIRST));
        self
    }

    fn with(columns: Columns) -> Self {
        Self {
            columns,
            rows: 0,
            slots: Vec::new(),
            items: Vec::new(),
            text: String::new(),
            bytes: Vec::new(),
            numbers: Vec::new(),
            parts: None,
        }
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[OutputColumn] {
        match &self.columns {
            Columns::Plan(plan) => &plan.outputs,
            Columns::Own(columns) => columns,
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The value at `row`, `column`, both from zero.
    ///
    /// # Panics
    /// When there is no such row or column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let width = self.columns().len();
        assert!(column < width, "column {column} of {width}");
        self.resolve(self.slots[row * width + column])
    }

    /// The cells of one row, in the order of the columns; cheaper than [`RowSet::cell`] for each.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = Cell<'_>> {
        let width = self.columns().len();
        self.slots[row * width..(row + 1) * width]
            .iter()
            .map(|slot| self.resolve(*slot))
    }

    /// Marks the end of a row, after its slots were pushed.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        debug_assert_eq!(self.slots.len(), self.rows * self.columns().len());
        if self
            .parts
            .as_ref()
            .is_some_and(|(_, size)| self.rows >= *size)
            && let Some((parts, size)) = self.parts.take()
        {
            let rest = Self::with(self.columns.clone());
            parts.give(std::mem::replace(self, rest));
            self.parts = Some((parts, parts::after(size)));
        }
    }

    /// Takes back the slots of a row that was not finished.
    pub(crate) fn drop_partial_row(&mut self) {
        let width = self.columns().len();
        self.slots.truncate(self.rows * width);
    }

    /// Copies at most `count` rows from `start` on.
    pub(crate) fn part(&self, start: usize, count: usize) -> Self {
        let width = self.columns().len();
        let rows = count.min(self.rows.saturating_sub(start));
        let mut part = Self::with(self.columns.clone());
        for slot in &self.slots[start * width..(start + rows) * width] {
            let moved = part.copied(self, *slot);
            part.slots.push(moved);
        }
        part.rows = rows;
        part
    }

    /// The slot of a copy of another answer's value.
    fn copied(&mut self, from: &Self, slot: Slot) -> Slot {
        let mut text = |len: u32, at: usize| {
            let start = self.text.len();
            self.text.push_str(from.slice(len, at));
            start
        };
        match slot {
            Slot::Decimal(len, at) => Slot::Decimal(len, text(len, at)),
            Slot::Text(len, at) => Slot::Text(len, text(len, at)),
            Slot::Json(len, at) => Slot::Json(len, text(len, at)),
            Slot::Bytes(len, at) => {
                let start = self.bytes.len();
                self.bytes
                    .extend_from_slice(&from.bytes[at..at + len as usize]);
                Slot::Bytes(len, start)
            }
            Slot::Uuid(at) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(&from.bytes[at..at + 16]);
                Slot::Uuid(start)
            }
            Slot::List(len, at) => {
                let items: Vec<Slot> = from.items[at..at + len as usize]
                    .iter()
                    .map(|item| self.copied(from, *item))
                    .collect();
                let start = self.items.len();
                self.items.extend(items);
                Slot::List(len, start)
            }
            Slot::Vector(len, at) => {
                let start = self.numbers.len();
                self.numbers
                    .extend_from_slice(&from.numbers[at..at + len as usize]);
                Slot::Vector(len, start)
            }
            other => other,
        }
    }

    /// Adds the rows of another answer with the same columns.
    pub(crate) fn append(&mut self, other: &Self) {
        debug_assert_eq!(self.columns().len(), other.columns().len());
        let (text, bytes, items) = (self.text.len(), self.bytes.len(), self.items.len());
        let numbers = self.numbers.len();
        let moved = |slot: &Slot| match *slot {
            Slot::Decimal(len, at) => Slot::Decimal(len, at + text),
            Slot::Text(len, at) => Slot::Text(len, at + text),
            Slot::Bytes(len, at) => Slot::Bytes(len, at + bytes),
            Slot::Json(len, at) => Slot::Json(len, at + text),
            Slot::Uuid(at) => Slot::Uuid(at + bytes),
            Slot::List(len, at) => Slot::List(len, at + items),
            Slot::Vector(len, at) => Slot::Vector(len, at + numbers),
            other => other,
        };
        self.slots.extend(other.slots.iter().map(moved));
        self.items.extend(other.items.iter().map(moved));
        self.text.push_str(&other.text);
        self.bytes.extend_from_slice(&other.bytes);
        self.numbers.extend_from_slice(&other.numbers);
        self.rows += other.rows;
    }

    /// Copies bytes into the arena and says where they are.
    pub(crate) fn keep_bytes(&mut self, bytes: &[u8]) -> Result<(u32, usize), String> {
        let len = u32::try_from(bytes.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Ok((len, at))
    }

    /// Copies a text into the arena and says where it is.
    pub(crate) fn keep_text(&mut self, text: &str) -> Result<(u32, usize), String> {
        let len = u32::try_from(text.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.text.len();
        self.text.push_str(text);
        Ok((len, at))
    }

    /// Copies the numbers of a vector into the arena.
    pub(crate) fn vector_slot(
        &mut self,
        numbers: impl ExactSizeIterator<Item = f32>,
    ) -> Result<Slot, String> {
        let len = u32::try_from(numbers.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.numbers.len();
        self.numbers.extend(numbers);
        Ok(Slot::Vector(len, at))
    }

    /// Copies a text of known type into the arena.
    pub(crate) fn text_slot(&mut self, kind: TextKind, text: &str) -> Result<Slot, String> {
        let (len, at) = self.keep_text(text)?;
        Ok(match kind {
            TextKind::Text => Slot::Text(len, at),
            TextKind::Json => Slot::Json(len, at),
            TextKind::Decimal => Slot::Decimal(len, at),
        })
    }

    /// Copies the bytes of a UUID into the arena.
    pub(crate) fn uuid_slot(&mut self, uuid: &[u8; 16]) -> Slot {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(uuid);
        Slot::Uuid(at)
    }

    fn slice(&self, len: u32, at: usize) -> &str {
        &self.text[at..at + len as usize]
    }

    fn resolve(&self, slot: Slot) -> Cell<'_> {
        match slot {
            Slot::Null => Cell::Null,
            Slot::Bool(value) => Cell::Bool(value),
            Slot::Int(value) => Cell::Int(value),
            Slot::Double(value) => Cell::Double(value),
            Slot::Date(value) => Cell::Date(value),
            Slot::Time(value) => Cell::Time(value),
            Slot::DateTime(value) => Cell::DateTime(value),
            Slot::TimestampTz(value) => Cell::TimestampTz(value),
            Slot::Interval(value) => Cell::Interval(value),
            Slot::Decimal(len, at) => Cell::Decimal(self.slice(len, at)),
            Slot::Text(len, at) => Cell::Text(self.slice(len, at)),
            Slot::Json(len, at) => Cell::Json(self.slice(len, at)),
            Slot::Bytes(len, at) => Cell::Bytes(&self.bytes[at..at + len as usize]),
            Slot::Uuid(at) => self.bytes[at..]
                .first_chunk::<16>()
                .map_or(Cell::Null, Cell::Uuid),
            Slot::List(len, at) => Cell::List(ListCell {
                rows: self,
                slots: &self.items[at..at + len as usize],
            }),
            Slot::Vector(len, at) => Cell::Vector(&self.numbers[at..at + len as usize]),
        }
    }
}
