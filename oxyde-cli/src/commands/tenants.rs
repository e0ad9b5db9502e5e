//! Tenants: by schema, or by a database of their own, whose URL has `{tenant}` in it.

use glob::Pattern;
use oxyde_driver::{server_of, sqlite_file, with_database};
use oxyde_migrate::session::{Access, Session};

use super::create_database::maintenance_database;
use super::{BUSY, Project};
use crate::error::CliError;

/// What stands in a URL for the name of a tenant.
const PLACE: &str = "{tenant}";

/// Whether each tenant has a database of its own.
pub(super) fn has_place(url: &str) -> bool {
    url.contains(PLACE)
}

/// Return the URL of a tenant's database.
///
/// # Errors
/// The name has characters that mean something in a URL or a path.
pub(super) fn url_of(url: &str, tenant: &str) -> Result<String, CliError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if tenant.is_empty() || tenant.starts_with(['-', '.']) || !tenant.bytes().all(is_plain) {
        return Err(
            CliError::new(format!("`{tenant}` is not the name of a tenant")).hint(
                "names have letters, digits, `_`, `-` and `.`, and do not begin with `-` or `.`",
            ),
        );
    }
    Ok(url.replace(PLACE, tenant))
}

/// Return the error of a URL with `{tenant}` where no tenant is chosen.
pub(super) fn unchosen(database: &str) -> CliError {
    CliError::new(format!(
        "the URL of database `{database}` has `{PLACE}`, and no tenant is chosen"
    ))
    .hint(
        "pass --schema NAME or --each PATTERN to `migrate` and `showmigrations`, --schema NAME to \
         `create-database` and `drop-database`, or --url with the name of the tenant",
    )
}

/// Return the tenants of a database whose names match a pattern with `*`, `?` and `[…]`: its schemas (on
/// MySQL and MariaDB the databases of its server), or the databases or files that its URL with
/// `{tenant}` names.
///
/// # Errors
/// The pattern is invalid, or the database cannot be reached.
pub(super) fn matching(project: &Project<'_>, pattern: &str) -> Result<Vec<String>, CliError> {
    let wanted = Pattern::new(pattern).map_err(|error| {
        CliError::new(format!("--each: {pattern:?} is not a pattern: {error}"))
            .hint("write a name with * and ?, for example \"tenant_*\"")
    })?;
    let url = project.url()?;
    let mut names = if has_place(&url) {
        named_by(project, &url)?
    } else {
        let access = project.access()?;
        listed(project, &access, async |session: &Session| {
            Ok(session.schemas().await?)
        })?
    };
    names.retain(|name| wanted.matches(name));
    if names.is_empty() {
        project
            .output
            .warn(&format!("no tenant matches --each {pattern:?}"));
    }
    Ok(names)
}

/// Return the tenants that have a database, or a file, of this URL.
fn named_by(project: &Project<'_>, url: &str) -> Result<Vec<String>, CliError> {
    if let Some((path, _)) = sqlite_file(url) {
        let path = path.display().to_string();
        let (before, after) = around(&path)?;
        let files = format!("{}*{}", Pattern::escape(before), Pattern::escape(after));
        let files = glob::glob(&files).map_err(|error| {
            CliError::new(format!("--each: {path:?} cannot be searched: {error}"))
                .hint("check the URL")
        })?;
        let names = files.flatten().filter_map(|file| {
            let file = file.to_str()?;
            Some(file.strip_prefix(before)?.strip_suffix(after)?.to_owned())
        });
        return Ok(names.collect());
    }
    let named = server_of(url)?.and_then(|(server, _)| server.database);
    let named = named.unwrap_or_default();
    let (before, after) = around(&named)?;
    let server = with_database(url, maintenance_database(project.dialect(None)?))?;
    if has_place(&server) || server.contains("%7Btenant%7D") {
        return Err(twice());
    }
    let access = Access {
        url: server,
        ..project.access_of(url)
    };
    let databases = listed(project, &access, async |session: &Session| {
        Ok(session.databases().await?)
    })?;
    let name = |database: &String| {
        Some(
            database
                .strip_prefix(before)?
                .strip_suffix(after)?
                .to_owned(),
        )
    };
    Ok(databases
        .iter()
        .filter_map(name)
        .filter(|name| !name.is_empty())
        .collect())
}

fn listed(
    project: &Project<'_>,
    access: &Access,
    list: impl AsyncFnOnce(&Session) -> Result<Vec<String>, CliError>,
) -> Result<Vec<String>, CliError> {
    project.block_on(async {
        let session = Session::connect(access, BUSY).await?;
        let names = list(&session).await;
        session.close().await;
        names
    })
}

/// Return what stands before and after the name of the tenant.
fn around(text: &str) -> Result<(&str, &str), CliError> {
    text.split_once(PLACE)
        .filter(|(_, after)| !after.contains(PLACE))
        .ok_or_else(twice)
}

fn twice() -> CliError {
    CliError::new(format!(
        "--each needs a URL with `{PLACE}` in the name of the database, and nowhere else"
    ))
    .hint("name the tenants with --schema")
}
