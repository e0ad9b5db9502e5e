//! The command line's arguments.

mod commands;
mod duration;
mod names;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use commands::*;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "oxyde",
    version,
    about = "Create, check and apply migrations of Oxyde models",
    after_help = "Examples:\n  oxyde init                     write the configuration of a new project\n  oxyde makemigrations           write changes of the models to a migration\n  oxyde migrate                  apply all migrations\n  oxyde migrate 0001             reverse the migrations after 0001\n\nExit codes: 0 success, 1 error, 2 usage, 3 a check found differences",
    disable_help_subcommand = true,
    propagate_version = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Configuration file (oxyde.toml or pyproject.toml); searched from this folder upwards
    #[arg(long, global = true, value_name = "FILE", env = "OXYDE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Database of the configuration to use; `migrate` and `showmigrations` accept several
    #[arg(long, global = true, value_name = "NAME", default_value = "default", add = names::databases())]
    pub database: Vec<String>,
    /// URL of the database, instead of the configured one
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "OXYDE_URL",
        hide_env_values = true
    )]
    pub url: Option<String>,
    /// Folder of the migrations, instead of the configured one
    #[arg(long, global = true, value_name = "FOLDER")]
    pub migrations: Option<PathBuf>,
    /// How long to wait for a server that is still starting (60s, 2m)
    #[arg(long, global = true, value_name = "TIME", default_value = "0s", value_parser = duration::parse)]
    pub wait: Duration,
    /// Answer as JSON, also with errors
    #[arg(long, global = true)]
    pub json: bool,
    /// Format of progress, warnings and errors; `json` writes a line each to standard error
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub log: Log,
    /// When to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// Formats of progress, warnings and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// Lines for people
    Text,
    /// A JSON object per line
    Json,
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the configuration and the migrations folder of a new project
    #[command(
        after_help = "Examples:\n  oxyde init --models app.models\n  oxyde init --models app.models --url '${DATABASE_URL}'"
    )]
    Init(Init),
    /// Write what changed in the models to a new migration
    #[command(
        after_help = "Examples:\n  oxyde makemigrations\n  oxyde makemigrations --name add_bio --rename users.name:users.full_name\n  oxyde makemigrations --check        exit code 3 if the models changed"
    )]
    Makemigrations(MakeMigrations),
    /// Migrate the database to the last migration, or to the named one
    #[command(
        after_help = "Examples:\n  oxyde migrate\n  oxyde migrate 0001          reverse the migrations after 0001\n  oxyde migrate zero          reverse all migrations\n  oxyde migrate --plan        show what would run, and what waits for it\n  oxyde migrate --check       exit code 3 if migrations are pending\n  oxyde migrate --wait 60s    wait for a database that is still starting\n  oxyde migrate --each 'tenant_*' --jobs 8\n  oxyde migrate --schemas-from 'SELECT schema FROM tenants'"
    )]
    Migrate(Migrate),
    /// List the migrations and whether they are applied
    #[command(
        after_help = "Examples:\n  oxyde showmigrations\n  oxyde showmigrations --check   exit code 3 if migrations are pending\n  oxyde showmigrations --all --json"
    )]
    Showmigrations(ShowMigrations),
    /// Print the SQL of a migration, or of all that are pending
    #[command(
        after_help = "Examples:\n  oxyde sqlmigrate 0002\n  oxyde sqlmigrate 0002 --down --dialect mysql\n  oxyde sqlmigrate --pending > for_the_dba.sql"
    )]
    Sqlmigrate(SqlMigrate),
    /// Compare the models, the migrations and the database
    #[command(
        after_help = "Examples:\n  oxyde check\n  oxyde check --json           exit code 3 if they differ"
    )]
    Check(Check),
    /// Find migrations that lock tables, lose data or break running code
    #[command(
        after_help = "Examples:\n  oxyde lint\n  oxyde lint 0007 --dialect postgres\n  oxyde lint --format github\n\nSilence a rule for one migration with a line `# oxyde: allow RULE` in its file."
    )]
    Lint(Lint),
    /// Squash several migrations into one
    #[command(after_help = "Examples:\n  oxyde squash 0001 0010 --name initial")]
    Squash(Squash),
    /// Print Python models of a database's tables
    #[command(
        after_help = "Examples:\n  oxyde inspectdb > models.py\n  oxyde inspectdb users posts --url sqlite:///app.db"
    )]
    Inspectdb(InspectDb),
    /// Write a first migration of a database's tables, and record it as applied
    #[command(after_help = "Examples:\n  oxyde baseline --url postgresql://localhost/app")]
    Baseline(Baseline),
    /// Start the database's own shell: psql, mysql, mariadb or sqlite3
    #[command(
        after_help = "Examples:\n  oxyde dbshell\n  oxyde dbshell --database reports -- -c 'SELECT 1'"
    )]
    Dbshell(Dbshell),
    /// Create the database of the URL, or a schema in it
    #[command(
        after_help = "Examples:\n  oxyde create-database\n  oxyde create-database --schema tenant_7"
    )]
    CreateDatabase(CreateDatabase),
    /// Drop the database of the URL, or a schema in it, with all data
    #[command(
        after_help = "Examples:\n  oxyde drop-database\n  oxyde drop-database --yes   without the question"
    )]
    DropDatabase(DropDatabase),
    /// Write the rows of tables as JSON lines
    #[command(
        after_help = "Examples:\n  oxyde dump > data.jsonl\n  oxyde dump authors posts --output seed.jsonl"
    )]
    Dump(Dump),
    /// Insert rows of JSON lines, all or nothing
    #[command(
        after_help = "Examples:\n  oxyde load seed.jsonl\n  oxyde load --on-conflict update seed.jsonl\n  gunzip -c data.jsonl.gz | oxyde load -"
    )]
    Load(Load),
    /// Draw the tables and their relations, as Mermaid or SVG
    #[command(
        after_help = "Examples:\n  oxyde erd\n  oxyde erd --format svg --output schema.svg\n  oxyde erd authors posts"
    )]
    Erd(Erd),
    /// Print shell completions
    #[command(
        after_help = "Examples:\n  oxyde completions bash > /etc/bash_completion.d/oxyde\n  oxyde completions fish > ~/.config/fish/completions/oxyde.fish\n  oxyde completions powershell >> $PROFILE\n\nCompletions include the names of migrations and databases."
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}
