//! The project's configuration: `oxyde.toml`, or `[tool.oxyde]` in `pyproject.toml`.

mod environment;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use glob::Pattern;
use oxyde_driver::sqlite_file;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;

use environment::Environment;
use oxyde_migrate::ledger::LEDGER_TABLE;

use crate::args::Global;
use crate::error::CliError;

/// The characters of a path that mean something else in a URL.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The configuration of a project.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that paths are relative to.
    pub root: PathBuf,
    /// What happens with a migration that is older than an applied one.
    pub out_of_order: OutOfOrder,
    settings: Settings,
    environment: Environment,
    exclude: Vec<Pattern>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    models: Vec<String>,
    migrations: Option<PathBuf>,
    #[serde(default)]
    databases: BTreeMap<String, Entry>,
    #[serde(default)]
    exclude: Vec<String>,
    ledger: Option<String>,
    #[serde(default)]
    out_of_order: OutOfOrder,
}

/// What happens with a migration that is not applied, although one with a later name is: that of a
/// branch that was merged late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfOrder {
    /// It is applied.
    #[default]
    Apply,
    /// It is applied, with a warning.
    Warn,
    /// Nothing is applied.
    Refuse,
}

/// A database of the configuration: its URL, or a table with what differs from the other databases.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Url(String),
    Table(DatabaseSettings),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseSettings {
    url: String,
    models: Option<Vec<String>>,
    migrations: Option<PathBuf>,
    ledger: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PyProject {
    tool: Option<Tools>,
}

#[derive(Debug, Deserialize)]
struct Tools {
    oxyde: Option<Settings>,
}

impl Config {
    /// Find and read the configuration; flags override it.
    ///
    /// # Errors
    /// The file cannot be read or is invalid.
    pub fn load(global: &Global) -> Result<Self, CliError> {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let mut found = None;
        if let Some(file) = &global.config {
            let settings = read(file)?.ok_or_else(|| {
                CliError::new(format!("{} has no [tool.oxyde]", file.display()))
                    .hint("run `oxyde init`, or pass another file with --config")
            })?;
            found = Some((file.clone(), settings));
        } else {
            for folder in here.ancestors() {
                for name in ["oxyde.toml", "pyproject.toml"] {
                    let file = folder.join(name);
                    if found.is_none() && file.is_file() {
                        found = read(&file)?.map(|settings| (file, settings));
                    }
                }
                if found.is_some() {
                    break;
                }
            }
        }
        let (file, settings) = match found {
            Some((file, settings)) => (Some(file), settings),
            None => (None, Settings::default()),
        };
        let root = file
            .as_deref()
            .and_then(Path::parent)
            .filter(|parent| !parent.as_os_str().is_empty())
            .map_or(here.clone(), Path::to_path_buf);
        Ok(Config {
            environment: Environment::load(&root)?,
            root,
            out_of_order: settings.out_of_order,
            exclude: patterns(&settings.exclude)?,
            settings,
        })
    }

    /// The names of the configured databases.
    #[must_use]
    pub fn databases(&self) -> Vec<&str> {
        self.settings.databases.keys().map(String::as_str).collect()
    }

    /// The Python modules with the models of a database.
    #[must_use]
    pub fn models(&self, database: &str) -> &[String] {
        self.own(database)
            .and_then(|own| own.models.as_deref())
            .unwrap_or(&self.settings.models)
    }

    /// The folder of the migrations of a database.
    #[must_use]
    pub fn migrations(&self, database: &str, global: &Global) -> PathBuf {
        if let Some(folder) = &global.migrations {
            return folder.clone();
        }
        let own = self.own(database).and_then(|own| own.migrations.as_ref());
        let folder = own.or(self.settings.migrations.as_ref());
        self.root
            .join(folder.map_or_else(|| Path::new("migrations"), PathBuf::as_path))
    }

    /// The table of the applied migrations of a database.
    #[must_use]
    pub fn ledger(&self, database: &str) -> &str {
        let own = self.own(database).and_then(|own| own.ledger.as_deref());
        own.or(self.settings.ledger.as_deref())
            .unwrap_or(LEDGER_TABLE)
    }

    fn own(&self, database: &str) -> Option<&DatabaseSettings> {
        match self.settings.databases.get(database)? {
            Entry::Url(_) => None,
            Entry::Table(own) => Some(own),
        }
    }

    /// Whether `inspectdb`, `baseline` and `check` ignore this table: `schema.table`, or `table` in the
    /// default schema.
    #[must_use]
    pub fn excludes(&self, table: &str) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(table))
    }

    /// Return the URL of a database, which the flags or the configuration specify.
    ///
    /// # Errors
    /// No such database is configured, or its URL uses an environment variable that is not set.
    pub fn url(&self, database: &str, global: &Global) -> Result<String, CliError> {
        if let Some(url) = &global.url {
            return Ok(url.clone());
        }
        let Some(Entry::Url(url) | Entry::Table(DatabaseSettings { url, .. })) =
            self.settings.databases.get(database)
        else {
            if database == "default"
                && let Some(url) = self.environment.variable("DATABASE_URL")?
            {
                return Ok(url);
            }
            return Err(self.not_configured(database));
        };
        let url = self.environment.expand(url).map_err(|mut error| {
            error.hint = error
                .hint
                .map(|hint| format!("{hint}, or pass --url (database `{database}`)"));
            error
        })?;
        Ok(self.beside_configuration(url))
    }

    fn not_configured(&self, database: &str) -> CliError {
        let known = self.databases();
        CliError::new(format!("database `{database}` is not configured")).hint(if known.is_empty() {
            "pass --url, set DATABASE_URL, or write [databases] in the configuration (`oxyde init`)"
                .to_owned()
        } else {
            format!("the configured databases are {}", known.join(", "))
        })
    }

    /// Take a relative path in a configured SQLite URL as relative to the configuration.
    fn beside_configuration(&self, url: String) -> String {
        match sqlite_file(&url) {
            Some((path, _)) if path.is_relative() => {
                let path = self.root.join(path).display().to_string();
                let path = utf8_percent_encode(&path, PATH);
                let query = url.split_once('?').map(|(_, query)| format!("?{query}"));
                format!("sqlite:///{path}{}", query.unwrap_or_default())
            }
            _ => url,
        }
    }
}

fn patterns(exclude: &[String]) -> Result<Vec<Pattern>, CliError> {
    let parse = |text: &String| {
        Pattern::new(text).map_err(|error| {
            CliError::new(format!("exclude: {text:?} is not a pattern: {error}"))
                .hint("write names of tables with * and ?, for example \"legacy_*\"")
        })
    };
    exclude.iter().map(parse).collect()
}

fn read(file: &Path) -> Result<Option<Settings>, CliError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        CliError::new(format!("cannot read {}: {error}", file.display()))
            .hint("check the path, or run `oxyde init`")
    })?;
    let wrong = |error: &toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text[..offset.min(text.len())].matches('\n').count() + 1;
        CliError::new(format!("{}:{line}: {}", file.display(), error.message()))
            .hint("valid keys are `models`, `migrations`, `exclude`, `ledger`, `out_of_order` (\"apply\", \"warn\" or \"refuse\") and `[databases]`, whose entries are URLs or tables with `url`, `models`, `migrations` and `ledger`")
    };
    if file
        .file_name()
        .is_some_and(|name| name == "pyproject.toml")
    {
        let project: PyProject = toml::from_str(&text).map_err(|error| wrong(&error))?;
        return Ok(project.tool.and_then(|tools| tools.oxyde));
    }
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| wrong(&error))
}
