//! The end of the way: text and the order of the placeholders.

use std::fmt;

use sea_query::{QueryBuilder, SqlWriter, Value};

use super::fragment::SEAM;
use crate::plan::Bind;

/// What a slot marker in a statement stands for.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// A placeholder.
    Bind(Bind),
    /// Text of our own where sea-query takes values only (`LIMIT`).
    Text(String),
}

/// Takes the text from sea-query and turns slot markers into placeholders.
///
/// Every value in a statement is a marker: a number that names a slot. So the order in which
/// sea-query writes them is the order of the binds, however often or wherever it writes one.
pub(super) struct Writer<'a> {
    slots: &'a [Slot],
    numbered: bool,
    share_clause: &'static str,
    pub(super) text: String,
    pub(super) binds: Vec<Bind>,
}

/// sea-query's words for a shared lock on MySQL, which take no `NOWAIT` and the like there.
const OLD_SHARE_CLAUSE: &str = "LOCK IN SHARE MODE";

impl<'a> Writer<'a> {
    /// `share_clause` replaces the words of a shared lock; `numbered` gives `$1`, else `?`.
    pub(super) fn new(slots: &'a [Slot], numbered: bool, share_clause: &'static str) -> Self {
        Self {
            slots,
            numbered,
            share_clause,
            text: String::with_capacity(256),
            binds: Vec::with_capacity(slots.len()),
        }
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text {
            SEAM => {}
            OLD_SHARE_CLAUSE => self.text.push_str(self.share_clause),
            _ => self.text.push_str(text),
        }
        Ok(())
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        self.text.push(c);
        Ok(())
    }
}

impl fmt::Display for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SqlWriter for Writer<'_> {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, _: &T) {
        let Value::BigUnsigned(Some(slot)) = value else {
            debug_assert!(false, "only slot markers are put into statements");
            return;
        };
        match usize::try_from(slot)
            .ok()
            .and_then(|slot| self.slots.get(slot))
        {
            Some(Slot::Bind(bind)) => {
                self.binds.push(bind.clone());
                if self.numbered {
                    self.text.push('$');
                    self.text.push_str(&self.binds.len().to_string());
                } else {
                    self.text.push('?');
                }
            }
            Some(Slot::Text(text)) => self.text.push_str(text),
            None => debug_assert!(false, "a slot marker without a slot"),
        }
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}
