//! The operation `comment`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Sets or removes the comment of a table or of one of its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The column; `None` means the table itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The comment; `None` removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Operate for Comment {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        match &self.column {
            Some(column) => {
                let at = state::column_position(table, column)?;
                table.columns[at].comment.clone_from(&self.comment);
            }
            None => table.comment.clone_from(&self.comment),
        }
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let comment = match &self.column {
            Some(column) => state::column(table, column)?.comment.clone(),
            None => table.comment.clone(),
        };
        Ok(Comment {
            table: self.table.clone(),
            schema: self.schema.clone(),
            column: self.column.clone(),
            comment,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        match &self.column {
            Some(column) => format!("comment on column {table}.{column}"),
            None => format!("comment on table {table}"),
        }
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let place = (self.schema.as_deref(), self.table.as_str());
        let Some(column) = &self.column else {
            return lower_change(before, after, style, place, &Change::CommentTable);
        };
        let from = state::column(state::find(before, place.0, place.1)?, column)?;
        let to = state::column(state::find(after, place.0, place.1)?, column)?;
        let change = Change::AlterColumn {
            from,
            to,
            using: None,
            backfill: None,
        };
        lower_change(before, after, style, place, &change)
    }
}
