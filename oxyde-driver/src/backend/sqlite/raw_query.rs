//! Raw SQL. SQLite's values have a type, its columns only a preference: a column of the result has the
//! type of the values that were found in it.

use oxyde_sql::plan::OutputColumn;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use super::decode::{as_stored, cell, row_by};
use super::raw::Handle;
use super::statement::{Statement, Step, Stored};
use super::{ChangeCounters, bind, error, with_statement};
use crate::backend::{Outcome, wrong_count};
use crate::error::DriverError;
use crate::rows::{RowSet, Slot};

/// Run raw SQL; `types` are those that the caller gives columns by name.
pub(super) fn run(
    handle: &mut Handle,
    sql: &str,
    values: &[Value],
    types: &[(String, ColumnType)],
) -> Result<Outcome, DriverError> {
    with_statement(handle, sql, |handle, statement| {
        if statement.parameters() != values.len() {
            return Err(wrong_count(statement.parameters(), values.len()));
        }
        let before = ChangeCounters::of(handle, statement);
        let mut run = statement.start();
        bind::raw(&mut run, values)?;
        // The first step may re-prepare the statement; its columns are known only then.
        let mut step = run.step();
        let (columns, mut readers): (Vec<OutputColumn>, Vec<Reader>) =
            (0..run.statement().columns())
                .map(|at| column(run.statement(), at, types))
                .unzip();
        let mut rows = RowSet::of_columns(columns);
        while step == Step::Row {
            row_by(&mut rows, &run, readers.len(), |rows, at, stored| {
                readers[at].read(rows, stored)
            })?;
            step = run.step();
        }
        if let Step::Failed(code) = step {
            return Err(error::reported(&handle.fault(code)));
        }
        drop(run);
        for (at, reader) in readers.into_iter().enumerate() {
            rows.set_type(at, reader.ty());
        }
        Ok(before.outcome(handle, rows))
    })
}

/// Describe a column of the result, and how to read it.
fn column(
    statement: &Statement,
    at: usize,
    types: &[(String, ColumnType)],
) -> (OutputColumn, Reader) {
    let name = statement.name(at);
    let reader = match types.iter().find(|(known, _)| *known == name) {
        Some((_, ty)) => Reader::Given(ty.clone()),
        None => Reader::Found(Finding::new(
            &statement.declared(at).unwrap_or_default().to_uppercase(),
        )),
    };
    let ty = ColumnType::Text;
    (OutputColumn { name, ty }, reader)
}

/// How to read a column.
enum Reader {
    /// As the type that the caller gives; another value is an error.
    Given(ColumnType),
    /// By its values.
    Found(Finding),
}

impl Reader {
    fn read(&mut self, rows: &mut RowSet, stored: Stored<'_>) -> Result<Slot, String> {
        match self {
            Self::Given(ty) => cell(rows, ty, stored),
            Self::Found(finding) => finding.read(rows, stored),
        }
    }

    /// The type of the column, after all rows were read.
    fn ty(self) -> ColumnType {
        match self {
            Self::Given(ty) => ty,
            Self::Found(finding) => finding.ty(),
        }
    }
}

/// Finds the type of a column.
struct Finding {
    /// The type that the values have if they are stored in its form.
    declared: Option<ColumnType>,
    /// The type of a column without values.
    preferred: ColumnType,
    found: Found,
}

/// The types of the values so far.
enum Found {
    Nothing,
    One(ColumnType),
    Several,
}

impl Finding {
    /// For a column with this declared type, in upper case; empty for an expression.
    fn new(declared: &str) -> Self {
        Self {
            declared: declared_type(declared),
            preferred: preferred_type(declared),
            found: Found::Nothing,
        }
    }

    fn read(&mut self, rows: &mut RowSet, stored: Stored<'_>) -> Result<Slot, String> {
        let by_storage = match stored {
            Stored::Null => return Ok(Slot::Null),
            Stored::Integer(_) => ColumnType::BigInt,
            Stored::Real(_) => ColumnType::Double,
            Stored::Text(_) => ColumnType::Text,
            Stored::Blob(_) => ColumnType::Bytes,
        };
        let declared = self.declared.as_ref();
        let (slot, ty) = match declared.map(|ty| (cell(rows, ty, stored), ty)) {
            Some((Ok(slot), ty)) => (slot, ty),
            _ => (as_stored(rows, stored)?, &by_storage),
        };
        match &self.found {
            Found::Nothing => self.found = Found::One(ty.clone()),
            Found::One(known) if known != ty => self.found = Found::Several,
            Found::One(_) | Found::Several => (),
        }
        Ok(slot)
    }

    fn ty(self) -> ColumnType {
        match self.found {
            Found::Nothing => self.declared.unwrap_or(self.preferred),
            Found::One(ty) => ty,
            Found::Several => ColumnType::Custom {
                sql: "ANY".to_owned(),
                base: Box::new(ColumnType::Text),
            },
        }
    }
}

/// Return the column type of a declared type of Oxyde's DDL whose values are stored as another.
fn declared_type(declared: &str) -> Option<ColumnType> {
    let word = declared.split('(').next().unwrap_or_default().trim();
    Some(match word {
        "BOOLEAN" => ColumnType::Bool,
        "DECIMAL TEXT" => ColumnType::Decimal {
            precision: None,
            scale: scale_of(declared),
        },
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "TIMESTAMP" | "DATETIME" => ColumnType::DateTime,
        "TIMESTAMPTZ" => ColumnType::TimestampTz,
        "INTERVAL" => ColumnType::Interval,
        "UUID" => ColumnType::Uuid,
        "JSON TEXT" => ColumnType::Json,
        "INET TEXT" => ColumnType::Inet,
        _ => return None,
    })
}

fn scale_of(declared: &str) -> Option<u16> {
    let (_, scale) = declared.split_once(',')?;
    scale.trim_end_matches(')').trim().parse().ok()
}

/// Return the type that a column prefers by its declared type: SQLite's rules of affinity.
fn preferred_type(declared: &str) -> ColumnType {
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["INT"]) {
        ColumnType::BigInt
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        ColumnType::Text
    } else if has(&["BLOB"]) {
        ColumnType::Bytes
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        ColumnType::Double
    } else {
        ColumnType::Text
    }
}
