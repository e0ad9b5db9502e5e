//! Rows from the database, without any Python object.

mod chunks;
mod from_cell;
#[cfg(feature = "chrono")]
mod from_cell_chrono;
#[cfg(feature = "time")]
mod from_cell_time;
mod from_row;
mod row;

use std::ops::Range;
use std::sync::Arc;

pub use chunks::{Chunk, ChunkSink};
pub use from_cell::{FromCell, Json, Mismatch};
pub use from_row::FromRow;
use oxyde_sql::plan::{OutputColumn, Plan};
use oxyde_sql::value::Included;
pub use row::{ColumnIndex, Row};
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;

/// Sixteen bytes: a small value, or the position of its bytes in the arena.
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
    /// The position of the bounds among the items; `None` is the empty range.
    Range(Option<Included>, usize),
}

const _: () = assert!(size_of::<Slot>() == 16);

const TOO_LONG: &str = "longer than 4 GiB";

/// The tracing span of decoding one row. Without a subscriber it costs one static load.
pub(crate) fn decoding() -> Option<EnteredSpan> {
    (LevelFilter::current() == LevelFilter::TRACE).then(|| tracing::trace_span!("decode").entered())
}

/// The kind of a text slot.
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

/// The rows of a result: cells row by row, and arenas that contain their strings and bytes.
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
    /// The receiver of finished chunks, and their size.
    sink: Option<(ChunkSink, usize)>,
}

/// The iterator of [`RowSet::iter`].
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    of: &'a RowSet,
    at: Range<usize>,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        self.at.next().map(|row| self.of.row(row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.at.size_hint()
    }
}

impl ExactSizeIterator for Rows<'_> {}

impl<'a> IntoIterator for &'a RowSet {
    type Item = Row<'a>;
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

/// A value of a row. Its variant corresponds to the [`OutputColumn`]'s type on every database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL.
    Null,
    /// A boolean.
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
    /// A range.
    Range(RangeCell<'a>),
}

/// A range in a cell.
#[derive(Clone, Copy, Debug)]
pub struct RangeCell<'a> {
    rows: &'a RowSet,
    at: usize,
    included: Option<Included>,
}

impl PartialEq for RangeCell<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.included == other.included
            && (self.lower(), self.upper()) == (other.lower(), other.upper())
    }
}

impl<'a> RangeCell<'a> {
    /// Return which bounds are included; `None` for the empty range.
    #[must_use]
    pub fn included(&self) -> Option<Included> {
        self.included
    }

    /// Return the lower bound; NULL for none, and of the empty range.
    #[must_use]
    pub fn lower(&self) -> Cell<'a> {
        self.bound(0)
    }

    /// Return the upper bound; NULL for none, and of the empty range.
    #[must_use]
    pub fn upper(&self) -> Cell<'a> {
        self.bound(1)
    }

    fn bound(&self, which: usize) -> Cell<'a> {
        match self.included {
            Some(_) => self.rows.resolve(self.rows.items[self.at + which]),
            None => Cell::Null,
        }
    }
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
    /// Return the number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Iterate over the items in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cell<'a>> + use<'a> {
        let rows = self.rows;
        self.slots.iter().map(move |slot| rows.resolve(*slot))
    }
}

impl RowSet {
    /// Create an empty result of a plan.
    pub(crate) fn of_plan(plan: &Arc<Plan>) -> Self {
        Self::with(Columns::Plan(Arc::clone(plan)))
    }

    /// Create an empty result with these columns.
    pub(crate) fn of_columns(columns: Vec<OutputColumn>) -> Self {
        Self::with(Columns::Own(columns))
    }

    /// The same, but rows are passed on while they arrive.
    pub(crate) fn with_sink(mut self, sink: Option<&ChunkSink>) -> Self {
        self.sink = sink.map(|sink| (sink.clone(), chunks::FIRST));
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
            sink: None,
        }
    }

    /// Return the columns in order.
    #[must_use]
    pub fn columns(&self) -> &[OutputColumn] {
        match &self.columns {
            Columns::Plan(plan) => &plan.outputs,
            Columns::Own(columns) => columns,
        }
    }

    /// Return the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Return the value at `row`, `column`, both from zero.
    ///
    /// # Panics
    /// If the row or column does not exist.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let width = self.columns().len();
        assert!(column < width, "column {column} of {width}");
        self.resolve(self.slots[row * width + column])
    }

    /// Return one row; its cells are cheaper than [`RowSet::cell`] for each.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn row(&self, row: usize) -> Row<'_> {
        let width = self.columns().len();
        Row::new(self, &self.slots[row * width..(row + 1) * width])
    }

    /// Iterate over the rows.
    #[must_use]
    pub fn iter(&self) -> Rows<'_> {
        Rows {
            of: self,
            at: 0..self.rows,
        }
    }

    /// Mark the end of a row, after its slots were pushed.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        debug_assert_eq!(self.slots.len(), self.rows * self.columns().len());
        if self
            .sink
            .as_ref()
            .is_some_and(|(_, size)| self.rows >= *size)
            && let Some((sink, size)) = self.sink.take()
        {
            let rest = Self::with(self.columns.clone());
            sink.give(std::mem::replace(self, rest));
            self.sink = Some((sink, chunks::after(size)));
        }
    }

    /// Give other work a turn after many rows of a long answer, whose reader may change threads then.
    pub(crate) async fn give_turn(&self) {
        if self.rows.is_multiple_of(chunks::FIRST) {
            tokio::task::yield_now().await;
        }
    }

    /// Remove the slots of an unfinished row.
    pub(crate) fn drop_partial_row(&mut self) {
        let width = self.columns().len();
        self.slots.truncate(self.rows * width);
    }

    /// Copy at most `count` rows from `start` on.
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

    /// Copy a value of another result, and return its slot.
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
            Slot::Range(Some(included), at) => {
                let bounds = [at, at + 1].map(|at| self.copied(from, from.items[at]));
                self.range_slot(Some((bounds, included)))
            }
            other => other,
        }
    }

    /// Append the rows of another result with the same columns.
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
            Slot::Range(included, at) => Slot::Range(included, at + items),
            other => other,
        };
        self.slots.extend(other.slots.iter().map(moved));
        self.items.extend(other.items.iter().map(moved));
        self.text.push_str(&other.text);
        self.bytes.extend_from_slice(&other.bytes);
        self.numbers.extend_from_slice(&other.numbers);
        self.rows += other.rows;
    }

    /// Copy bytes into the arena and return their position.
    pub(crate) fn keep_bytes(&mut self, bytes: &[u8]) -> Result<(u32, usize), String> {
        let len = u32::try_from(bytes.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Ok((len, at))
    }

    /// Copy a string into the arena and return its position.
    pub(crate) fn keep_text(&mut self, text: &str) -> Result<(u32, usize), String> {
        let len = u32::try_from(text.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.text.len();
        self.text.push_str(text);
        Ok((len, at))
    }

    /// Copy the numbers of a vector into the arena.
    pub(crate) fn vector_slot(
        &mut self,
        numbers: impl ExactSizeIterator<Item = f32>,
    ) -> Result<Slot, String> {
        let len = u32::try_from(numbers.len()).map_err(|_| TOO_LONG.to_owned())?;
        let at = self.numbers.len();
        self.numbers.extend(numbers);
        Ok(Slot::Vector(len, at))
    }

    /// Keep the bounds of a range; `None` is the empty one.
    pub(crate) fn range_slot(&mut self, range: Option<([Slot; 2], Included)>) -> Slot {
        let at = self.items.len();
        let Some((bounds, included)) = range else {
            return Slot::Range(None, at);
        };
        self.items.extend(bounds);
        Slot::Range(Some(included), at)
    }

    /// Copy a string of known kind into the arena.
    pub(crate) fn text_slot(&mut self, kind: TextKind, text: &str) -> Result<Slot, String> {
        let (len, at) = self.keep_text(text)?;
        Ok(match kind {
            TextKind::Text => Slot::Text(len, at),
            TextKind::Json => Slot::Json(len, at),
            TextKind::Decimal => Slot::Decimal(len, at),
        })
    }

    /// Copy the bytes of a UUID into the arena.
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
            Slot::Range(included, at) => Cell::Range(RangeCell {
                rows: self,
                at,
                included,
            }),
        }
    }
}
