//! Produces the SQL text and the order of the placeholders.

use std::collections::HashMap;
use std::fmt;

use sea_query::{QueryBuilder, SqlWriter, Value};

use super::fragment::{SEAM, Sql};
use crate::plan::Bind;

/// The meaning of a slot marker in a statement.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// A placeholder.
    Bind(Bind),
    /// Our own text, in places where sea-query accepts only values (`LIMIT`).
    Text(String),
    /// Our own expression, in the same places.
    Sql(Box<Sql>),
}

/// Receives the text from sea-query and replaces slot markers by placeholders.
///
/// Every value in a statement is a marker: a number that identifies a slot. So the order in which
/// sea-query writes them is the order of the binds, no matter how often or where it writes one.
pub(super) struct Writer<'a> {
    slots: &'a [Slot],
    numbered: bool,
    share_clause: &'static str,
    /// The numbers of placeholders, by their param.
    numbers: HashMap<u32, Vec<usize>>,
    pub(super) text: String,
    pub(super) binds: Vec<Bind>,
}

/// sea-query's clause for a shared lock on MySQL, which accepts no `NOWAIT` or `SKIP LOCKED`.
const OLD_SHARE_CLAUSE: &str = "LOCK IN SHARE MODE";

impl<'a> Writer<'a> {
    /// `share_clause` replaces the clause of a shared lock; `numbered` means `$1`, otherwise `?`.
    pub(super) fn new(slots: &'a [Slot], numbered: bool, share_clause: &'static str) -> Self {
        Self {
            slots,
            numbered,
            share_clause,
            numbers: HashMap::new(),
            text: String::with_capacity(256),
            binds: Vec::with_capacity(slots.len()),
        }
    }
}

impl Writer<'_> {
    /// The number of a placeholder. A value in two places is one placeholder: `GROUP BY a + $1`
    /// matches `SELECT a + $1`, but not `SELECT a + $2`.
    fn number(&mut self, bind: &Bind) -> usize {
        let known = self.numbers.entry(bind.param).or_default();
        if let Some(at) = known.iter().find(|at| self.binds[**at] == *bind) {
            return at + 1;
        }
        known.push(self.binds.len());
        self.binds.push(bind.clone());
        self.binds.len()
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
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        let Value::BigUnsigned(Some(slot)) = value else {
            debug_assert!(false, "only slot markers are put into statements");
            return;
        };
        match usize::try_from(slot)
            .ok()
            .and_then(|slot| self.slots.get(slot))
        {
            Some(Slot::Bind(bind)) => {
                if self.numbered {
                    let number = self.number(bind);
                    self.text.push('$');
                    self.text.push_str(&number.to_string());
                } else {
                    self.binds.push(bind.clone());
                    self.text.push('?');
                }
            }
            Some(Slot::Text(text)) => self.text.push_str(text),
            Some(Slot::Sql(sql)) => builder.prepare_expr(sql.as_expr(), self),
            None => debug_assert!(false, "a slot marker without a slot"),
        }
    }

    fn as_writer(&mut self) -> &mut dyn fmt::Write {
        self
    }
}
