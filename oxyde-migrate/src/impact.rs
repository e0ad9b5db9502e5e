//! What the operations of a plan make others wait for, on which tables and how many rows.
//!
//! PostgreSQL: the lock modes of its manual, "Explicit Locking" and `ALTER TABLE`. MySQL: "Online DDL
//! Operations" of its manual. SQLite: one writer at a time; readers go on (WAL).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use oxyde_driver::DriverError;
use oxyde_sql::dialect::{AlterStyle, DdlStyle};
use oxyde_sql::schema::Schema;
use oxyde_sql::types::ColumnType;

use crate::operation::{AddColumn, AlterColumn, Operation};
use crate::plan::MigrationPlan;
use crate::server;
use crate::session::Session;
use crate::state;

/// Who waits for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Nobody.
    Nobody,
    /// Other writers.
    Writers,
    /// Readers and writers.
    Everyone,
}

impl Waits {
    /// Its name in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nothing",
            Self::Writers => "writes",
            Self::Everyone => "reads and writes",
        }
    }
}

/// What an operation does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It changes the catalogue only.
    Catalogue,
    /// It reads all rows.
    ReadsRows,
    /// It builds an index.
    BuildsIndex,
    /// It writes all rows again.
    RewritesRows,
}

impl Work {
    /// Its name in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Catalogue => "the catalogue is changed",
            Self::ReadsRows => "all rows are read",
            Self::BuildsIndex => "the index is built",
            Self::RewritesRows => "all rows are written again",
        }
    }
}

/// The effect of an operation on the other users of a table, whatever its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Schema of the table; `None` is the default schema.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// Who waits.
    pub waits: Waits,
    /// How long: as long as this lasts.
    pub work: Work,
}

/// The effect of an operation on a table of this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// The table.
    pub table: String,
    /// Its number of rows, as the server estimates it.
    pub rows: u64,
    /// Who waits.
    pub waits: Waits,
    /// How long: as long as this lasts.
    pub work: Work,
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Impact { table, rows, .. } = self;
        let (waits, work) = (self.waits.word(), self.work.word());
        let verb = if self.waits == Waits::Nobody {
            "waits"
        } else {
            "wait"
        };
        let plural = if *rows == 1 { "" } else { "s" };
        write!(
            f,
            "{table}, about {} row{plural}: {waits} {verb}",
            grouped(*rows)
        )?;
        match self.work {
            Work::Catalogue => write!(f, " for a moment, once open transactions have ended"),
            _ => write!(f, " while {work}"),
        }
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Return the effect of an operation; `None` if it concerns no existing table, or if it is the
/// project's own SQL or Python. `before` is the state before the operation.
pub(crate) fn effect(operation: &Operation, before: &Schema, style: &DdlStyle) -> Option<Effect> {
    use Operation as O;

    let (schema, table) = table_of(operation)?;
    let (waits, work) = match style.alter {
        AlterStyle::Rebuild => on_sqlite(operation),
        AlterStyle::Clauses => match operation {
            O::AlterColumn(alter) => altered(alter, before, Waits::Everyone),
            O::AddColumn(add) => (Waits::Everyone, added(add)),
            O::AddIndex(add) if add.concurrently => (Waits::Nobody, Work::BuildsIndex),
            O::AddIndex(_) => (Waits::Writers, Work::BuildsIndex),
            O::DropIndex(drop) if drop.concurrently => (Waits::Nobody, Work::Catalogue),
            O::AddUnique(_) | O::AlterPrimaryKey(_) => (Waits::Everyone, Work::BuildsIndex),
            O::AddCheck(add) if !add.not_valid => (Waits::Everyone, Work::ReadsRows),
            O::AddForeignKey(add) if !add.not_valid => (Waits::Writers, Work::ReadsRows),
            O::DistributeTable(_) | O::ReferenceTable(_) | O::UndistributeTable(_) => {
                (Waits::Everyone, Work::RewritesRows)
            }
            O::Comment(_) => (Waits::Nobody, Work::Catalogue),
            _ => (Waits::Everyone, Work::Catalogue),
        },
        AlterStyle::Modify => match operation {
            O::AlterColumn(alter) => altered(alter, before, Waits::Writers),
            O::AddColumn(add) if add.column.generated.is_some() => {
                (Waits::Writers, Work::RewritesRows)
            }
            O::AddIndex(add) if add.index.method.as_deref() == Some("fulltext") => {
                (Waits::Writers, Work::BuildsIndex)
            }
            O::AddIndex(_) | O::AddUnique(_) => (Waits::Nobody, Work::BuildsIndex),
            O::AlterPrimaryKey(_) => (Waits::Nobody, Work::RewritesRows),
            O::AddCheck(_) | O::AddForeignKey(_) => (Waits::Writers, Work::RewritesRows),
            _ => (Waits::Everyone, Work::Catalogue),
        },
    };
    Some(Effect {
        schema: schema.map(str::to_owned),
        table: table.to_owned(),
        waits,
        work,
    })
}

/// Return the schema and name of the table that an operation changes.
fn table_of(operation: &Operation) -> Option<(Option<&str>, &str)> {
    use Operation as O;

    let (schema, table) = match operation {
        O::DropTable(drop) => (&drop.schema, &drop.name),
        O::RenameTable(rename) => (&rename.schema, &rename.from),
        O::AddColumn(add) => (&add.schema, &add.table),
        O::DropColumn(drop) => (&drop.schema, &drop.table),
        O::AlterColumn(alter) => (&alter.schema, &alter.table),
        O::RenameColumn(rename) => (&rename.schema, &rename.table),
        O::AlterPrimaryKey(alter) => (&alter.schema, &alter.table),
        O::AddIndex(add) => (&add.schema, &add.table),
        O::DropIndex(drop) => (&drop.schema, &drop.table),
        O::RenameIndex(rename) => (&rename.schema, &rename.table),
        O::RenameConstraint(rename) => (&rename.schema, &rename.table),
        O::AddUnique(add) => (&add.schema, &add.table),
        O::DropUnique(drop) => (&drop.schema, &drop.table),
        O::AddCheck(add) => (&add.schema, &add.table),
        O::DropCheck(drop) => (&drop.schema, &drop.table),
        O::AddForeignKey(add) => (&add.schema, &add.table),
        O::DropForeignKey(drop) => (&drop.schema, &drop.table),
        O::DistributeTable(distribute) => (&distribute.schema, &distribute.name),
        O::ReferenceTable(reference) => (&reference.schema, &reference.name),
        O::UndistributeTable(undistribute) => (&undistribute.schema, &undistribute.name),
        O::Comment(comment) => (&comment.schema, &comment.table),
        _ => return None,
    };
    Some((schema.as_deref(), table))
}

fn on_sqlite(operation: &Operation) -> (Waits, Work) {
    use Operation as O;

    let work = match operation {
        O::AddIndex(_) => Work::BuildsIndex,
        O::AlterColumn(_)
        | O::AlterPrimaryKey(_)
        | O::AddUnique(_)
        | O::DropUnique(_)
        | O::AddCheck(_)
        | O::DropCheck(_)
        | O::AddForeignKey(_)
        | O::DropForeignKey(_)
        | O::DropColumn(_) => Work::RewritesRows,
        _ => Work::Catalogue,
    };
    (Waits::Writers, work)
}

fn added(add: &AddColumn) -> Work {
    let column = &add.column;
    let is_computed = column.auto_increment
        || column.generated.is_some()
        || column.default.as_deref().is_some_and(is_volatile);
    if is_computed {
        Work::RewritesRows
    } else {
        Work::Catalogue
    }
}

/// `rewriting` is who waits while the rows are written again.
fn altered(alter: &AlterColumn, before: &Schema, rewriting: Waits) -> (Waits, Work) {
    let old = state::find(before, alter.schema.as_deref(), &alter.table)
        .and_then(|table| state::column(table, &alter.column.name));
    let Ok(old) = old else {
        return (Waits::Everyone, Work::Catalogue);
    };
    if old.ty != alter.column.ty && !changes_only_catalogue(&old.ty, &alter.column.ty) {
        return (rewriting, Work::RewritesRows);
    }
    if old.nullable && !alter.column.nullable {
        return (Waits::Everyone, Work::ReadsRows);
    }
    (Waits::Everyone, Work::Catalogue)
}

/// Whether a default differs from row to row. The transaction's time does not, so it is stored once.
pub(crate) fn is_volatile(default: &str) -> bool {
    const STABLE: [&str; 5] = [
        "now()",
        "current_timestamp",
        "current_date",
        "localtimestamp",
        "current_time",
    ];
    let default = default.to_ascii_lowercase();
    default.contains('(') && !STABLE.iter().any(|word| default.starts_with(word))
}

/// Whether a change of type changes only the catalogue: a longer string, another enum label.
pub(crate) fn changes_only_catalogue(old: &ColumnType, new: &ColumnType) -> bool {
    match (old, new) {
        (ColumnType::Varchar { .. }, ColumnType::Text) => true,
        (ColumnType::Varchar { length: old }, ColumnType::Varchar { length: new }) => old <= new,
        (
            ColumnType::Decimal {
                scale: old_scale,
                precision: old,
            },
            ColumnType::Decimal {
                scale,
                precision: new,
            },
        ) => old_scale == scale && (new.is_none() || old <= new),
        (ColumnType::Enum { name: old, .. }, ColumnType::Enum { name: new, .. }) => old == new,
        _ => false,
    }
}

/// Return the impact of each operation of each migration of a plan; `None` if it concerns no table
/// that exists now.
///
/// # Errors
/// The database refuses a query, or the connection is lost.
pub async fn estimate(
    session: &Session,
    plan: &MigrationPlan,
) -> Result<Vec<Vec<Option<Impact>>>, DriverError> {
    let server = server::of(session.style());
    let mut sizes = BTreeMap::new();
    let mut impacts = Vec::with_capacity(plan.migrations.len());
    for item in &plan.migrations {
        let mut of_item = Vec::with_capacity(item.effects.len());
        for effect in &item.effects {
            let Some(effect) = effect else {
                of_item.push(None);
                continue;
            };
            let key = (effect.schema.as_deref(), effect.table.as_str());
            let rows: Option<u64> = match sizes.entry(key) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    *unknown.insert(server.row_count(session, key.0, key.1).await?)
                }
            };
            of_item.push(rows.map(|rows| Impact {
                table: state::label(key.0, key.1),
                rows,
                waits: effect.waits,
                work: effect.work,
            }));
        }
        impacts.push(of_item);
    }
    Ok(impacts)
}

#[cfg(test)]
mod tests {
    use super::{grouped, is_volatile};

    #[test]
    fn groups_of_digits() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn the_time_of_the_transaction_is_stored_once() {
        assert!(!is_volatile("now()") && !is_volatile("1"));
        assert!(is_volatile("random()") && is_volatile("gen_random_uuid()"));
    }
}
