//! `oxyde dbshell`.

use std::process::Command;

use oxyde_driver::{PoolSettings, Server, server_of, sqlite_file};
use oxyde_sql::dialect::Dialect;

use super::Project;
use crate::args::Dbshell;
use crate::error::CliError;
use crate::native::become_command;

pub(super) fn run(args: &Dbshell, project: &Project<'_>) -> Result<i32, CliError> {
    project.one_database()?;
    let url = project.url()?;
    let dialect = project.dialect(None)?;
    let shells: &[&str] = match dialect {
        Dialect::Postgres => &["psql"],
        Dialect::Sqlite => &["sqlite3"],
        Dialect::Mysql => &["mysql", "mariadb"],
        Dialect::Mariadb => &["mariadb", "mysql"],
    };
    let mut arguments = match (server_of(&url)?, sqlite_file(&url)) {
        (Some((server, settings)), _) if dialect == Dialect::Postgres => psql(&server, &settings),
        (Some((server, settings)), _) => mysql(&server, &settings),
        (None, Some((file, _))) => Start {
            arguments: vec![file.display().to_string()],
            variables: Vec::new(),
        },
        (None, None) => {
            return Err(CliError::new("a database in memory has no shell")
                .hint("name a file in the URL: sqlite:///app.db"));
        }
    };
    arguments.arguments.extend(args.arguments.iter().cloned());
    for shell in shells {
        let mut command = Command::new(shell);
        command.args(&arguments.arguments).envs(
            arguments
                .variables
                .iter()
                .map(|(name, value)| (*name, value)),
        );
        if let Some(code) = become_command(&mut command) {
            return Ok(code);
        }
    }
    Err(
        CliError::new(format!("cannot start {}", shells.join(" or "))).hint(match dialect {
            Dialect::Postgres => "install PostgreSQL's client (Debian: postgresql-client)",
            Dialect::Sqlite => "install SQLite's shell (Debian: sqlite3)",
            Dialect::Mysql | Dialect::Mariadb => {
                "install the client of the server (Debian: mariadb-client)"
            }
        }),
    )
}

/// How a shell is started. Passwords are variables, because other users see the arguments.
struct Start {
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

fn psql(server: &Server, settings: &PoolSettings) -> Start {
    let host = server.socket.as_ref().map_or_else(
        || server.host.clone(),
        |folder| folder.display().to_string(),
    );
    let mut arguments = vec!["--host".to_owned(), host];
    let mut variables = Vec::new();
    if let Some(port) = server.port {
        arguments.extend(["--port".to_owned(), port.to_string()]);
    }
    if let Some(user) = &server.user {
        arguments.extend(["--username".to_owned(), user.clone()]);
    }
    if let Some(database) = &server.database {
        arguments.extend(["--dbname".to_owned(), database.clone()]);
    }
    if let Some(password) = &server.password {
        variables.push(("PGPASSWORD", password.clone()));
    }
    let files = [
        ("PGSSLROOTCERT", &settings.ssl_root_cert),
        ("PGSSLCERT", &settings.ssl_client_cert),
        ("PGSSLKEY", &settings.ssl_client_key),
    ];
    for (name, file) in files {
        if let Some(file) = file {
            variables.push((name, file.display().to_string()));
        }
    }
    if let Some(mode) = &settings.ssl_mode {
        variables.push(("PGSSLMODE", mode.clone()));
    }
    Start {
        arguments,
        variables,
    }
}

fn mysql(server: &Server, settings: &PoolSettings) -> Start {
    let mut arguments = Vec::new();
    match &server.socket {
        Some(socket) => arguments.push(format!("--socket={}", socket.display())),
        // With the name localhost, the client would look for a socket.
        None => arguments.extend([
            format!("--host={}", server.host),
            "--protocol=TCP".to_owned(),
        ]),
    }
    if let Some(port) = server.port {
        arguments.push(format!("--port={port}"));
    }
    if let Some(user) = &server.user {
        arguments.push(format!("--user={user}"));
    }
    if let Some(file) = &settings.ssl_root_cert {
        arguments.push(format!("--ssl-ca={}", file.display()));
    }
    if let Some(database) = &server.database {
        arguments.push(format!("--database={database}"));
    }
    let password = server.password.clone();
    Start {
        arguments,
        variables: password
            .map(|password| ("MYSQL_PWD", password))
            .into_iter()
            .collect(),
    }
}
