//! The arguments of each command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use oxyde_sql::dialect::Dialect;

use super::{duration, names};

/// Shells with completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
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
}

/// `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Target migration (a prefix of its name is enough), or `zero`
    #[arg(add = names::migrations())]
    pub target: Option<String>,
    /// Only record the migrations, without running them
    #[arg(long)]
    pub fake: bool,
    /// Show what would run, how many rows it concerns and what waits for it, and run nothing
    #[arg(long, conflicts_with = "fake")]
    pub plan: bool,
    /// Run nothing; exit with code 3 if migrations are pending
    #[arg(long, conflicts_with_all = ["fake", "plan"])]
    pub check: bool,
    /// How long to wait for another migrator, and for the locks of each statement
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub lock_timeout: Duration,
    /// Maximum duration of a statement (default: no limit)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub statement_timeout: Option<Duration>,
    /// The databases.
    #[command(flatten)]
    pub targets: Targets,
}

/// `showmigrations`.
#[derive(Debug, Args)]
pub struct ShowMigrations {
    /// Exit with code 3 if migrations are pending
    #[arg(long)]
    pub check: bool,
    /// The databases.
    #[command(flatten)]
    pub targets: Targets,
}

/// Several databases, or several schemas of tenants.
#[derive(Debug, Args)]
pub struct Targets {
    /// All databases of the configuration
    #[arg(long, conflicts_with_all = ["database", "url"])]
    pub all: bool,
    /// Schema of a tenant (on MySQL and MariaDB: its database), or its name for `{tenant}` in the URL;
    /// may be repeated
    #[arg(long, value_name = "NAME")]
    pub schema: Vec<String>,
    /// All tenants whose names match: schemas (on MySQL and MariaDB: databases), or the databases or
    /// files of a URL with `{tenant}`
    #[arg(long, value_name = "PATTERN")]
    pub each: Option<String>,
    /// Query whose first column lists the schemas of the tenants
    #[arg(long, value_name = "SQL")]
    pub schemas_from: Option<String>,
    /// How many databases or schemas at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
}

impl Targets {
    /// Whether the tenants are looked up, so that there may be any number of them.
    pub fn are_listed(&self) -> bool {
        self.each.is_some() || self.schemas_from.is_some()
    }
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
    #[arg(required_unless_present = "pending", add = names::migrations())]
    pub name: Option<String>,
    /// SQL of the reverse direction
    #[arg(long, conflicts_with = "pending")]
    pub down: bool,
    /// SQL of all migrations that are not applied to the database, with that of their records
    #[arg(long, conflicts_with_all = ["name", "dialect"])]
    pub pending: bool,
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
    #[arg(add = names::migrations())]
    pub names: Vec<String>,
    /// For this database, instead of the configured one
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<DialectName>,
    /// Version of the server (default: the newest); some operations are safe only on newer ones
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// Format of the report (default: text, or JSON with --json)
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    pub format: Option<LintFormat>,
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
    #[arg(add = names::migrations())]
    pub first: String,
    /// The last migration
    #[arg(add = names::migrations())]
    pub last: String,
    /// Name of the new migration, without its number
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    pub name: String,
}

/// `inspectdb`. With `--json`, it prints the schema as JSON instead of Python.
#[derive(Debug, Args)]
pub struct InspectDb {
    /// Tables (default: all)
    pub tables: Vec<String>,
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

/// `dbshell`.
#[derive(Debug, Args)]
pub struct Dbshell {
    /// Arguments of the shell
    #[arg(last = true)]
    pub arguments: Vec<String>,
}

/// `create-database`.
#[derive(Debug, Args)]
pub struct CreateDatabase {
    /// Create this schema in the database instead (on MySQL and MariaDB: this database), or the
    /// database of this tenant, if the URL has `{tenant}`
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
}

/// `drop-database`.
#[derive(Debug, Args)]
pub struct DropDatabase {
    /// Drop this schema of the database instead (on MySQL and MariaDB: this database), or the
    /// database of this tenant, if the URL has `{tenant}`
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
    /// Ask nothing
    #[arg(long)]
    pub yes: bool,
}

/// `dump`.
#[derive(Debug, Args)]
pub struct Dump {
    /// Tables (default: all that have a model)
    pub tables: Vec<String>,
    /// File to write (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `load` does with a row whose key exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnConflict {
    /// Stop, and load nothing
    Error,
    /// Keep the row of the database
    Skip,
    /// Update the row of the database
    Update,
}

/// `load`.
#[derive(Debug, Args)]
pub struct Load {
    /// Files with JSON lines (`-`: standard input)
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What to do with a row whose key exists
    #[arg(long, value_name = "ACTION", default_value = "error")]
    pub on_conflict: OnConflict,
}

/// Formats of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErdFormat {
    /// A Mermaid diagram, for Markdown
    Mermaid,
    /// A picture
    Svg,
}

/// `erd`.
#[derive(Debug, Args)]
pub struct Erd {
    /// Tables (default: all)
    pub tables: Vec<String>,
    /// Format of the diagram
    #[arg(long, value_name = "FORMAT", default_value = "mermaid")]
    pub format: ErdFormat,
    /// File to write (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Schema of the models from a file (`-`: standard input) instead of from Python
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
}
