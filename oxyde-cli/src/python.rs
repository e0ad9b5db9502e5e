//! Tables as Python models.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use oxyde_migrate::introspect::neutral_default;
use oxyde_sql::ddl::{creation_order, enum_types, index_name};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, ForeignKey, Index, IndexPart, ReferentialAction, Schema, Table};
use oxyde_sql::types::ColumnType;

/// The source of a module with a model for each table.
pub(crate) fn models(schema: &Schema, style: &DdlStyle) -> String {
    let mut writer = Writer {
        schema,
        style,
        imports: BTreeSet::new(),
        names: BTreeSet::new(),
    };
    let mut body = String::new();
    for ty in enum_types(&schema.tables).unwrap_or_default() {
        let _ = write!(body, "\n\nclass {}(Enum):\n", class_name(&ty.name));
        let mut taken = BTreeSet::new();
        for value in &ty.values {
            let mut name = identifier(value).to_uppercase();
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            let _ = writeln!(body, "    {name} = {}", text(value));
        }
        writer.imports.insert("from enum import Enum".to_owned());
    }
    for table in creation_order(&schema.tables) {
        body.push_str(&writer.model(table));
    }
    writer.names.insert("Model".to_owned());
    let names: Vec<String> = writer.names.into_iter().collect();
    let mut out =
        String::from("\"\"\"Models of a database, as `oxyde inspectdb` read them.\"\"\"\n\n");
    out.push_str("from __future__ import annotations\n\n");
    for import in &writer.imports {
        let _ = writeln!(out, "{import}");
    }
    if !writer.imports.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "from oxyde import {}", names.join(", "));
    out + &body
}

struct Writer<'a> {
    schema: &'a Schema,
    style: &'a DdlStyle,
    imports: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Writer<'_> {
    fn model(&mut self, table: &Table) -> String {
        let mut out = format!("\n\nclass {}(Model):\n", class_name(&table.name));
        let (mut fields, mut indexes) = (Vec::new(), Vec::new());
        for column in &table.columns {
            fields.push(self.field(table, column));
        }
        for index in &table.indexes {
            if single_index(table, index).is_none() {
                indexes.push(self.index(table, index));
            }
        }
        for field in fields {
            let _ = writeln!(out, "    {field}");
        }
        let _ = write!(out, "\n    class Meta:\n        is_table = True\n");
        let _ = writeln!(out, "        table_name = {}", text(&table.name));
        if let Some(schema) = &table.schema {
            let _ = writeln!(out, "        schema = {}", text(schema));
        }
        if let Some(comment) = &table.comment {
            let _ = writeln!(out, "        # {}", comment.replace('\n', " "));
        }
        list(&mut out, "indexes", &indexes);
        let mut checks = Vec::new();
        for check in &table.checks {
            self.names.insert("Check".to_owned());
            checks.push(format!(
                "Check({}, name={})",
                text(&check.condition),
                text(&check.name)
            ));
        }
        list(&mut out, "constraints", &checks);
        let together: Vec<String> = table
            .uniques
            .iter()
            .filter(|unique| unique.columns.len() > 1)
            .map(|unique| {
                let fields: Vec<String> = unique
                    .columns
                    .iter()
                    .map(|name| text(&identifier(name)))
                    .collect();
                format!("({})", fields.join(", "))
            })
            .collect();
        list(&mut out, "unique_together", &together);
        out
    }

    fn field(&mut self, table: &Table, column: &Column) -> String {
        let key = table
            .foreign_keys
            .iter()
            .find(|key| key.columns == [column.name.clone()]);
        let target = key.and_then(|key| self.target(key).map(|target| (key, target)));
        let (mut name, mut ty, mut options) = (identifier(&column.name), String::new(), Vec::new());
        let mut column_name = name.clone();
        if let Some((key, target)) = target {
            let attribute = name
                .strip_suffix("_id")
                .map_or_else(|| format!("{name}_ref"), str::to_owned);
            column_name = format!("{attribute}_id");
            name = attribute;
            ty = class_name(&target.name);
            if target.primary_key != key.target_columns {
                options.push(("db_fk", text(&identifier(&key.target_columns[0]))));
            }
            for (option, action, usual) in [
                ("db_on_delete", key.on_delete, ReferentialAction::Restrict),
                ("db_on_update", key.on_update, ReferentialAction::NoAction),
            ] {
                if action != usual {
                    options.push((option, text(action_name(action))));
                }
            }
        } else {
            self.typed(column, &mut ty, &mut options);
        }
        let is_key = table.primary_key.contains(&column.name);
        if is_key {
            options.push(("db_pk", "True".to_owned()));
        }
        if column_name != column.name {
            options.push(("db_column", text(&column.name)));
        }
        if table
            .uniques
            .iter()
            .any(|unique| unique.columns == [column.name.clone()])
        {
            options.push(("db_unique", "True".to_owned()));
        }
        if let Some(index) = table
            .indexes
            .iter()
            .find(|i| single_index(table, i) == Some(&column.name))
        {
            options.push(("db_index", "True".to_owned()));
            if index.name != index_name(&table.name, std::slice::from_ref(&column.name)) {
                options.push(("db_index_name", text(&index.name)));
            }
        }
        if let Some(default) = &column.default {
            let default = neutral_default(self.style, default, &column.ty);
            options.push(("db_default", text(&default)));
        }
        if let Some(comment) = &column.comment {
            options.push(("db_comment", text(comment)));
        }
        let generated = is_key && column.auto_increment;
        if column.nullable || generated {
            ty.push_str(" | None");
            options.insert(0, ("default", "None".to_owned()));
        }
        if options.is_empty() {
            return format!("{name}: {ty}");
        }
        if options.len() == 1 && options[0].0 == "default" {
            return format!("{name}: {ty} = None");
        }
        self.names.insert("Field".to_owned());
        let options: Vec<String> = options
            .into_iter()
            .map(|(option, value)| format!("{option}={value}"))
            .collect();
        format!("{name}: {ty} = Field({})", options.join(", "))
    }

    /// The table that a foreign key points at, when a model's field can say so.
    fn target(&self, key: &ForeignKey) -> Option<&Table> {
        let target = self
            .schema
            .tables
            .iter()
            .find(|t| oxyde_sql::ddl::points_at(key, t))?;
        (key.target_columns.len() == 1).then_some(target)
    }

    fn typed(
        &mut self,
        column: &Column,
        ty: &mut String,
        options: &mut Vec<(&'static str, String)>,
    ) {
        match &column.ty {
            ColumnType::SmallInt | ColumnType::Integer => {
                ty.push_str("int");
                options.push((
                    "db_type",
                    text(&column.ty.storage(self.style.dialect, false)),
                ));
            }
            ColumnType::Varchar { length } => {
                ty.push_str("str");
                options.push(("max_length", length.to_string()));
            }
            ColumnType::Decimal { precision, scale } => {
                ty.push_str(&self.python_type(&column.ty));
                options.extend(precision.map(|digits| ("max_digits", digits.to_string())));
                options
                    .extend(precision.map(|_| ("decimal_places", scale.unwrap_or(0).to_string())));
            }
            ColumnType::Custom { sql, .. } => {
                ty.push_str("str");
                options.push(("db_type", text(sql)));
            }
            other => {
                let name = self.python_type(other);
                ty.push_str(&name);
                if let ColumnType::Enum { name, .. } = other {
                    options.push(("db_type", text(name)));
                }
            }
        }
    }

    fn python_type(&mut self, ty: &ColumnType) -> String {
        let (import, name) = match ty {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => ("", "int"),
            ColumnType::Double => ("", "float"),
            ColumnType::Decimal { .. } => ("from decimal import Decimal", "Decimal"),
            ColumnType::Bool => ("", "bool"),
            ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Custom { .. } => {
                ("", "str")
            }
            ColumnType::Bytes => ("", "bytes"),
            ColumnType::Date => ("from datetime import date", "date"),
            ColumnType::Time => ("from datetime import time", "time"),
            ColumnType::DateTime => ("from datetime import datetime", "datetime"),
            ColumnType::TimestampTz => ("from pydantic import AwareDatetime", "AwareDatetime"),
            ColumnType::Interval => ("from datetime import timedelta", "timedelta"),
            ColumnType::Uuid => ("from uuid import UUID", "UUID"),
            ColumnType::Json => ("from typing import Any", "dict[str, Any]"),
            ColumnType::Inet => ("from pydantic import IPvAnyAddress", "IPvAnyAddress"),
            ColumnType::Array { item } => {
                return format!("list[{}]", self.python_type(item));
            }
            ColumnType::Enum { name, .. } => return class_name(name),
            ColumnType::Vector { dimensions } => {
                self.imports
                    .insert("from typing import Annotated".to_owned());
                self.names.insert("Vector".to_owned());
                let dimensions = dimensions.unwrap_or_default();
                return format!("Annotated[list[float], Vector({dimensions})]");
            }
        };
        if !import.is_empty() {
            self.imports.insert(import.to_owned());
        }
        name.to_owned()
    }

    fn index(&mut self, table: &Table, index: &Index) -> String {
        self.names.insert("Index".to_owned());
        let mut parts: Vec<String> = index
            .parts
            .iter()
            .map(|part| match part {
                IndexPart::Column(name) => text(&field_name(table, name)),
                IndexPart::ColumnDesc(name) => text(&format!("-{}", field_name(table, name))),
                // A bare name would be taken for a field.
                IndexPart::Expression(sql) if sql.contains('(') => text(sql),
                IndexPart::Expression(sql) => text(&format!("({sql})")),
            })
            .collect();
        parts.push(format!("name={}", text(&index.name)));
        if index.unique {
            parts.push("unique=True".to_owned());
        }
        parts.extend(
            index
                .method
                .as_ref()
                .map(|method| format!("method={}", text(method))),
        );
        parts.extend(
            index
                .config
                .as_ref()
                .map(|config| format!("config={}", text(config))),
        );
        parts.extend(
            index
                .condition
                .as_ref()
                .map(|sql| format!("condition={}", text(sql))),
        );
        parts.extend(
            index
                .opclass
                .as_ref()
                .map(|name| format!("opclass={}", text(name))),
        );
        if !index.options.is_empty() {
            let options: Vec<String> = index
                .options
                .iter()
                .map(|(name, value)| format!("{}: {}", text(name), text(value)))
                .collect();
            parts.push(format!("options={{{}}}", options.join(", ")));
        }
        if !index.include.is_empty() {
            let include: Vec<String> = index.include.iter().map(|name| text(name)).collect();
            parts.push(format!("include=[{}]", include.join(", ")));
        }
        format!("Index({})", parts.join(", "))
    }
}

/// The column of an index that `db_index` can say.
fn single_index<'a>(_table: &Table, index: &'a Index) -> Option<&'a String> {
    let plain = !index.unique
        && index.method.is_none()
        && index.condition.is_none()
        && index.include.is_empty()
        && index.opclass.is_none()
        && index.options.is_empty();
    match index.parts.as_slice() {
        [IndexPart::Column(name)] if plain => Some(name),
        _ => None,
    }
}

fn field_name(table: &Table, column: &str) -> String {
    let is_key = table
        .foreign_keys
        .iter()
        .any(|key| key.columns == [column.to_owned()]);
    let name = identifier(column);
    if is_key && !name.ends_with("_id") {
        format!("{name}_ref_id")
    } else {
        name
    }
}

fn list(out: &mut String, name: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(out, "        {name} = [");
        for item in items {
            let _ = writeln!(out, "            {item},");
        }
        out.push_str("        ]\n");
    }
}

const fn action_name(action: ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    }
}

fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn class_name(table: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in identifier(table).chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    if out.is_empty() || is_keyword(&out) {
        format!("{out}Model")
    } else {
        out
    }
}

fn identifier(name: &str) -> String {
    let mut out: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    // Pydantic takes names that begin with an underscore for private attributes.
    while out.starts_with('_') {
        out.remove(0);
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out = format!("field_{out}");
    }
    if is_keyword(&out) {
        out.push('_');
    }
    out
}

fn is_keyword(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    KEYWORDS.contains(&word)
}
