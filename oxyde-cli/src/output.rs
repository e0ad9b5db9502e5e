//! Output for people: colours only at a terminal, errors on standard error.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::args::{Color, Global, Log};
use crate::error::CliError;
use crate::host::Host;

/// The output of a command.
pub struct Output<'a> {
    /// The process.
    pub host: &'a dyn Host,
    colors: bool,
    json: bool,
    log: Log,
    /// The first failure to write to standard output.
    failure: Mutex<Option<String>>,
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
    pub fn new(host: &'a dyn Host, global: &Global) -> Self {
        let colors = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                host.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Output {
            host,
            colors,
            json: global.json,
            log: global.log,
            failure: Mutex::new(None),
        }
    }

    /// Whether the command answers as JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a progress line may be overwritten by the next one.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        self.log == Log::Text && !self.json && self.host.is_terminal()
    }

    /// Write a line to standard output.
    pub fn line(&self, text: &str) {
        self.part(&format!("{text}\n"));
    }

    /// Write text to standard output, without a line break.
    pub fn part(&self, text: &str) {
        if let Err(reason) = self.host.out(text) {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert(reason);
        }
    }

    /// Answer with a JSON document.
    pub fn answer(&self, answer: &Value) {
        self.line(&answer.to_string());
    }

    /// Report an event of a run: as an object with `--log json`, otherwise as a line; with `--json`,
    /// the answer at the end says it all.
    pub fn event(&self, fields: &Value, text: &str) {
        if self.log == Log::Json {
            self.log_line("info", fields);
        } else if !self.json {
            self.line(text);
        }
    }

    /// Write a warning to standard error.
    pub fn warn(&self, text: &str) {
        if self.log == Log::Json {
            self.log_line("warning", &json!({ "message": text }));
            return;
        }
        self.host.err(&format!(
            "{} {text}\n",
            self.paint(Look::Warning, "warning:")
        ));
    }

    /// Report an error and its hint: as the answer with `--json`, otherwise on standard error.
    pub fn error(&self, error: &CliError) {
        let object = error.as_json();
        if self.log == Log::Json {
            self.log_line("error", &object);
        }
        if self.json {
            self.answer(&json!({ "error": object }));
        } else if self.log == Log::Text {
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
    }

    /// Return the first failure to write to standard output.
    #[must_use]
    pub fn failure(&self) -> Option<CliError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().map(|reason| {
            CliError::new(format!("cannot write to standard output: {reason}"))
                .hint("the command's work is done, but its output is incomplete")
        })
    }

    fn log_line(&self, level: &str, fields: &Value) {
        let mut line = json!({
            "time": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "level": level,
        });
        if let (Some(line), Some(fields)) = (line.as_object_mut(), fields.as_object()) {
            line.extend(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        self.host.err(&format!("{line}\n"));
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
