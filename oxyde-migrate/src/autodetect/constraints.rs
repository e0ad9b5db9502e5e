//! Indexes, unique constraints, checks and foreign keys of kept tables, and the deferred
//! foreign keys of new tables.

use oxyde_sql::ddl::points_at;
use oxyde_sql::schema::{Check, ForeignKey, Index, IndexPart, Table, Unique};

use super::name_order::{Rename, in_order};
use super::{DetectError, Detector};
use crate::operation::{
    AddCheck, AddForeignKey, AddIndex, AddUnique, DropCheck, DropForeignKey, DropIndex, DropUnique,
    RenameConstraint, RenameIndex,
};
use crate::state;

/// A named part of a table.
trait Named: Clone + PartialEq {
    fn name(&self) -> &str;
    fn renamed(&self, name: &str) -> Self;
}

macro_rules! named {
    ($($ty:ident),+) => {$(
        impl Named for $ty {
            fn name(&self) -> &str {
                &self.name
            }
            fn renamed(&self, name: &str) -> Self {
                $ty { name: name.to_owned(), ..self.clone() }
            }
        }
    )+};
}

named!(Index, Unique, Check, ForeignKey);

/// Whether an index is that of a foreign key which the table has already. It is built concurrently:
/// existing projects get many such indexes at once, on large tables.
fn serves_foreign_key(old: &Table, index: &Index) -> bool {
    old.foreign_keys
        .iter()
        .any(|key| *index == Index::on(&*index.name, &key.columns))
}

/// Whether an index has SQL that mentions one of the columns.
fn is_text_on(index: &Index, columns: &[&str]) -> bool {
    let mentions = |sql: &str| columns.iter().any(|name| state::sql_mentions(sql, name));
    index.condition.as_deref().is_some_and(mentions)
        || index.parts.iter().any(|part| match part {
            IndexPart::Expression(sql) => mentions(sql),
            IndexPart::Column(_) | IndexPart::ColumnDesc(_) => false,
        })
}

/// The difference of two lists: renamed parts (old name, new name), dropped parts.
fn leaving<T: Named>(old: &[T], new: &[T]) -> (Vec<(T, String)>, Vec<T>) {
    let (mut renamed, mut gone) = (Vec::new(), Vec::new());
    let mut taken: Vec<&str> = Vec::new();
    for part in old.iter().filter(|part| !new.contains(part)) {
        let twin = new.iter().find(|other| {
            other.renamed(part.name()) == *part
                && !old.iter().any(|before| before.name() == other.name())
                && !taken.contains(&other.name())
        });
        match twin {
            Some(twin) => {
                taken.push(twin.name());
                renamed.push((part.clone(), twin.name().to_owned()));
            }
            None => gone.push(part.clone()),
        }
    }
    (renamed, gone)
}

impl Detector<'_> {
    pub(super) fn leaving_constraints(&mut self) -> Result<(), DetectError> {
        // Foreign keys of all tables first: they depend on the other tables' keys.
        self.rename_constraints(|table| &table.foreign_keys)?;
        for (now, at) in self.kept() {
            let (old, new) = (self.state.tables[now].clone(), &self.new.tables[at]);
            let (_, mut gone) = leaving(&old.foreign_keys, &new.foreign_keys);
            // Drop the foreign keys of a column while its type changes.
            for key in &old.foreign_keys {
                let moved = self.changes_type(&old, &key.columns)
                    || self.state.tables.iter().any(|target| {
                        points_at(key, target) && self.changes_type(target, &key.target_columns)
                    });
                if moved && new.foreign_keys.contains(key) {
                    gone.push(key.clone());
                }
            }
            for key in gone {
                self.push(DropForeignKey {
                    table: new.name.clone(),
                    schema: new.schema.clone(),
                    name: key.name,
                })?;
            }
        }
        for rename in self.renamed(|table| &table.indexes) {
            self.push(RenameIndex {
                table: rename.table,
                schema: rename.schema,
                from: rename.from,
                to: rename.to,
            })?;
        }
        self.rename_constraints(|table| &table.uniques)?;
        self.rename_constraints(|table| &table.checks)?;
        self.leaving_indexes_and_checks()
    }

    /// The renames of the indexes or constraints of all tables: databases do not agree which names
    /// have to be different in a whole schema.
    fn renamed<T: Named>(&self, parts: impl Fn(&Table) -> &[T]) -> Vec<Rename> {
        let mut renames = Vec::new();
        for (now, at) in self.kept() {
            let new = &self.new.tables[at];
            let (pairs, _) = leaving(parts(&self.state.tables[now]), parts(new));
            renames.extend(pairs.into_iter().map(|(part, to)| Rename {
                schema: new.schema.clone(),
                table: new.name.clone(),
                from: part.name().to_owned(),
                to,
            }));
        }
        in_order(renames, |a, b| a.schema == b.schema)
    }

    fn rename_constraints<T: Named>(
        &mut self,
        parts: impl Fn(&Table) -> &[T],
    ) -> Result<(), DetectError> {
        for rename in self.renamed(parts) {
            self.push(RenameConstraint {
                table: rename.table,
                schema: rename.schema,
                from: rename.from,
                to: rename.to,
            })?;
        }
        Ok(())
    }

    fn leaving_indexes_and_checks(&mut self) -> Result<(), DetectError> {
        for (now, at) in self.kept() {
            let (old, new) = (self.state.tables[now].clone(), &self.new.tables[at]);
            let (table, schema) = (&new.name, &new.schema);
            // Recreate expressions over a column that changes its type: the database would
            // otherwise keep them bound to the old type.
            let retyped: Vec<&str> = old
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .filter(|name| self.changes_type(&old, &[(*name).to_owned()]))
                .collect();
            let (_, mut gone) = leaving(&old.indexes, &new.indexes);
            let stays = |index: &&Index| new.indexes.contains(index);
            gone.extend(
                old.indexes
                    .iter()
                    .filter(stays)
                    .filter(|i| is_text_on(i, &retyped))
                    .cloned(),
            );
            for index in gone {
                self.push(DropIndex {
                    table: table.clone(),
                    schema: schema.clone(),
                    name: index.name,
                    concurrently: false,
                })?;
            }
            let (_, gone_uniques) = leaving(&old.uniques, &new.uniques);
            let (_, mut gone_checks) = leaving(&old.checks, &new.checks);
            let on_retyped = |check: &&Check| {
                retyped
                    .iter()
                    .any(|name| state::sql_mentions(&check.condition, name))
            };
            let stays = |check: &&Check| new.checks.contains(check);
            gone_checks.extend(old.checks.iter().filter(stays).filter(on_retyped).cloned());
            for part in gone_uniques {
                let (table, schema) = (table.clone(), schema.clone());
                self.push(DropUnique {
                    table,
                    schema,
                    name: part.name,
                })?;
            }
            for part in gone_checks {
                let (table, schema) = (table.clone(), schema.clone());
                self.push(DropCheck {
                    table,
                    schema,
                    name: part.name,
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn coming_constraints(&mut self) -> Result<(), DetectError> {
        for (now, at) in self.kept() {
            let (old, new) = (self.state.tables[now].clone(), &self.new.tables[at]);
            let (table, schema) = (&new.name, &new.schema);
            for unique in new
                .uniques
                .iter()
                .filter(|part| !old.uniques.contains(part))
            {
                self.push(AddUnique {
                    table: table.clone(),
                    schema: schema.clone(),
                    unique: unique.clone(),
                })?;
            }
            for index in new
                .indexes
                .iter()
                .filter(|part| !old.indexes.contains(part))
            {
                self.push(AddIndex {
                    table: table.clone(),
                    schema: schema.clone(),
                    index: index.clone(),
                    concurrently: serves_foreign_key(&old, index),
                })?;
            }
            for check in new.checks.iter().filter(|part| !old.checks.contains(part)) {
                self.push(AddCheck {
                    table: table.clone(),
                    schema: schema.clone(),
                    check: check.clone(),
                    not_valid: false,
                })?;
            }
        }
        for (now, at) in self.kept() {
            let (old, new) = (self.state.tables[now].clone(), &self.new.tables[at]);
            for key in new
                .foreign_keys
                .iter()
                .filter(|key| !old.foreign_keys.contains(key))
            {
                self.push(AddForeignKey {
                    table: new.name.clone(),
                    schema: new.schema.clone(),
                    foreign_key: key.clone(),
                    not_valid: false,
                })?;
            }
        }
        Ok(())
    }

    fn changes_type(&self, table: &Table, columns: &[String]) -> bool {
        let Ok(new) = state::find(self.new, table.schema.as_deref(), &table.name) else {
            return false;
        };
        columns.iter().any(
            |name| match (state::column(table, name), state::column(new, name)) {
                (Ok(old), Ok(new)) => old.ty != new.ty,
                _ => false,
            },
        )
    }
}
