//! The `oxyde` command: create, check and apply migrations.
//!
//! [`run`] is the whole command as a function, so that the native binary and the Python
//! package run the same code and differ only in their [`Host`].

mod args;
mod commands;
mod config;
mod error;
mod host;
mod model_source;
mod models;
mod native;
mod output;

use clap::Parser;
use clap::error::ErrorKind;
pub use error::CliError;
pub use host::{Host, HostError};
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

/// Run the command with the arguments after its name, and return its exit code.
pub fn run(arguments: &[String], host: &dyn Host) -> i32 {
    let all = std::iter::once("oxyde").chain(arguments.iter().map(String::as_str));
    let cli = match args::Cli::try_parse_from(all) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    host.out(&text);
                    DONE
                }
                _ => {
                    host.err(&text);
                    USAGE
                }
            };
        }
    };
    let output = Output::new(host, cli.global.color);
    match commands::dispatch(&cli, arguments, &output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ERROR
        }
    }
}
