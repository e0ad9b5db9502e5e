//! `COPY … FROM STDIN`: inserts many rows without a statement for them.
//!
//! COPY returns no rows and supports no upsert. Generated keys are therefore taken
//! from the column's sequence first, in the order of the rows. The same query checks whether
//! the role may do so, and whether the table is a plain one: row-level security refuses COPY, and
//! COPY bypasses rules (<https://www.postgresql.org/docs/current/sql-copy.html>, "Notes").

use super::assignment::{column_names, names};
use super::context::{Context, Piece};
use super::fragment::Precedence;
use super::source;
use crate::error::SqlError;
use crate::ir::{Expr, Insert};
use crate::plan::Copy;
use crate::types::{ColumnType, Family};

/// How to copy the rows of an insert; `None` if the statement is required.
pub(super) fn copy(cx: &Context<'_>, insert: &Insert) -> Result<Option<Copy>, SqlError> {
    let fits = insert.columns.iter().all(|column| is_copied(&column.ty));
    if !cx.features.copy_in || insert.conflict.is_some() || !fits {
        return Ok(None);
    }
    let key = match insert.returning.as_slice() {
        [] => None,
        [output] => match &output.expr {
            Expr::Column { name, ty, .. } if is_counted(ty) => Some(name.as_str()),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let table = source::table_sql(cx, &insert.table)?;
    let columns = column_names(cx, names(&insert.columns).chain(key))?;
    let into = cx.join.fill(
        "COPY {0} {1} FROM STDIN",
        &[table.clone(), columns],
        Precedence::Or,
    );
    let (sql, _) = cx.write(&[Piece::Sql(into)]);
    let (table, _) = cx.write(&[Piece::Sql(table)]);
    let table = literal(&table);
    let plain = format!(
        "FROM pg_class AS c WHERE c.oid = {table}::regclass AND c.relkind IN ('r', 'p') \
         AND NOT c.relhasrules AND NOT row_security_active(c.oid)"
    );
    let check = match key {
        None => format!("SELECT TRUE {plain}"),
        Some(key) => {
            let sequence = format!("pg_get_serial_sequence({table}, {})", literal(key));
            // OFFSET 0 prevents inlining of the subquery, which would look up the sequence for each
            // key.
            format!(
                "SELECT array_agg(nextval(s.sequence)) FROM (SELECT {sequence}::regclass AS sequence \
                 {plain} AND has_sequence_privilege({sequence}, 'USAGE') OFFSET 0) AS s, \
                 generate_series(1, $1::bigint)"
            )
        }
    };
    Ok(Some(Copy {
        sql,
        check,
        keyed: key.is_some(),
    }))
}

/// Whether a column takes the text that COPY sends: an array's differs, and a type of the user's
/// own need not read the text of bytes.
fn is_copied(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Custom { base, .. } => **base != ColumnType::Bytes && is_copied(base),
        ty => ty.family() != Family::Array,
    }
}

fn is_counted(ty: &ColumnType) -> bool {
    matches!(
        ty,
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt
    )
}

/// A string literal; a backslash is literal (`standard_conforming_strings`).
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
