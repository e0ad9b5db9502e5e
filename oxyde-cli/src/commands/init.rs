//! `oxyde init`.

use std::path::Path;

use oxyde_migrate::file::quoted;

use crate::args::{Global, Init};
use crate::error::CliError;
use crate::output::{Look, Output};

pub(super) fn run(args: &Init, global: &Global, output: &Output<'_>) -> Result<i32, CliError> {
    let here = std::env::current_dir()
        .map_err(|error| CliError::new(format!("cannot determine the current folder: {error}")))?;
    let url = global
        .url
        .clone()
        .unwrap_or_else(|| "${DATABASE_URL}".to_owned());
    let folder = global
        .migrations
        .clone()
        .unwrap_or_else(|| "migrations".into());
    let models: Vec<String> = args.models.iter().map(|module| quoted(module)).collect();
    let settings = |table: &str| {
        format!(
            "models = [{}]\nmigrations = {}\n\n[{table}databases]\ndefault = {}\n",
            models.join(", "),
            quoted(&folder.display().to_string()),
            quoted(&url)
        )
    };
    let project = here.join("pyproject.toml");
    let failed = |path: &Path, error: &std::io::Error| {
        CliError::new(format!("cannot write {}: {error}", path.display()))
            .hint("check the folder and its permissions")
    };
    let name = if project.is_file() {
        let text = std::fs::read_to_string(&project).map_err(|error| failed(&project, &error))?;
        if text
            .lines()
            .any(|line| line.trim_start().starts_with("[tool.oxyde"))
        {
            return Err(CliError::new("pyproject.toml already has [tool.oxyde]")
                .hint("edit it, or continue with `oxyde makemigrations`"));
        }
        let text = format!(
            "{}\n\n[tool.oxyde]\n{}",
            text.trim_end(),
            settings("tool.oxyde.")
        );
        std::fs::write(&project, text).map_err(|error| failed(&project, &error))?;
        "pyproject.toml"
    } else {
        let file = here.join("oxyde.toml");
        if file.is_file() {
            return Err(CliError::new("oxyde.toml already exists")
                .hint("edit it, or continue with `oxyde makemigrations`"));
        }
        std::fs::write(&file, settings("")).map_err(|error| failed(&file, &error))?;
        "oxyde.toml"
    };
    let migrations = here.join(&folder);
    std::fs::create_dir_all(&migrations).map_err(|error| failed(&migrations, &error))?;
    let shown = if name == "pyproject.toml" {
        "pyproject.toml ([tool.oxyde])"
    } else {
        name
    };
    if output.is_json() {
        output.answer(&serde_json::json!({ "configuration": name, "migrations": folder }));
        return Ok(crate::DONE);
    }
    output.line(&format!("{} {shown}", output.paint(Look::Good, "wrote")));
    output.line(&format!(
        "{} {}/",
        output.paint(Look::Good, "created"),
        folder.display()
    ));
    output.line("");
    output.line("Next:");
    if global.url.is_none() {
        output.line("  export DATABASE_URL=postgresql://user@localhost/app");
    }
    output.line("  oxyde makemigrations");
    output.line("  oxyde migrate");
    Ok(crate::DONE)
}
