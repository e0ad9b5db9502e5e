//! The commands, one file each.

mod baseline;
mod check;
pub(crate) mod completions;
mod create_database;
mod dbshell;
mod dump;
mod erd;
mod init;
mod inspectdb;
mod lint;
mod load;
mod makemigrations;
mod migrate;
mod plan;
mod questions;
mod showmigrations;
mod sqlmigrate;
mod squash;
mod targets;
mod tenants;

use std::path::{Path, PathBuf};
use std::time::Duration;

use oxyde_migrate::file::{Migration, render};
use oxyde_migrate::history::History;
use oxyde_migrate::session::{Access, Session};
use oxyde_sql::dialect::Dialect;
use tokio::runtime::Runtime;

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
        Command::Completions { shell } => completions::run(*shell, output),
        command => {
            let config = Config::load(&cli.global)?;
            let project = Project::new(&config, &cli.global, output);
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
                Command::Dbshell(args) => dbshell::run(args, &project),
                Command::CreateDatabase(args) => create_database::create(args, &project),
                Command::DropDatabase(args) => create_database::drop(args, &project),
                Command::Dump(args) => dump::run(args, &project),
                Command::Load(args) => load::run(args, &project),
                Command::Erd(args) => erd::run(args, &project),
                Command::Init(_) | Command::Completions { .. } => Ok(crate::DONE),
            }
        }
    }
}

/// How long a command waits for a lock of SQLite to read.
const BUSY: Duration = Duration::from_secs(5);

/// A project: its configuration and output, and the database that the command is about.
#[derive(Clone)]
pub(crate) struct Project<'a> {
    pub(crate) config: &'a Config,
    pub(crate) global: &'a Global,
    pub(crate) output: &'a Output<'a>,
    /// The database's name in the configuration.
    database: String,
}

impl<'a> Project<'a> {
    fn new(config: &'a Config, global: &'a Global, output: &'a Output<'a>) -> Self {
        let database = global.database.first().cloned().unwrap_or_default();
        Project {
            config,
            global,
            output,
            database,
        }
    }

    /// The same project with another of its databases.
    fn of(&self, database: &str) -> Self {
        Project {
            database: database.to_owned(),
            ..self.clone()
        }
    }

    /// Refuse several databases, for a command that is about one.
    fn one_database(&self) -> Result<(), CliError> {
        if self.global.database.len() > 1 {
            return Err(CliError::new("this command works on one database")
                .hint("pass --database once, and run the command for each database"));
        }
        Ok(())
    }

    /// The folder of the migrations.
    fn folder(&self) -> PathBuf {
        self.config.migrations(&self.database, self.global)
    }

    /// Read the migrations of the project.
    fn history(&self) -> Result<History, CliError> {
        self.one_database()?;
        Ok(History::load(&self.folder())?)
    }

    /// Read the migrations, of which there must be some: a folder that is missing in a container must
    /// not look like a database that is up to date.
    fn existing_history(&self) -> Result<History, CliError> {
        let folder = self.folder();
        let history = History::load(&folder)?;
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
        self.config.url(&self.database, self.global)
    }

    /// Return how to reach the database.
    fn access(&self) -> Result<Access, CliError> {
        let url = self.url()?;
        if tenants::has_place(&url) {
            return Err(tenants::unchosen(&self.database));
        }
        Ok(self.access_of(&url))
    }

    /// Return how to reach a database with the settings of this one.
    fn access_of(&self, url: &str) -> Access {
        Access {
            ledger: self.config.ledger(&self.database).to_owned(),
            wait: self.global.wait,
            cancel: self.output.host.interrupt().cancel(),
            ..Access::new(url)
        }
    }

    /// Connect to the database, which a missing SQLite file is not created for, and read something.
    fn read<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        self.one_database()?;
        let access = self.access()?;
        self.block_on(async {
            let session = Session::connect_to_read(&access, BUSY).await?;
            let result = work(&session).await;
            session.close().await;
            result
        })
    }

    /// Run the asynchronous part of a command.
    fn block_on<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        let runtime = runtime()?;
        let interrupt = self.output.host.interrupt();
        let result = interrupt.during(|| runtime.block_on(work));
        runtime.shutdown_background();
        result
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

    /// Whether the project has models.
    fn has_models(&self) -> bool {
        !self.config.models(&self.database).is_empty()
    }

    /// Return the models: from a file, from standard input, or from the host.
    fn models(&self, file: Option<&Path>) -> Result<ModelsDocument, CliError> {
        let Some(file) = file else {
            let modules = self.config.models(&self.database);
            if modules.is_empty() {
                return Err(CliError::new("no models are configured").hint(
                    "write `models = [\"app.models\"]` in the configuration, or run `oxyde init`",
                ));
            }
            return Ok(self.output.host.models(modules, &self.config.root)?);
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
        let folder = self.folder();
        let path = folder.join(format!("{}.toml", migration.name));
        let failed = |error: std::io::Error| {
            CliError::new(format!("cannot write {}: {error}", path.display()))
                .hint("check the folder and its permissions")
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // Write to a temporary file and rename it, so that readers never see a partial file.
        let beside = folder.join(format!(".{}.toml.new", migration.name));
        std::fs::write(&beside, render(migration)).map_err(failed)?;
        std::fs::rename(&beside, &path).map_err(failed)?;
        let shown = path.strip_prefix(&self.config.root).unwrap_or(&path);
        Ok(shown.display().to_string())
    }
}

/// Start the threads of the asynchronous part of a command.
fn runtime() -> Result<Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::new(format!("cannot start the runtime: {error}")))
}
