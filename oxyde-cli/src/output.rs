//! Lines for people: colours at a terminal only, errors on standard error.

use crate::args::Color;
use crate::error::CliError;
use crate::host::Host;

/// Where a command writes.
pub struct Output<'a> {
    /// The process.
    pub host: &'a dyn Host,
    colors: bool,
}

/// How a word looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// A warning.
    Warning,
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
}

impl<'a> Output<'a> {
    /// Colours as the flag says; `auto` means at a terminal, unless `NO_COLOR` is set.
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

    /// A line on standard output.
    pub fn line(&self, text: &str) {
        self.host.out(&format!("{text}\n"));
    }

    /// A text on standard output without a line's end.
    pub fn part(&self, text: &str) {
        self.host.out(text);
    }

    /// A warning on standard error.
    pub fn warn(&self, text: &str) {
        self.host.err(&format!(
            "{} {text}\n",
            self.paint(Look::Warning, "warning:")
        ));
    }

    /// An error and its hint on standard error.
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

    /// A word with its look.
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
