//! The names that a shell completes: of the project's migrations and databases. Nothing can be
//! reported while a command line is being written, so a project that cannot be read has no names.

use clap::Parser as _;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use oxyde_migrate::history::History;

use super::{Cli, Global};
use crate::config::Config;

/// Completes the name of a migration.
pub(super) fn migrations() -> ArgValueCandidates {
    ArgValueCandidates::new(|| known_migrations().unwrap_or_default())
}

/// Completes the name of a database of the configuration.
pub(super) fn databases() -> ArgValueCandidates {
    ArgValueCandidates::new(|| known_databases().unwrap_or_default())
}

fn known_migrations() -> Option<Vec<CompletionCandidate>> {
    let (config, global) = project()?;
    let history = History::load(&config.migrations(global.database.first()?, &global)).ok()?;
    let names = history.migrations().iter();
    Some(
        names
            .map(|migration| CompletionCandidate::new(&migration.name))
            .collect(),
    )
}

fn known_databases() -> Option<Vec<CompletionCandidate>> {
    let (config, _) = project()?;
    let names = config.databases();
    Some(names.into_iter().map(CompletionCandidate::new).collect())
}

/// The project of the current folder, as a command without options finds it.
fn project() -> Option<(Config, Global)> {
    let global = Cli::try_parse_from(["oxyde", "squash", "first", "last"])
        .ok()?
        .global;
    Some((Config::load(&global).ok()?, global))
}
