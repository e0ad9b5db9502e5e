//! Reading a migration file; errors say the line and column.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{FileError, Migration, checksum};
use crate::operation::{OPERATIONS, Operation};
use crate::suggest::closest;

const KEYS: &[&str] = &["depends_on", "atomic", "replaces", "operations"];

/// Read a migration. `file` is its path, for errors; `name` its name.
///
/// # Errors
/// The text is no TOML, or has unknown keys, unknown operations or values of wrong types.
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
                let hint = closest(unknown, KEYS).map_or_else(
                    || format!("the keys of a migration are {}", KEYS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
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
                closest(got, &known).map_or_else(
                    || format!("known here: {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                )
            }
            None => "see docs/migrations.md for the fields of each operation".to_owned(),
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
                "`operations` is no list".to_owned(),
                "write each operation under a line `[[operations]]`".to_owned(),
            ));
        };
        items.into_iter().map(|item| self.operation(item)).collect()
    }

    fn operation(&self, item: Spanned<DeValue<'_>>) -> Result<Operation, FileError> {
        let span = item.span();
        let DeValue::Table(mut table) = item.into_inner() else {
            return Err(self.error(
                span.start,
                "an operation is a table".to_owned(),
                "write each operation under a line `[[operations]]`".to_owned(),
            ));
        };
        let Some(tag) = table.remove("op") else {
            return Err(self.error(
                span.start,
                "an operation without `op`".to_owned(),
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
                let hint = closest(&tag, OPERATIONS).map_or_else(
                    || format!("the operations are {}", OPERATIONS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                Err(self.error(tag_at, format!("unknown operation `{tag}`"), hint))
            }
        }
    }
}
