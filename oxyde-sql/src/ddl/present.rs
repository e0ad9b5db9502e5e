//! Finds out which parts of a schema exist, before tables are created or dropped.

use crate::dialect::DdlStyle;
use crate::schema::{Schema, Table};

/// A result row of [`present_sql`]: its kind; the place (schema) and name of a table; a
/// name; the place and name of the referenced table.
pub type PresentRow = [Option<String>; 6];

/// A table by its place (schema) and name.
type Place = (String, String);

#[derive(Clone, Debug)]
struct Key {
    owner: Place,
    name: String,
    target: Place,
}

/// The tables, enum types and foreign keys of a database.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// The default schema, in which tables without a schema are created.
    here: String,
    /// Whether names are case-insensitive.
    folds: bool,
    tables: Vec<Place>,
    types: Vec<Place>,
    keys: Vec<Key>,
    /// Tables, and the enum types of their columns.
    uses: Vec<(Place, String)>,
}

/// Return the query for the existing objects. Its rows are [`PresentRow`]s.
#[must_use]
pub fn present_sql(style: &DdlStyle, schema: &Schema) -> String {
    let mut places: Vec<String> = schema
        .tables
        .iter()
        .filter_map(|table| table.schema.as_deref())
        .map(|name| format!(", {}", style.literal(name)))
        .collect();
    places.sort_unstable();
    places.dedup();
    style.present.replace("{places}", &places.concat())
}

impl Present {
    /// Parse the result of [`present_sql`].
    #[must_use]
    pub fn of(rows: impl IntoIterator<Item = PresentRow>) -> Self {
        let mut found = Self::default();
        for [kind, place, table, name, target_place, target] in rows {
            let text = Option::unwrap_or_default;
            let owner = (text(place), text(table));
            match kind.as_deref() {
                Some("here") => found.here = owner.0,
                Some("folds") => found.folds = true,
                Some("table") => found.tables.push(owner),
                Some("type") => found.types.push((owner.0, text(name))),
                Some("key") => found.keys.push(Key {
                    owner,
                    name: text(name),
                    target: (text(target_place), text(target)),
                }),
                Some("use") => found.uses.push((owner, text(name))),
                _ => {}
            }
        }
        found
    }

    /// A database that contains the whole schema.
    #[must_use]
    pub fn whole(schema: &Schema) -> Self {
        let mut found = Self::default();
        for table in &schema.tables {
            let place = found.place(table.schema.as_deref(), &table.name);
            for key in &table.foreign_keys {
                found.keys.push(Key {
                    owner: place.clone(),
                    name: key.name.clone(),
                    target: found.place(key.target_schema.as_deref(), &key.target_table),
                });
            }
            found.tables.push(place);
        }
        let types = super::enum_types(&schema.tables).unwrap_or_default();
        found.types = types
            .into_iter()
            .map(|ty| (String::new(), ty.name))
            .collect();
        found
    }

    fn place(&self, schema: Option<&str>, name: &str) -> Place {
        (schema.unwrap_or(&self.here).to_owned(), name.to_owned())
    }

    fn same(&self, one: &Place, other: &Place) -> bool {
        if self.folds {
            one.0.eq_ignore_ascii_case(&other.0) && one.1.eq_ignore_ascii_case(&other.1)
        } else {
            one == other
        }
    }

    fn is(&self, place: &Place, table: &Table) -> bool {
        self.same(place, &self.place(table.schema.as_deref(), &table.name))
    }

    /// Whether the table exists.
    #[must_use]
    pub fn has_table(&self, table: &Table) -> bool {
        self.tables.iter().any(|place| self.is(place, table))
    }

    /// Whether an enum type exists.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        self.types
            .iter()
            .any(|(place, ty)| *place == self.here && ty == name)
    }

    /// Whether a column of another table has the enum type.
    #[must_use]
    pub fn uses_type(&self, name: &str, beside: &[&Table]) -> bool {
        self.uses
            .iter()
            .any(|(owner, ty)| ty == name && !beside.iter().any(|table| self.is(owner, table)))
    }

    /// Return the number of foreign keys from one table to the other.
    #[must_use]
    pub fn links(&self, owner: &Table, target: &Table) -> usize {
        self.keys_between(owner, target).count()
    }

    /// Return the names of the foreign keys from one table to the other.
    pub fn keys_between<'a>(
        &'a self,
        owner: &'a Table,
        target: &'a Table,
    ) -> impl Iterator<Item = &'a str> {
        self.keys
            .iter()
            .filter(|key| self.is(&key.owner, owner) && self.is(&key.target, target))
            .map(|key| key.name.as_str())
    }

    /// Return a foreign key from another table to one of these tables: the table that has it,
    /// its name, and the referenced table.
    #[must_use]
    pub fn referrer(&self, tables: &[&Table]) -> Option<(&str, &str, &str)> {
        let among = |place: &Place| tables.iter().any(|table| self.is(place, table));
        self.keys
            .iter()
            .find(|key| among(&key.target) && !among(&key.owner))
            .map(|key| {
                (
                    key.owner.1.as_str(),
                    key.name.as_str(),
                    key.target.1.as_str(),
                )
            })
    }
}
