//! Lint: migrations that lock tables, lose data or break running code. One file per rule.
//!
//! A rule sees one operation of one migration for one database, with the states before and after it
//! and the earlier operations of the migration: an index on a table that the same migration creates
//! blocks no writes.

mod alter_primary_key;
mod backfill_in_one_statement;
mod check_without_not_valid;
mod concurrently_with_others;
mod distribution_locks_table;
mod drop_column;
mod drop_enum_value;
mod drop_index_without_concurrently;
mod drop_table;
mod enum_value_outside_transaction;
mod foreign_key_across_nodes;
mod foreign_key_without_index;
mod foreign_key_without_not_valid;
mod generated_column_replaces_values;
mod index_without_concurrently;
mod irreversible;
mod key_without_shard_column;
mod missing_primary_key;
mod mysql_drop_column_rebuilds;
mod mysql_foreign_key_copies;
mod mysql_table_copy;
mod not_null_scans_table;
mod not_null_without_default;
mod rename_column;
mod rename_table;
mod run_sql_changes_all_rows;
mod schema_and_data_mixed;
mod small_counted_key;
mod sqlite_rebuild;
mod stored_column_rewrites;
mod type_change_rewrites;
mod type_narrowing;
mod unique_locks_table;
mod volatile_default_rewrites;

use std::collections::BTreeSet;

use oxyde_sql::dialect::{DdlStyle, Version};
use oxyde_sql::schema::Schema;

use crate::file::Migration;
use crate::history::{History, HistoryError};
use crate::operation::Operation;
use crate::state;

/// All rules, by name.
pub const RULES: &[&Rule] = &[
    &alter_primary_key::RULE,
    &backfill_in_one_statement::RULE,
    &check_without_not_valid::RULE,
    &concurrently_with_others::RULE,
    &distribution_locks_table::RULE,
    &drop_column::RULE,
    &drop_enum_value::RULE,
    &drop_index_without_concurrently::RULE,
    &drop_table::RULE,
    &enum_value_outside_transaction::RULE,
    &foreign_key_across_nodes::RULE,
    &foreign_key_without_index::RULE,
    &foreign_key_without_not_valid::RULE,
    &generated_column_replaces_values::RULE,
    &index_without_concurrently::RULE,
    &irreversible::RULE,
    &key_without_shard_column::RULE,
    &missing_primary_key::RULE,
    &mysql_drop_column_rebuilds::RULE,
    &mysql_foreign_key_copies::RULE,
    &mysql_table_copy::RULE,
    &not_null_scans_table::RULE,
    &not_null_without_default::RULE,
    &rename_column::RULE,
    &rename_table::RULE,
    &run_sql_changes_all_rows::RULE,
    &schema_and_data_mixed::RULE,
    &small_counted_key::RULE,
    &sqlite_rebuild::RULE,
    &stored_column_rewrites::RULE,
    &type_change_rewrites::RULE,
    &type_narrowing::RULE,
    &unique_locks_table::RULE,
    &volatile_default_rewrites::RULE,
];

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Useful to know.
    Note,
    /// May cause trouble.
    Warning,
    /// Fails or loses data.
    Error,
}

impl Severity {
    /// Its name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A lint rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub problem: &'static str,
    /// What to do instead.
    pub safe_way: &'static str,
    check: fn(&LintContext<'_>) -> Option<String>,
}

/// The context that a rule checks.
pub struct LintContext<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The migration that it belongs to.
    pub migration: &'a Migration,
    /// The state before the operation.
    pub before: &'a Schema,
    /// The state after it.
    pub after: &'a Schema,
    /// The state at the end of the migration.
    pub end: &'a Schema,
    /// The database.
    pub style: &'a DdlStyle,
    /// The server's version; `None` means the newest.
    pub version: Option<Version>,
    created: &'a BTreeSet<String>,
}

impl LintContext<'_> {
    /// Whether the server is older than this version.
    #[must_use]
    pub fn is_older_than(&self, version: Version) -> bool {
        self.version.is_some_and(|found| found < version)
    }

    /// Whether the table existed before the migration, so that it may have rows and users.
    #[must_use]
    pub fn is_old(&self, schema: Option<&str>, table: &str) -> bool {
        !self.created.contains(&state::label(schema, table))
    }
}

/// A problem that a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The migration.
    pub migration: String,
    /// The operation's position, from 1.
    pub number: usize,
    /// The message, with the names involved.
    pub message: String,
}

/// Check the migrations for which `includes` returns true. `allowed` tells whether a rule is
/// silenced for a migration.
///
/// # Errors
/// An operation does not fit the state before it.
pub fn lint(
    history: &History,
    (style, version): (&DdlStyle, Option<Version>),
    includes: &dyn Fn(&Migration) -> bool,
    allowed: &dyn Fn(&Migration, &Rule) -> bool,
) -> Result<Vec<Finding>, HistoryError> {
    let mut findings = Vec::new();
    // Copies of whole states would take quadratic time: each of the three goes through all operations.
    let mut before = Schema::default();
    let mut state = Schema::default();
    let mut end = Schema::default();
    for migration in history.migrations() {
        crate::history::apply(migration, &mut end)?;
        let mut rules = RULES.to_vec();
        rules.retain(|rule| includes(migration) && !allowed(migration, rule));
        let mut created = BTreeSet::new();
        for (at, operation) in migration.operations.iter().enumerate() {
            let refused = |error| HistoryError::operation(&migration.name, at, operation, error);
            operation.apply(&mut state).map_err(refused)?;
            if let Operation::CreateTable(create) = operation {
                created.insert(state::label(create.schema.as_deref(), &create.name));
            }
            let scene = LintContext {
                operation,
                migration,
                before: &before,
                after: &state,
                end: &end,
                style,
                version,
                created: &created,
            };
            for rule in &rules {
                if let Some(message) = (rule.check)(&scene) {
                    findings.push(Finding {
                        rule,
                        migration: migration.name.clone(),
                        number: at + 1,
                        message,
                    });
                }
            }
            operation.apply(&mut before).map_err(refused)?;
        }
    }
    Ok(findings)
}
