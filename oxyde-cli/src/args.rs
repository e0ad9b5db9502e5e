//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use oxyde_sql::dialect::Dialect;

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
    /// Database of the configuration to use
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub database: String,
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
    /// When to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
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
        after_help = "Examples:\n  oxyde migrate\n  oxyde migrate 0001          reverse the migrations after 0001\n  oxyde migrate zero          reverse all migrations\n  oxyde migrate --plan        show what would run"
    )]
    Migrate(Migrate),
    /// List the migrations and whether they are applied
    #[command(after_help = "Examples:\n  oxyde showmigrations\n  oxyde showmigrations --json")]
    Showmigrations(Json),
    /// Print the SQL of a migration
    #[command(
        after_help = "Examples:\n  oxyde sqlmigrate 0002\n  oxyde sqlmigrate 0002 --down --dialect mysql"
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
    /// Print shell completions
    #[command(
        after_help = "Examples:\n  oxyde completions bash > /etc/bash_completion.d/oxyde\n  oxyde completions fish > ~/.config/fish/completions/oxyde.fish"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Shells with completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

/// `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Python module with models; may be repeated
    #[arg(long, value_name = "MODULE", default_value = "app.models")]
    pub models: Vec<String>,
}

/// `makemigrations`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent flags of the command line"
)]
pub struct MakeMigrations {
    /// Name of the migration, without its number
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Print the file instead of writing it
    #[arg(long)]
    pub dry_run: bool,
    /// Write nothing; exit with code 3 if the models changed
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Write a migration without operations, to fill in by hand
    #[arg(long)]
    pub empty: bool,
    /// Merge several heads, if their operations can be applied in any order
    #[arg(long, conflicts_with = "empty")]
    pub merge: bool,
    /// Ask nothing: treat possible renames as a drop and an add
    #[arg(long)]
    pub yes: bool,
    /// A rename: `old:new` for a table, `table.old:table.new` for a column or enum value
    #[arg(long, value_name = "OLD:NEW")]
    pub rename: Vec<String>,
    /// SQL expression for existing rows: `table.column=expression`
    #[arg(long, value_name = "COLUMN=SQL")]
    pub fill: Vec<String>,
    /// Drop this table even if its module was not loaded
    #[arg(long, value_name = "TABLE")]
    pub drop: Vec<String>,
    /// Schema of the models from a file (`-`: standard input) instead of from Python
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Target migration (a prefix of its name is enough), or `zero`
    pub target: Option<String>,
    /// Only record the migrations, without running them
    #[arg(long)]
    pub fake: bool,
    /// Show what would run, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// Seconds to wait for another migrator, and for the locks of each statement
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub lock_timeout: f64,
    /// Maximum seconds per statement (default: no limit)
    #[arg(long, value_name = "SECONDS")]
    pub statement_timeout: Option<f64>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of a command that answers as text or as JSON.
#[derive(Debug, Args)]
pub struct Json {
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// A dialect's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// PostgreSQL
    Postgres,
    /// SQLite
    Sqlite,
    /// MySQL
    Mysql,
    /// MariaDB
    Mariadb,
}

impl DialectName {
    /// The dialect.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Postgres => Dialect::Postgres,
            Self::Sqlite => Dialect::Sqlite,
            Self::Mysql => Dialect::Mysql,
            Self::Mariadb => Dialect::Mariadb,
        }
    }
}

/// `sqlmigrate`.
#[derive(Debug, Args)]
pub struct SqlMigrate {
    /// The migration (a prefix of its name is enough)
    pub name: String,
    /// SQL of the reverse direction
    #[arg(long)]
    pub down: bool,
    /// For this database, instead of the configured one
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<DialectName>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Schema of the models from a file (`-`: standard input) instead of from Python
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Formats of a lint report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// Text
    Text,
    /// One JSON document
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0
    Sarif,
}

/// `lint`.
#[derive(Debug, Args)]
pub struct Lint {
    /// Migrations (prefixes of their names are enough; default: all)
    pub names: Vec<String>,
    /// For this database, instead of the configured one
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<DialectName>,
    /// Version of the server (default: the newest); some operations are safe only on newer ones
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: LintFormat,
    /// Ignore a rule; may be repeated
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,
    /// List the rules
    #[arg(long)]
    pub rules: bool,
}

/// `squash`.
#[derive(Debug, Args)]
pub struct Squash {
    /// The first migration
    pub first: String,
    /// The last migration
    pub last: String,
    /// Name of the new migration, without its number
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    pub name: String,
}

/// `inspectdb`.
#[derive(Debug, Args)]
pub struct InspectDb {
    /// Tables (default: all)
    pub tables: Vec<String>,
    /// The schema as JSON instead of Python
    #[arg(long)]
    pub json: bool,
}

/// `baseline`.
#[derive(Debug, Args)]
pub struct Baseline {
    /// Tables (default: all)
    pub tables: Vec<String>,
    /// The models as JSON instead of from Python: their tables are managed, the others are left alone
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Name of the migration, without its number
    #[arg(long, value_name = "NAME", default_value = "baseline")]
    pub name: String,
    /// Print the file instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}
