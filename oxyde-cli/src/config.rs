//! The project's configuration: `oxyde.toml`, or `[tool.oxyde]` in `pyproject.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use glob::Pattern;
use oxyde_driver::sqlite_file;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;

use crate::args::Global;
use crate::error::CliError;

/// The characters of a path that mean something else in a URL.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The configuration of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder that paths are relative to.
    pub root: PathBuf,
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// Python modules with models.
    pub models: Vec<String>,
    /// Folder of the migrations.
    pub migrations: PathBuf,
    databases: BTreeMap<String, String>,
    exclude: Vec<Pattern>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    models: Vec<String>,
    migrations: Option<PathBuf>,
    #[serde(default)]
    databases: BTreeMap<String, String>,
    #[serde(default)]
    exclude: Vec<String>,
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
        let migrations = global.migrations.clone().unwrap_or_else(|| {
            root.join(
                settings
                    .migrations
                    .unwrap_or_else(|| PathBuf::from("migrations")),
            )
        });
        Ok(Config {
            root,
            file,
            models: settings.models,
            migrations,
            databases: settings.databases,
            exclude: patterns(&settings.exclude)?,
        })
    }

    /// Whether `inspectdb`, `baseline` and `check` ignore this table: `schema.table`, or `table` in the
    /// default schema.
    #[must_use]
    pub fn excludes(&self, table: &str) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(table))
    }

    /// Return the URL of the database that the flags or the configuration specify.
    ///
    /// # Errors
    /// No database is configured, or its URL uses an environment variable that is not set.
    pub fn url(&self, global: &Global) -> Result<String, CliError> {
        if let Some(url) = &global.url {
            return Ok(url.clone());
        }
        let configured = self.databases.get(&global.database);
        let Some(url) = configured else {
            if global.database == "default"
                && let Ok(url) = std::env::var("DATABASE_URL")
            {
                return Ok(url);
            }
            let known: Vec<&str> = self.databases.keys().map(String::as_str).collect();
            return Err(CliError::new(format!(
                "database `{}` is not configured",
                global.database
            ))
            .hint(if known.is_empty() {
                "pass --url, set DATABASE_URL, or write [databases] in the configuration (`oxyde init`)"
                    .to_owned()
            } else {
                format!("the configured databases are {}", known.join(", "))
            }));
        };
        let url = expand(url, &|name| std::env::var(name).ok()).map_err(|name| {
            CliError::new(format!("the environment variable {name} is not set")).hint(format!(
                "set it, or pass --url (database `{}`)",
                global.database
            ))
        })?;
        Ok(self.beside_configuration(url))
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

/// Replace `${NAME}` and `${NAME:-default}` by environment variables.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = match name.split_once(":-") {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (name, None),
        };
        out.push_str(&variable(name).or(default).ok_or_else(|| name.to_owned())?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
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
            .hint("valid keys are `models`, `migrations`, `exclude` and `[databases]`")
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

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_take_their_place() {
        let known = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand("${A}/${B:-y}/$C", &known), Ok("x/y/$C".to_owned()));
        assert_eq!(expand("${B}", &known), Err("B".to_owned()));
    }
}
