//! Variables: of the process, and of the file `.env` beside the configuration.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::CliError;

/// The variables that a configuration can use.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// Those of the file.
    file: BTreeMap<String, String>,
}

impl Environment {
    /// Read the file `.env` of a folder, if there is one.
    ///
    /// # Errors
    /// The file is invalid.
    pub(super) fn load(folder: &Path) -> Result<Self, CliError> {
        let path = folder.join(".env");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let wrong = |error: dotenvy::Error| {
            CliError::new(format!("cannot read {}: {error}", path.display()))
                .hint("write lines of the form NAME=value, with quotes around values with spaces")
        };
        let items = dotenvy::from_path_iter(&path).map_err(wrong)?;
        let file = items.collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Environment { file })
    }

    /// Return a variable: of the process, of `.env`, or the content of the file that the variable
    /// `NAME_FILE` names, as secrets are mounted into containers.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn variable(&self, name: &str) -> Result<Option<String>, CliError> {
        if let Some(value) = self.plain(name) {
            return Ok(Some(value));
        }
        let Some(file) = self.plain(&format!("{name}_FILE")) else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(&file).map_err(|error| {
            CliError::new(format!("cannot read {file}: {error}")).hint(format!(
                "{name}_FILE names it: check the path, or set {name}"
            ))
        })?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn plain(&self, name: &str) -> Option<String> {
        std::env::var(name)
            .ok()
            .or_else(|| self.file.get(name).cloned())
    }

    /// Replace `${NAME}` and `${NAME:-default}` by variables.
    ///
    /// # Errors
    /// A variable without a default is not set, or its file cannot be read.
    pub(super) fn expand(&self, text: &str) -> Result<String, CliError> {
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
            let value = self.variable(name)?.or(default).ok_or_else(|| {
                CliError::new(format!("the environment variable {name} is not set"))
                    .hint(format!("set {name} or {name}_FILE, also in .env"))
            })?;
            out.push_str(&value);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn variables_take_their_place() -> Result<(), crate::CliError> {
        let file = [("OXYDE_A".to_owned(), "x".to_owned())].into();
        let known = Environment { file };
        assert_eq!(known.expand("${OXYDE_A}/${OXYDE_B:-y}/$C")?, "x/y/$C");
        let missing = known.expand("${OXYDE_B}").map_err(|error| error.message);
        assert_eq!(
            missing,
            Err("the environment variable OXYDE_B is not set".to_owned())
        );
        Ok(())
    }

    #[test]
    fn a_variable_may_be_the_content_of_a_file() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "postgresql://app@db/app\n")?;
        std::fs::write(
            folder.path().join(".env"),
            format!(
                "OXYDE_SECRET_FILE={}\nOXYDE_QUOTED='a b'\n",
                secret.display()
            ),
        )?;
        let environment = Environment::load(folder.path())?;
        assert_eq!(
            environment.variable("OXYDE_SECRET")?.as_deref(),
            Some("postgresql://app@db/app")
        );
        assert_eq!(
            environment.variable("OXYDE_QUOTED")?.as_deref(),
            Some("a b")
        );
        assert_eq!(environment.variable("OXYDE_NONE")?, None);
        Ok(())
    }
}
