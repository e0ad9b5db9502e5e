//! Columns and primary keys of kept tables.

use oxyde_sql::schema::Column;

use super::{DetectError, Detector, Question};
use crate::operation::{AddColumn, AlterColumn, AlterPrimaryKey, Comment, DropColumn};
use crate::state;

impl Detector<'_> {
    pub(super) fn columns(&mut self) -> Result<(), DetectError> {
        for (now, at) in self.kept() {
            let (old, new) = (self.state.tables[now].clone(), &self.new.tables[at]);
            let place = (new.name.clone(), new.schema.clone());
            if old.comment != new.comment {
                self.push(Comment {
                    table: place.0.clone(),
                    schema: place.1.clone(),
                    column: None,
                    comment: new.comment.clone(),
                })?;
            }
            for column in last(&new.columns, |column| column.generated.is_some()) {
                match state::column(&old, &column.name) {
                    Ok(before) if before != column => self.altered(&place, before, column)?,
                    Ok(_) => {}
                    Err(_) => {
                        let backfill = self.fill(&place, column, true);
                        self.push(AddColumn {
                            table: place.0.clone(),
                            schema: place.1.clone(),
                            column: column.clone(),
                            backfill,
                        })?;
                    }
                }
            }
            if old.primary_key != new.primary_key {
                self.push(AlterPrimaryKey {
                    table: place.0.clone(),
                    schema: place.1.clone(),
                    columns: new.primary_key.clone(),
                })?;
            }
            for column in last(&old.columns, |column| column.generated.is_none()) {
                if state::column(new, &column.name).is_err() {
                    self.push(DropColumn {
                        table: place.0.clone(),
                        schema: place.1.clone(),
                        name: column.name.clone(),
                        restore: None,
                    })?;
                }
            }
        }
        Ok(())
    }

    fn altered(
        &mut self,
        place: &(String, Option<String>),
        before: &Column,
        column: &Column,
    ) -> Result<(), DetectError> {
        let only_comment = Column {
            comment: column.comment.clone(),
            ..before.clone()
        } == *column;
        if only_comment {
            self.push(Comment {
                table: place.0.clone(),
                schema: place.1.clone(),
                column: Some(column.name.clone()),
                comment: column.comment.clone(),
            })?;
            return Ok(());
        }
        let backfill = if before.nullable && !column.nullable {
            self.fill(place, column, false)
        } else {
            None
        };
        self.push(AlterColumn {
            table: place.0.clone(),
            schema: place.1.clone(),
            column: column.clone(),
            using: None,
            using_back: None,
            backfill,
            backfill_back: None,
        })?;
        Ok(())
    }

    /// Return the value for existing rows: the given one, or the default of a column that
    /// was nullable before; otherwise ask for it.
    fn fill(
        &mut self,
        place: &(String, Option<String>),
        column: &Column,
        new: bool,
    ) -> Option<String> {
        let table = state::label(place.1.as_deref(), &place.0);
        let given = self
            .knowledge
            .fills
            .get(&format!("{table}.{}", column.name))
            .cloned();
        if column.generated.is_some() {
            return None;
        }
        if given.is_some() || column.nullable || column.auto_increment {
            return given.filter(|_| !column.nullable);
        }
        if column.default.is_none() {
            self.ask(Question::Fill {
                table,
                column: column.name.clone(),
                new,
            });
        }
        if new { None } else { column.default.clone() }
    }
}

/// The columns, with some of them at the end: generated columns are computed from others, so they
/// come after these and leave before them.
fn last(columns: &[Column], is_late: impl Fn(&Column) -> bool) -> impl Iterator<Item = &Column> {
    let (late, early): (Vec<&Column>, Vec<&Column>) =
        columns.iter().partition(|column| is_late(column));
    early.into_iter().chain(late)
}
