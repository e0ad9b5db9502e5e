//! The commands, one file each.

mod baseline;
mod check;
mod completions;
mod init;
mod inspectdb;
mod lint;
mod makemigrations;
mod migrate;
mod questions;
mod showmigrations;
mod sqlmigrate;
mod squash;

use std::path::Path;

use oxyde_migrate::file::{Migration, render};
use oxyde_migrate::history::History;
use oxyde_sql::dialect::Dialect;

use crate::args::{Cli, Command, DialectName, Global};
use crate::config::Config;
use crate::error::CliError;
use crate::models::ModelsDocument;
use crate::output::Output;

/// Run the requested command.
pub(crate) fn dispatch(
    cli: &Cli,
    arguments: &[String],
    output: &Output<'_>,
) -> Result<i32, CliError> {
    match &cli.command {
        Command::Init(args) => init::run(args, &cli.global, output),
        Command::Completions { shell } => Ok(completions::run(*shell, output)),
        command => {
            let config = Config::load(&cli.global)?;
            let project = Project {
                config,
                global: &cli.global,
                output,
            };
            match command {
                Command::Makemigrations(args) => makemigrations::run(args, &project),
                Command::Migrate(args) => migrate::run(args, &project, arguments),
                Command::Showmigrations(args) => showmigrations::run(args, &project),
                Command::Sqlmigrate(args) => sqlmigrate::run(args, &project),
                Command::Check(args) => check::run(args, &project),
                Command::Lint(args) => lint::run(args, &project),
                Command::Squash(args) => squash::run(args, &project),
                Command::Inspectdb(args) => inspectdb::run(args, &project),
                Command::Baseline(args) => baseline::run(args, &project),
                Command::Init(_) | Command::Completions { .. } => Ok(crate::DONE),
            }
        }
    }
}

/// A project: its configuration and output.
pub(crate) struct Project<'a> {
    pub(crate) config: Config,
    pub(crate) global: &'a Global,
    pub(crate) output: &'a Output<'a>,
}

impl Project<'_> {
    /// Read the migrations of the project.
    fn history(&self) -> Result<History, CliError> {
        Ok(History::load(&self.config.migrations)?)
    }

    /// Read the migrations, of which there must be some: a folder that is missing in a container must
    /// not look like a database that is up to date.
    fn existing_history(&self) -> Result<History, CliError> {
        let folder = &self.config.migrations;
        let history = self.history()?;
        if !history.migrations().is_empty() {
            return Ok(history);
        }
        let problem = if folder.is_dir() {
            "has no migrations"
        } else {
            "does not exist"
        };
        Err(CliError::new(format!(
            "the migrations folder {} {problem}",
            folder.display()
        ))
        .hint(
            "check `migrations` in the configuration and --migrations, or write the first with \
             `oxyde makemigrations`",
        ))
    }

    /// Return the URL of the database.
    fn url(&self) -> Result<String, CliError> {
        self.config.url(self.global)
    }

    /// Return the requested dialect, otherwise that of the database's URL.
    fn dialect(&self, named: Option<DialectName>) -> Result<Dialect, CliError> {
        if let Some(named) = named {
            return Ok(named.dialect());
        }
        let url = self.url().map_err(|error| {
            CliError::new(error.message).hint("pass --dialect, or configure a database")
        })?;
        match url.split(':').next().unwrap_or_default() {
            "postgres" | "postgresql" => Ok(Dialect::Postgres),
            "sqlite" => Ok(Dialect::Sqlite),
            "mysql" => Ok(Dialect::Mysql),
            "mariadb" => Ok(Dialect::Mariadb),
            other => Err(CliError::new(format!("unknown kind of database `{other}`"))
                .hint("a URL must begin with postgresql://, sqlite://, mysql:// or mariadb://")),
        }
    }

    /// Return the models: from a file, from standard input, or from the host.
    fn models(&self, file: Option<&Path>) -> Result<ModelsDocument, CliError> {
        let Some(file) = file else {
            if self.config.models.is_empty() {
                return Err(CliError::new("no models are configured").hint(
                    "write `models = [\"app.models\"]` in the configuration, or run `oxyde init`",
                ));
            }
            return Ok(self
                .output
                .host
                .models(&self.config.models, &self.config.root)?);
        };
        let text = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(file)
        };
        let text = text.map_err(|error| {
            CliError::new(format!("cannot read {}: {error}", file.display()))
                .hint("pass a JSON file to --schema, or `-` for standard input")
        })?;
        ModelsDocument::from_json(&text).map_err(|error| {
            CliError::new(format!("{}: {error}", file.display()))
                .hint("run `python -m oxyde.migrations.describe MODULE` to write such a file")
        })
    }

    /// Return the number of the next migration.
    fn next_number(history: &History) -> u32 {
        let numbers = history
            .migrations()
            .iter()
            .flat_map(|migration| std::iter::once(&migration.name).chain(&migration.replaces));
        let number = |name: &String| name.split('_').next().and_then(|n| n.parse::<u32>().ok());
        numbers.filter_map(number).max().unwrap_or(0) + 1
    }

    /// Write a migration to its file, and return the path.
    fn write(&self, migration: &Migration) -> Result<String, CliError> {
        let folder = &self.config.migrations;
        let path = folder.join(format!("{}.toml", migration.name));
        let failed = |error: std::io::Error| {
            CliError::new(format!("cannot write {}: {error}", path.display()))
                .hint("check the folder and its permissions")
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        // Write to a temporary file and rename it, so that readers never see a partial file.
        let beside = folder.join(format!(".{}.toml.new", migration.name));
        std::fs::write(&beside, render(migration)).map_err(failed)?;
        std::fs::rename(&beside, &path).map_err(failed)?;
        let shown = path.strip_prefix(&self.config.root).unwrap_or(&path);
        Ok(shown.display().to_string())
    }
}

/// Run the asynchronous part of a command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    // Several threads: a Python data step blocks one while its queries run on another.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::new(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
