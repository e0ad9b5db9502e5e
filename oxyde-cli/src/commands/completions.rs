//! `oxyde completions`, and what the shell then asks for.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Shells, Zsh};

use crate::args::{Cli, Shell};
use crate::error::CliError;
use crate::host::Host;
use crate::output::Output;

/// The variable with which the shell asks.
const VARIABLE: &str = "_OXYDE_COMPLETE";

pub(super) fn run(shell: Shell, output: &Output<'_>) -> Result<i32, CliError> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Powershell => &Powershell,
    };
    let mut text = Vec::new();
    shell
        .write_registration(VARIABLE, "oxyde", "oxyde", "oxyde", &mut text)
        .map_err(|error| CliError::new(format!("cannot write the completions: {error}")))?;
    output.part(&String::from_utf8_lossy(&text));
    Ok(crate::DONE)
}

/// Answer the shell, if it asks how a command line can go on. Returns whether it does.
pub(crate) fn answer(arguments: &[String], host: &dyn Host) -> bool {
    let Ok(shell) = std::env::var(VARIABLE) else {
        return false;
    };
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&shell) else {
        return false;
    };
    // The line comes after `--`.
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1);
    let here = std::env::current_dir().ok();
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    let written = shell.write_complete(
        &mut command,
        words.map(OsString::from).collect(),
        here.as_deref(),
        &mut text,
    );
    // A shell shows no errors while a line is being written.
    if written.is_ok() {
        let _ = host.out(&String::from_utf8_lossy(&text));
    }
    true
}
