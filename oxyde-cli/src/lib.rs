//! The `oxyde` command: create, check and apply migrations.
//!
//! [`run`] is the whole command as a function, so that the native binary and the Python
//! package run the same code and differ only in their [`Host`].
//!
//! # Features
//!
//! `postgres`, `mysql` (also for MariaDB), `sqlite` with `bundled-sqlite`, and `native-roots` for TLS are
//! on by default; `tls-rustls` and `tls-native` are other ways to TLS. They are those of
//! [`oxyde_driver`].

mod args;
mod commands;
mod config;
mod error;
mod host;
mod interrupt;
mod model_source;
mod models;
mod native;
mod output;
mod rows;

use clap::Parser;
use clap::error::ErrorKind;
pub use error::CliError;
pub use host::{Host, HostError};
pub use interrupt::Interrupt;
pub use models::ModelsDocument;
pub use native::NativeHost;
use output::Output;

/// Return Python source with a model for each table of a schema.
#[must_use]
pub fn models_source(
    schema: &oxyde_sql::schema::Schema,
    dialect: oxyde_sql::dialect::Dialect,
) -> String {
    model_source::models(schema, &[], oxyde_sql::dialect::DdlStyle::of(dialect))
}

/// Exit code of success.
pub const DONE: i32 = 0;
/// Exit code of an error.
pub const ERROR: i32 = 1;
/// Exit code of an invalid command line.
pub const USAGE: i32 = 2;
/// Exit code of a check that found differences.
pub const FOUND: i32 = 3;
/// Exit code of a command that a signal stopped, to which the signal's number is added.
pub const SIGNALLED: i32 = 128;

/// Run the command with the arguments after its name, and return its exit code.
pub fn run(arguments: &[String], host: &dyn Host) -> i32 {
    if commands::completions::answer(arguments, host) {
        return DONE;
    }
    let all = std::iter::once("oxyde").chain(arguments.iter().map(String::as_str));
    let cli = match args::Cli::try_parse_from(all) {
        Ok(cli) => cli,
        Err(error) => return without_command(arguments, &error, host),
    };
    let output = Output::new(host, &cli.global);
    let result = commands::dispatch(&cli, arguments, &output);
    let code = match result {
        Ok(code) => code,
        Err(mut error) => {
            let code = exit_code(&mut error, host);
            output.error(&error);
            code
        }
    };
    match output.failure() {
        Some(failure) => {
            host.err(&format!("error: {failure}\n"));
            ERROR.max(code)
        }
        None => code,
    }
}

/// Return the exit code of an error, which is caused by a signal if there was one, and then says so.
fn exit_code(error: &mut CliError, host: &dyn Host) -> i32 {
    let Some(signal) = host.interrupt().signal() else {
        return ERROR;
    };
    let name = interrupt::name(signal);
    error.message = format!("interrupted by {name}: {}", error.message);
    SIGNALLED + signal
}

/// Answer a command line without a valid command: a request for help or the version, or a mistake.
fn without_command(arguments: &[String], error: &clap::Error, host: &dyn Host) -> i32 {
    let text = error.render().to_string();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match host.out(&text) {
            Ok(()) => DONE,
            Err(_) => ERROR,
        };
    }
    if arguments.iter().any(|argument| argument == "--json") {
        let message = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        let answer = serde_json::json!({ "error": { "message": message, "hint": null } });
        // The exit code says the same.
        let _ = host.out(&format!("{answer}\n"));
    } else {
        host.err(&text);
    }
    USAGE
}
