//! `oxyde completions`.

use clap::CommandFactory as _;
use clap_complete::{Shell as Target, generate};

use crate::args::{Cli, Shell};
use crate::output::Output;

pub(super) fn run(shell: Shell, output: &Output<'_>) -> i32 {
    let target = match shell {
        Shell::Bash => Target::Bash,
        Shell::Zsh => Target::Zsh,
        Shell::Fish => Target::Fish,
        Shell::Powershell => Target::PowerShell,
    };
    let mut text = Vec::new();
    generate(target, &mut Cli::command(), "oxyde", &mut text);
    output.part(&String::from_utf8_lossy(&text));
    crate::DONE
}
