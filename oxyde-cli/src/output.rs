//! Output for people: colours only at a terminal, errors on standard error.

use crate::args::Color;
use crate::error::CliError;
use crate::host::Host;

/// The output of a command.
pub struct Output<'a> {
    /// The process.
    pub host: &'a dyn Host,
    colors: bool,
}

/// The style of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// A warning.
    Warning,
    /// A heading.
    Strong,
    /// Less important.
    Faint,
}

impl<'a> Output<'a> {
    /// Colour as the flag specifies; `auto` means at a terminal, unless `NO_COLOR` is set.
    #[must_use]
    pub fn new(host: &'a dyn Host, color: Color) -> Self {
        let wanted = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                host.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Output {
            host,
            colors: wanted,
        }
    }

    /// Write a line to standard output.
    pub fn line(&self, text: &str) {
        self.host.out(&format!("{text}\n"));
    }

    /// Write text to standard output, without a line break.
    pub fn part(&self, text: &str) {
        self.host.out(text);
    }

    /// Write a warning to standard error.
    pub fn warn(&self, text: &str) {
        self.host.err(&format!(
            "{} {text}\n",
            self.paint(Look::Warning, "warning:")
        ));
    }

    /// Write an error and its hint to standard error.
    pub fn error(&self, error: &CliError) {
        self.host.err(&format!(
            "{} {}\n",
            self.paint(Look::Bad, "error:"),
            error.message
        ));
        if let Some(hint) = &error.hint {
            self.host
                .err(&format!("{} {hint}\n", self.paint(Look::Strong, "hint:")));
        }
    }

    /// Style a word.
    #[must_use]
    pub fn paint(&self, look: Look, text: &str) -> String {
        if !self.colors {
            return text.to_owned();
        }
        let code = match look {
            Look::Good => "32",
            Look::Bad => "1;31",
            Look::Warning => "33",
            Look::Strong => "1",
            Look::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
