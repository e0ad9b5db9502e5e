//! Reads a migration file; errors name the line and column.

use oxyde_sql::suggest;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{FileError, Migration, checksum};
use crate::operation::{OPERATIONS, Operation};

const KEYS: &[&str] = &["depends_on", "atomic", "replaces", "operations"];

/// Read a migration. `file` is its path, for errors; `name` is its name.
///
/// # Errors
/// The text is not TOML, or has unknown keys, unknown operations or values of the wrong type.
pub fn parse(file: &str, name: &str, text: &str) -> Result<Migration, FileError> {
    let reader = Reader { file, text };
    let document = DeTable::parse(text).map_err(|error| reader.toml(&error, 0))?;
    let mut migration = Migration {
        name: name.to_owned(),
        depends_on: Vec::new(),
        atomic: true,
        replaces: Vec::new(),
        operations: Vec::new(),
        checksum: checksum(text),
    };
    for (key, value) in document.into_inner() {
        let at = key.span().start;
        match key.get_ref().as_ref() {
            "depends_on" => migration.depends_on = reader.value(value)?,
            "replaces" => migration.replaces = reader.value(value)?,
            "atomic" => migration.atomic = reader.value(value)?,
            "operations" => migration.operations = reader.operations(value)?,
            unknown => {
                let hint = suggest::hint(unknown, KEYS.iter().copied(), || {
                    format!("valid keys are {}", KEYS.join(", "))
                });
                return Err(reader.error(at, format!("unknown key `{unknown}`"), hint));
            }
        }
    }
    Ok(migration)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn error(&self, offset: usize, message: String, hint: String) -> FileError {
        FileError::at(self.file, self.text, offset, message, hint)
    }

    fn toml(&self, error: &toml::de::Error, fallback: usize) -> FileError {
        let offset = error.span().map_or(fallback, |span| span.start);
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        let unknown = message
            .strip_prefix("unknown field `")
            .or_else(|| message.strip_prefix("unknown variant `"));
        let hint = match unknown.and_then(|rest| rest.split_once('`')) {
            Some((got, rest)) => {
                let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
                suggest::hint(got, known.iter().copied(), || {
                    format!("valid names are {}", known.join(", "))
                })
            }
            None => "see docs/migrations.md for the fields of the operation".to_owned(),
        };
        self.error(offset, message, hint)
    }

    fn value<'de, T: Deserialize<'de>>(
        &self,
        value: Spanned<DeValue<'de>>,
    ) -> Result<T, FileError> {
        let at = value.span().start;
        T::deserialize(value.into_deserializer()).map_err(|error| self.toml(&error, at))
    }

    fn operations(&self, value: Spanned<DeValue<'_>>) -> Result<Vec<Operation>, FileError> {
        let at = value.span().start;
        let DeValue::Array(items) = value.into_inner() else {
            return Err(self.error(
                at,
                "`operations` must be a list".to_owned(),
                "start each operation with a line `[[operations]]`".to_owned(),
            ));
        };
        items.into_iter().map(|item| self.operation(item)).collect()
    }

    fn operation(&self, item: Spanned<DeValue<'_>>) -> Result<Operation, FileError> {
        let span = item.span();
        let DeValue::Table(mut table) = item.into_inner() else {
            return Err(self.error(
                span.start,
                "an operation must be a table".to_owned(),
                "start each operation with a line `[[operations]]`".to_owned(),
            ));
        };
        let Some(tag) = table.remove("op") else {
            return Err(self.error(
                span.start,
                "the operation has no `op`".to_owned(),
                format!("add `op = \"…\"`, one of {}", OPERATIONS.join(", ")),
            ));
        };
        let tag_at = tag.span().start;
        let tag: String = self.value(tag)?;
        let fields = Spanned::new(span.clone(), table).into_deserializer();
        match Operation::read(&tag, fields) {
            Some(Ok(operation)) => Ok(operation),
            Some(Err(error)) => {
                let mut error = self.toml(&error, span.start);
                error.message = format!("{tag}: {}", error.message);
                Err(error)
            }
            None => {
                let hint = suggest::hint(&tag, OPERATIONS.iter().copied(), || {
                    format!("valid operations are {}", OPERATIONS.join(", "))
                });
                Err(self.error(tag_at, format!("unknown operation `{tag}`"), hint))
            }
        }
    }
}
