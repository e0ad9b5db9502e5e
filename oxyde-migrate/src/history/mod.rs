//! All migrations of a project, in order.

mod error;

pub use error::HistoryError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oxyde_sql::schema::Schema;
use oxyde_sql::suggest::nearest;

use crate::file::{self, Migration};
use crate::operation::Operation;
use crate::state;

/// All migrations of a project, each after those that it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    migrations: Vec<Migration>,
}

impl History {
    /// Read every `.toml` file of a folder. A missing folder has no migrations.
    ///
    /// # Errors
    /// A file cannot be read or is invalid, or the files do not form a history.
    pub fn load(folder: &Path) -> Result<Self, HistoryError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| HistoryError::Io { path, source }
        };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(History::default());
            }
            Err(error) => return Err(io(folder)(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(io(folder))?.path();
            if is_migration(&path) {
                paths.push(path);
            }
        }
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            files.push((path, text));
        }
        History::from_files(files)
    }

    /// Read migrations that are in memory: the path and the text of each file. Files whose name does
    /// not end with `.toml` are left out.
    ///
    /// A program has its migrations inside with `include_str!` for each file, or with the macro
    /// `include_dir!` of the crate of that name for all of a folder:
    ///
    /// ```
    /// use oxyde_migrate::history::History;
    ///
    /// let history = History::from_files([(
    ///     "migrations/0001_notes.toml",
    ///     r#"
    ///     depends_on = []
    ///
    ///     [[operations]]
    ///     op = "create_table"
    ///     name = "notes"
    ///     columns = [{ name = "id", type = "big_int", nullable = false, auto_increment = true }]
    ///     primary_key = ["id"]
    ///     "#,
    /// )])?;
    /// assert_eq!(history.migrations()[0].name, "0001_notes");
    /// # Ok::<(), oxyde_migrate::history::HistoryError>(())
    /// ```
    ///
    /// # Errors
    /// A file is invalid, or the files do not form a history.
    pub fn from_files<P: AsRef<Path>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Result<Self, HistoryError> {
        let mut files: Vec<(P, T)> = files.into_iter().collect();
        files.retain(|(path, _)| is_migration(path.as_ref()));
        files.sort_by(|(one, _), (other, _)| one.as_ref().cmp(other.as_ref()));
        let mut migrations = Vec::with_capacity(files.len());
        for (path, text) in files {
            let path = path.as_ref();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            migrations.push(file::parse(
                &path.display().to_string(),
                &name,
                text.as_ref(),
            )?);
        }
        History::new(migrations)
    }

    /// Sort migrations: each after its dependencies, otherwise by name.
    ///
    /// # Errors
    /// A dependency does not exist, or there is a cycle.
    pub fn new(migrations: Vec<Migration>) -> Result<Self, HistoryError> {
        let mut waiting: BTreeMap<String, Migration> = migrations
            .into_iter()
            .map(|migration| (migration.name.clone(), migration))
            .collect();
        for migration in waiting.values() {
            if let Some(missing) = migration
                .depends_on
                .iter()
                .find(|name| !waiting.contains_key(*name))
            {
                return Err(HistoryError::UnknownDependency {
                    migration: migration.name.clone(),
                    missing: missing.clone(),
                });
            }
        }
        let mut followers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut open: BTreeMap<String, usize> = BTreeMap::new();
        let mut ready: BTreeSet<String> = BTreeSet::new();
        for migration in waiting.values() {
            let needed: BTreeSet<&String> = migration.depends_on.iter().collect();
            for name in &needed {
                followers
                    .entry((*name).clone())
                    .or_default()
                    .push(migration.name.clone());
            }
            if needed.is_empty() {
                ready.insert(migration.name.clone());
            } else {
                open.insert(migration.name.clone(), needed.len());
            }
        }
        let mut ordered = Vec::with_capacity(waiting.len());
        while let Some(name) = ready.pop_first() {
            for follower in followers.remove(&name).unwrap_or_default() {
                if let Some(left) = open.get_mut(&follower) {
                    *left -= 1;
                    if *left == 0 {
                        ready.insert(follower);
                    }
                }
            }
            ordered.extend(waiting.remove(&name));
        }
        if !waiting.is_empty() {
            return Err(HistoryError::Cycle {
                names: waiting.into_keys().collect(),
            });
        }
        Ok(History {
            migrations: ordered,
        })
    }

    /// The migrations in order.
    #[must_use]
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// Return the migration with exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Migration> {
        self.migrations
            .iter()
            .find(|migration| migration.name == name)
    }

    /// Return the migration whose name equals or begins with this.
    ///
    /// # Errors
    /// No migration matches, or several do.
    pub fn find(&self, name: &str) -> Result<&Migration, HistoryError> {
        if let Some(migration) = self.get(name) {
            return Ok(migration);
        }
        let fits: Vec<&Migration> = self
            .migrations
            .iter()
            .filter(|migration| !name.is_empty() && migration.name.starts_with(name))
            .collect();
        match fits.as_slice() {
            [migration] => Ok(migration),
            [] => {
                let names = self.migrations.iter().map(|m| m.name.as_str());
                let near = nearest(name, names).map(str::to_owned);
                Err(HistoryError::NoMigration {
                    name: name.to_owned(),
                    near,
                })
            }
            several => Err(HistoryError::Ambiguous {
                name: name.to_owned(),
                fits: several
                    .iter()
                    .map(|migration| migration.name.clone())
                    .collect(),
            }),
        }
    }

    /// Return the migrations that no other depends on.
    #[must_use]
    pub fn heads(&self) -> Vec<&Migration> {
        let needed: BTreeSet<&String> =
            self.migrations.iter().flat_map(|m| &m.depends_on).collect();
        self.migrations
            .iter()
            .filter(|migration| !needed.contains(&migration.name))
            .collect()
    }

    /// Return the only head; `None` if there are no migrations.
    ///
    /// # Errors
    /// There are several heads.
    pub fn head(&self) -> Result<Option<&Migration>, HistoryError> {
        match self.heads().as_slice() {
            [] => Ok(None),
            [head] => Ok(Some(head)),
            several => Err(HistoryError::Heads {
                names: several
                    .iter()
                    .map(|migration| migration.name.clone())
                    .collect(),
            }),
        }
    }

    /// Return the names of a migration and of its direct and indirect dependencies.
    #[must_use]
    pub fn ancestors(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                open.extend(
                    self.get(&name)
                        .into_iter()
                        .flat_map(|m| m.depends_on.clone()),
                );
            }
        }
        found
    }

    /// Return the state after all migrations for which `includes` returns true.
    ///
    /// # Errors
    /// An operation does not match the state before it.
    pub fn state(&self, includes: &dyn Fn(&Migration) -> bool) -> Result<Schema, HistoryError> {
        let mut state = Schema::default();
        for migration in self
            .migrations
            .iter()
            .filter(|migration| includes(migration))
        {
            apply(migration, &mut state)?;
        }
        Ok(state)
    }

    /// Return the Python module of each table, by the table's current name, as recorded in the
    /// migrations.
    #[must_use]
    pub fn origins(&self) -> BTreeMap<String, String> {
        let mut origins = BTreeMap::new();
        for operation in self
            .migrations
            .iter()
            .flat_map(|migration| &migration.operations)
        {
            match operation {
                Operation::CreateTable(table) => {
                    let name = state::label(table.schema.as_deref(), &table.name);
                    if let Some(module) = &table.module {
                        origins.insert(name, module.clone());
                    } else {
                        origins.remove(&name);
                    }
                }
                Operation::ClaimTable(claim) => {
                    let name = state::label(claim.schema.as_deref(), &claim.name);
                    if let Some(module) = &claim.module {
                        origins.insert(name, module.clone());
                    }
                }
                Operation::RenameTable(rename) => {
                    let schema = rename.schema.as_deref();
                    if let Some(module) = origins.remove(&state::label(schema, &rename.from)) {
                        origins.insert(state::label(schema, &rename.to), module);
                    }
                }
                _ => {}
            }
        }
        origins
    }

    /// Return the tables that no model has claimed, by their current names.
    #[must_use]
    pub fn unmanaged(&self) -> BTreeSet<String> {
        let mut unmanaged = BTreeSet::new();
        for operation in self
            .migrations
            .iter()
            .flat_map(|migration| &migration.operations)
        {
            match operation {
                Operation::CreateTable(table) if table.unmanaged => {
                    unmanaged.insert(state::label(table.schema.as_deref(), &table.name));
                }
                Operation::ReleaseTable(release) => {
                    unmanaged.insert(state::label(release.schema.as_deref(), &release.name));
                }
                Operation::RecordTable(record) => {
                    unmanaged.insert(state::label(record.schema.as_deref(), &record.name));
                }
                Operation::CreateTable(table) => {
                    unmanaged.remove(&state::label(table.schema.as_deref(), &table.name));
                }
                Operation::ClaimTable(claim) => {
                    unmanaged.remove(&state::label(claim.schema.as_deref(), &claim.name));
                }
                Operation::RenameTable(rename) => {
                    let schema = rename.schema.as_deref();
                    if unmanaged.remove(&state::label(schema, &rename.from)) {
                        unmanaged.insert(state::label(schema, &rename.to));
                    }
                }
                _ => {}
            }
        }
        unmanaged
    }

    /// Return the tables that others create, by their current names.
    #[must_use]
    pub fn recorded(&self) -> BTreeSet<String> {
        let mut recorded = BTreeSet::new();
        for operation in self.migrations.iter().flat_map(|each| &each.operations) {
            match operation {
                Operation::RecordTable(record) => {
                    recorded.insert(state::label(record.schema.as_deref(), &record.name));
                }
                Operation::CreateTable(table) => {
                    recorded.remove(&state::label(table.schema.as_deref(), &table.name));
                }
                Operation::RenameTable(rename) => {
                    let schema = rename.schema.as_deref();
                    if recorded.remove(&state::label(schema, &rename.from)) {
                        recorded.insert(state::label(schema, &rename.to));
                    }
                }
                _ => {}
            }
        }
        recorded
    }

    /// Return the history for a database with these applied migrations: a squash replaces its
    /// originals, unless only some of them are applied; then the original files are used.
    ///
    /// # Errors
    /// As [`History::new`].
    pub fn resolve(&self, applied: &BTreeSet<String>) -> Result<History, HistoryError> {
        let mut migrations = self.migrations.clone();
        let squashes: Vec<Migration> = self
            .migrations
            .iter()
            .filter(|m| !m.replaces.is_empty())
            .cloned()
            .collect();
        for squash in squashes {
            let there = squash
                .replaces
                .iter()
                .filter(|name| self.get(name).is_some())
                .count();
            let done = squash
                .replaces
                .iter()
                .filter(|name| applied.contains(*name))
                .count();
            let partly = done > 0 && done < squash.replaces.len();
            if there == 0 {
                continue;
            }
            if partly && !applied.contains(&squash.name) {
                let last = squash.replaces.last().cloned().unwrap_or_default();
                migrations.retain(|migration| migration.name != squash.name);
                redirect(&mut migrations, std::slice::from_ref(&squash.name), &last);
            } else {
                migrations.retain(|migration| !squash.replaces.contains(&migration.name));
                redirect(&mut migrations, &squash.replaces, &squash.name);
            }
        }
        History::new(migrations)
    }
}

fn is_migration(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
}

/// Replace dependencies on any of `from` by a dependency on `to`.
fn redirect(migrations: &mut [Migration], from: &[String], to: &str) {
    for migration in migrations
        .iter_mut()
        .filter(|migration| migration.name != to)
    {
        for name in migration
            .depends_on
            .iter_mut()
            .filter(|name| from.contains(name))
        {
            to.clone_into(name);
        }
        migration.depends_on.dedup();
    }
}

/// Apply a migration's operations to a state.
///
/// # Errors
/// An operation does not match the state.
pub fn apply(migration: &Migration, state: &mut Schema) -> Result<(), HistoryError> {
    for (at, operation) in migration.operations.iter().enumerate() {
        operation
            .apply(state)
            .map_err(|error| HistoryError::operation(&migration.name, at, operation, error))?;
    }
    Ok(())
}
