//! What a rebuild of a table has to repeat.

use std::slice::from_ref;

use oxyde_sql::ddl::{SchemaError, is_literal, set_native, table_sql, type_sql};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, RawPart, RawPlace, Table};
use oxyde_sql::types::ColumnType;

use super::parse::{Clause, ColumnDefinition, TableDefinition};
use super::tokens::{tokens, unquoted};

/// The table of a rebuild, with what only the database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The new table.
    pub(crate) table: Table,
    /// Further columns whose values are copied.
    pub(crate) copied: Vec<String>,
    /// Columns of the new table that the database computes.
    pub(crate) computed: Vec<String>,
}

/// Add to the new table what the definition in the database has and the old state does not know;
/// `Err` tells what cannot be kept.
///
/// # Errors
/// As [`table_sql`], for the state before.
pub(crate) fn keep_in_table(
    style: &DdlStyle,
    definition: &str,
    before: &Table,
    after: &Table,
) -> Result<Result<Kept, String>, SchemaError> {
    let known = table_sql(style, before, &before.name, &|_| true)?;
    let keeping = Keeping {
        style,
        real: TableDefinition::read(definition),
        known: TableDefinition::read(&known),
        before,
        after,
    };
    Ok(keeping.kept())
}

struct Keeping<'a> {
    style: &'a DdlStyle,
    real: TableDefinition,
    /// What the state before would create.
    known: TableDefinition,
    before: &'a Table,
    after: &'a Table,
}

impl Keeping<'_> {
    fn kept(&self) -> Result<Kept, String> {
        let mut kept = Kept {
            table: self.after.clone(),
            copied: Vec::new(),
            computed: Vec::new(),
        };
        let mut place = 0;
        for real in &self.real.columns {
            let found = |table: &Table| find(&table.columns, &real.name);
            if let Some(old) = found(self.before) {
                if let Some(at) = found(&kept.table) {
                    let old = &self.before.columns[old];
                    self.keep_in_column(real, old, &mut kept, at)?;
                    place = at + 1;
                }
                continue;
            }
            self.keep_column(real, &mut kept, place)?;
            place += 1;
        }
        for clause in &self.real.constraints {
            if !self.knows_constraint(clause) {
                self.check_columns(clause)?;
                kept.table.raw.push(RawPart {
                    place: RawPlace::Definition,
                    name: clause.name.clone().unwrap_or_else(|| clause.sql.clone()),
                    sql: clause.sql.clone(),
                });
            }
        }
        self.keep_options(&mut kept.table);
        Ok(kept)
    }

    /// Keep a whole column.
    fn keep_column(
        &self,
        real: &ColumnDefinition,
        kept: &mut Kept,
        place: usize,
    ) -> Result<(), String> {
        if find(&self.after.columns, &real.name).is_some() {
            return Err(format!(
                "the database already has a column `{}`, which no migration added",
                real.name
            ));
        }
        for clause in &real.clauses {
            if clause.kind == "PRIMARY" {
                return Err(format!(
                    "the column `{}`, which no migration added, is the primary key",
                    real.name
                ));
            }
            self.check_columns(clause)?;
        }
        if is_computed(real) {
            kept.computed.push(real.name.clone());
        } else {
            kept.copied.push(real.name.clone());
        }
        let column = Column {
            native: Some(real.sql.clone()),
            nullable: true,
            ..Column::new(&real.name, ColumnType::Text)
        };
        kept.table.columns.insert(place, column);
        Ok(())
    }

    /// Keep the parts of a column's definition.
    fn keep_in_column(
        &self,
        real: &ColumnDefinition,
        old: &Column,
        kept: &mut Kept,
        at: usize,
    ) -> Result<(), String> {
        let known = self.known.column(&real.name);
        let new = &mut kept.table.columns[at];
        let retyped = old.ty != new.ty || old.native != new.native;
        let counted = old.auto_increment || new.auto_increment;
        let same_type = known.is_some_and(|known| known.ty.eq_ignore_ascii_case(&real.ty));
        if !retyped && !counted && !same_type {
            set_native(self.style, new, real.ty.clone());
        }
        let counts = |column: &ColumnDefinition| {
            let mut keys = column.of_kind("PRIMARY");
            keys.any(|clause| clause.mentions("autoincrement"))
        };
        // SQLite counts a key without AUTOINCREMENT too, and uses the keys of deleted rows again.
        if old.auto_increment && new.auto_increment && new.counter.is_none() && !counts(real) {
            new.counter = Some("PRIMARY KEY".to_owned());
        }
        for clause in &real.clauses {
            let is_known = known
                .is_some_and(|known| known.clauses.iter().any(|other| other.key == clause.key));
            let keeps = !is_known
                && match clause.kind.as_str() {
                    "NULL" | "PRIMARY" => false,
                    "NOT" => old.nullable == new.nullable && !self.in_key(&old.name),
                    "DEFAULT" => {
                        if old.default == new.default {
                            new.default = Some(as_default(&clause.value));
                        }
                        false
                    }
                    "COLLATE" => !retyped,
                    "UNIQUE" => !self.knows_unique(clause, from_ref(&real.name)),
                    "REFERENCES" => !self.knows_key(from_ref(&real.name)),
                    "AS" | "GENERATED" => {
                        if old.generated.is_none() {
                            kept.computed.push(old.name.clone());
                        }
                        old.generated.is_none()
                    }
                    "CHECK" => !self.knows_check(clause),
                    _ => true,
                };
            if keeps {
                self.check_columns(clause)?;
                let raw = new.raw.take();
                new.raw = Some(
                    raw.map_or_else(|| clause.sql.clone(), |raw| format!("{raw} {}", clause.sql)),
                );
            }
        }
        Ok(())
    }

    fn in_key(&self, name: &String) -> bool {
        self.before.primary_key.contains(name)
    }

    fn knows_constraint(&self, clause: &Clause) -> bool {
        let known = &self.known.constraints;
        if known.iter().any(|other| other.key == clause.key) {
            return true;
        }
        match clause.kind.as_str() {
            "PRIMARY" => true,
            "UNIQUE" => self.knows_unique(clause, &names(clause)),
            "FOREIGN" => self.knows_key(&names(clause)),
            "CHECK" => self.knows_check(clause),
            _ => false,
        }
    }

    fn knows_check(&self, clause: &Clause) -> bool {
        let columns = self.known.columns.iter();
        columns
            .flat_map(|column| column.of_kind("CHECK"))
            .chain(&self.known.constraints)
            .any(|known| {
                known.key == clause.key || (known.name.is_some() && known.name == clause.name)
            })
    }

    fn knows_unique(&self, clause: &Clause, columns: &[String]) -> bool {
        self.before.uniques.iter().any(|unique| {
            Some(&unique.name) == clause.name.as_ref() || same_names(&unique.columns, columns)
        })
    }

    fn knows_key(&self, columns: &[String]) -> bool {
        let keys = &self.before.foreign_keys;
        keys.iter().any(|key| same_names(&key.columns, columns))
    }

    /// Refuse to keep what uses a column that the migration drops.
    fn check_columns(&self, clause: &Clause) -> Result<(), String> {
        let dropped = |column: &&Column| find(&self.after.columns, &column.name).is_none();
        let mut gone = self.before.columns.iter().filter(dropped);
        match gone.find(|column| clause.mentions(&column.name)) {
            Some(column) => Err(format!(
                "`{}`, which no migration added, uses the column `{}`, which is dropped",
                clause.sql, column.name
            )),
            None => Ok(()),
        }
    }

    /// Keep STRICT and WITHOUT ROWID.
    fn keep_options(&self, table: &mut Table) {
        let upper = |definition: &TableDefinition| -> Vec<String> {
            let options = definition.options.iter();
            options.map(|option| option.to_ascii_uppercase()).collect()
        };
        let real = upper(&self.real);
        if real == upper(&self.known) {
            return;
        }
        table.raw.retain(|part| part.place != RawPlace::Option);
        if real.is_empty() {
            return;
        }
        table.raw.push(RawPart {
            place: RawPlace::Option,
            name: "options".to_owned(),
            sql: real.join(", "),
        });
        if real.iter().any(|option| option == "STRICT") {
            let original = table.clone();
            for column in &mut table.columns {
                let ty = type_sql(self.style, &original, column);
                if find(&self.before.columns, &column.name).is_some()
                    || find(&self.after.columns, &column.name).is_some()
                {
                    set_native(self.style, column, strict_type(&ty));
                }
            }
        }
    }
}

/// The type of a STRICT table for a type that such a table does not know.
fn strict_type(ty: &str) -> String {
    let upper = ty.to_ascii_uppercase();
    match upper.as_str() {
        "INT" | "INTEGER" | "REAL" | "TEXT" | "BLOB" | "ANY" => ty,
        _ if upper.contains("INT") || upper.contains("BOOL") => "INTEGER",
        _ => "TEXT",
    }
    .to_owned()
}

fn find(columns: &[Column], name: &str) -> Option<usize> {
    columns
        .iter()
        .position(|column| column.name.eq_ignore_ascii_case(name))
}

fn same_names(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

fn is_computed(column: &ColumnDefinition) -> bool {
    ["AS", "GENERATED"]
        .iter()
        .any(|kind| column.of_kind(kind).next().is_some())
}

/// The names in the first pair of parentheses.
fn names(clause: &Clause) -> Vec<String> {
    let tokens = tokens(&clause.sql);
    let inside = tokens.iter().skip_while(|token| **token != "(").skip(1);
    inside
        .take_while(|token| **token != ")")
        .filter(|token| **token != ",")
        .map(|token| unquoted(token))
        .collect()
}

/// A default as written in a definition. A word such as `CURRENT_TIMESTAMP` would be read as one of
/// Oxyde's own defaults.
fn as_default(value: &str) -> String {
    if is_literal(value) || value.starts_with('(') {
        value.to_owned()
    } else {
        format!("({value})")
    }
}
