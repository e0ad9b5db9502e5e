//! Renders tables as Python models.

mod literal;
mod names;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use literal::{comment, text};
use names::Names;
use oxyde_migrate::introspect::neutral_default;
use oxyde_sql::ddl::{creation_order, enum_types, index_name, type_sql};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{
    Column, Distribution, ForeignKey, Index, IndexPart, ReferentialAction, Schema, Table,
};
use oxyde_sql::types::{ColumnType, Family, RangeItem};

/// Return the source of a module with a model for each table and view.
pub(crate) fn models(schema: &Schema, views: &[Table], style: &DdlStyle) -> String {
    let mut all = schema.clone();
    all.tables.extend_from_slice(views);
    let enums = enum_types(&all.tables).unwrap_or_default();
    let mut writer = Writer {
        known: Names::new(&all, &enums),
        style,
        imports: BTreeSet::new(),
        names: BTreeSet::new(),
    };
    let mut body = String::new();
    for ty in &enums {
        let _ = write!(
            body,
            "\n\nclass {}(Enum):\n",
            writer.known.enum_class(&ty.name)
        );
        for (name, value) in names::members(&ty.values).iter().zip(&ty.values) {
            let _ = writeln!(body, "    {name} = {}", text(value));
        }
        writer.imports.insert("from enum import Enum".to_owned());
    }
    let of_tables = creation_order(&all.tables[..schema.tables.len()]);
    for table in of_tables {
        body.push_str(&writer.model(table, false));
    }
    for view in &all.tables[schema.tables.len()..] {
        body.push_str(&writer.model(view, true));
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

/// Mark the foreign keys that no model declares.
pub(crate) fn mark_undeclared(schema: &mut Schema) {
    let enums = enum_types(&schema.tables).unwrap_or_default();
    let found = schema.clone();
    let names = Names::new(&found, &enums);
    for (table, original) in schema.tables.iter_mut().zip(&found.tables) {
        for key in &mut table.foreign_keys {
            let declared = match key.columns.as_slice() {
                [column] => names
                    .target(original, column)
                    .is_some_and(|(declared, _)| declared.name == key.name),
                _ => false,
            };
            key.undeclared = !declared;
        }
    }
}

struct Writer<'a> {
    known: Names<'a>,
    style: &'a DdlStyle,
    imports: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl<'a> Writer<'a> {
    fn model(&mut self, table: &'a Table, is_view: bool) -> String {
        let mut out = format!("\n\nclass {}(Model):\n", self.known.class(table));
        let (mut fields, mut indexes) = (Vec::new(), Vec::new());
        // A model's key has the order of its fields.
        let in_key = |column: &&Column| table.primary_key.iter().position(|n| *n == column.name);
        let mut columns: Vec<&Column> = table.columns.iter().collect();
        if table.primary_key.len() > 1 {
            columns.sort_by_key(|column| in_key(column).unwrap_or(usize::MAX));
        }
        for column in columns {
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
        match &table.distribution {
            Some(Distribution::By(column)) => {
                let field = &self.known.column(table, column).field;
                let _ = writeln!(out, "        shard_by = {}", text(field));
            }
            Some(Distribution::Reference) => out.push_str("        reference = True\n"),
            None => {}
        }
        if table.primary_key.is_empty() {
            out.push_str("        read_only = True\n");
        }
        if is_view {
            out.push_str("        managed = False\n");
        }
        if let Some(text) = &table.comment {
            let _ = writeln!(out, "        {}", comment(text));
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
                    .map(|name| text(&self.known.column(table, name).field))
                    .collect();
                format!("({})", fields.join(", "))
            })
            .collect();
        list(&mut out, "unique_together", &together);
        out
    }

    fn field(&mut self, table: &'a Table, column: &Column) -> String {
        let named = self.known.column(table, &column.name);
        let (mut ty, mut options) = (String::new(), Vec::new());
        if let Some((key, target)) = self.known.target(table, &column.name) {
            self.known.class(target).clone_into(&mut ty);
            options.extend(type_of_key(self.style, (table, column), (target, key)));
            if target.primary_key != key.target_columns {
                let wanted = self.known.column(target, &key.target_columns[0]);
                options.push(("db_fk", text(&wanted.field)));
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
        if column.auto_increment && !is_key {
            options.retain(|(option, _)| *option != "db_type");
            options.push(("db_type", text(serial(&column.ty))));
        }
        if is_key {
            options.push(("db_pk", "True".to_owned()));
        }
        if let Some(counts) = unusual_counter(table, column) {
            options.push(("db_auto_increment", counts.to_owned()));
        }
        if named.field != column.name {
            options.push(("db_column", text(&column.name)));
        }
        index_options(table, column, &mut options);
        if let Some(default) = &column.default {
            let default = neutral_default(self.style, default, column);
            options.push(("db_default", text(&default)));
        }
        if let Some(generated) = &column.generated {
            options.push(("db_generated", text(&generated.expression)));
            if !generated.stored {
                options.push(("db_stored", "False".to_owned()));
            }
        }
        if let Some(comment) = &column.comment {
            options.push(("db_comment", text(comment)));
        }
        let is_foreign_key = table
            .foreign_keys
            .iter()
            .any(|key| key.columns == [column.name.as_str()]);
        let generated = is_key && column.auto_increment && !is_foreign_key;
        if column.nullable || generated {
            ty.push_str(" | None");
            options.insert(0, ("default", "None".to_owned()));
        }
        let name = named.attribute.unwrap_or(named.field);
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

    fn typed(
        &mut self,
        column: &Column,
        ty: &mut String,
        options: &mut Vec<(&'static str, String)>,
    ) {
        match &column.ty {
            ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::Range {
                item: RangeItem::Integer,
            } => {
                ty.push_str(&self.python_type(&column.ty));
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
                ty.push_str(&self.python_type(&column.ty));
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
            ColumnType::Text | ColumnType::Varchar { .. } => ("", "str"),
            ColumnType::Custom { sql, .. } if sql.eq_ignore_ascii_case("cidr") => {
                ("from pydantic import IPvAnyNetwork", "IPvAnyNetwork")
            }
            ColumnType::Custom { base, .. } => return self.python_type(base),
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
            ColumnType::Range { item } => {
                self.names.insert("Range".to_owned());
                return format!("Range[{}]", self.python_type(item.column_type()));
            }
            ColumnType::Enum { name, .. } => return self.known.enum_class(name).to_owned(),
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
                IndexPart::Column(name) => text(&self.known.column(table, name).field),
                IndexPart::ColumnDesc(name) => {
                    text(&format!("-{}", self.known.column(table, name).field))
                }
                // A bare name would be read as a field.
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
            let include: Vec<String> = index
                .include
                .iter()
                .map(|name| text(&self.known.column(table, name).field))
                .collect();
            parts.push(format!("include=[{}]", include.join(", ")));
        }
        format!("Index({})", parts.join(", "))
    }
}

/// The type of a foreign key's column, if it is not that of its target.
fn type_of_key(
    style: &DdlStyle,
    (table, column): (&Table, &Column),
    (target, key): (&Table, &ForeignKey),
) -> Option<(&'static str, String)> {
    let other = target
        .columns
        .iter()
        .find(|other| key.target_columns == [other.name.as_str()])?;
    let same = column.ty == other.ty;
    (!same).then(|| ("db_type", text(&type_sql(style, table, column))))
}

/// The type of a counted column that is not in the key.
const fn serial(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::SmallInt => "SMALLSERIAL",
        ColumnType::Integer => "SERIAL",
        _ => "BIGSERIAL",
    }
}

/// Whether the database counts a key, if a model would assume otherwise.
fn unusual_counter(table: &Table, column: &Column) -> Option<&'static str> {
    let is_integer = matches!(
        column.ty,
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt
    );
    let is_foreign_key = table
        .foreign_keys
        .iter()
        .any(|key| key.columns.contains(&column.name));
    let alone = table.primary_key == [column.name.as_str()];
    let assumed = alone && is_integer && !is_foreign_key && column.default.is_none();
    let custom = matches!(column.ty, ColumnType::Custom { .. });
    if custom && alone && !is_foreign_key && column.ty.family() == Family::Int {
        return Some(if column.auto_increment {
            "True"
        } else {
            "False"
        });
    }
    match (assumed, column.auto_increment) {
        (true, false) => Some("False"),
        (false, true) if !is_foreign_key && table.primary_key.contains(&column.name) => {
            Some("True")
        }
        _ => None,
    }
}

/// The options for the constraints and indexes of one column.
fn index_options(table: &Table, column: &Column, options: &mut Vec<(&'static str, String)>) {
    if table
        .uniques
        .iter()
        .any(|unique| unique.columns == [column.name.clone()])
    {
        options.push(("db_unique", "True".to_owned()));
    }
    let own = std::slice::from_ref(&column.name);
    let is_foreign_key = table.foreign_keys.iter().any(|key| key.columns == own);
    if let Some(index) = table
        .indexes
        .iter()
        .find(|i| single_index(table, i) == Some(&column.name))
    {
        let others = |other: &Index| other.name != index.name && serves_foreign_key(other);
        if !is_foreign_key || table.is_indexed(own, others) {
            options.push(("db_index", "True".to_owned()));
        }
        if index.name != index_name(&table.name, own) {
            options.push(("db_index_name", text(&index.name)));
        }
    } else if is_foreign_key && !table.is_indexed(own, serves_foreign_key) {
        options.push(("db_index", "False".to_owned()));
    }
}

/// Whether an index does what the index of a foreign key does: the model then adds none.
fn serves_foreign_key(index: &Index) -> bool {
    index
        .method
        .as_deref()
        .is_none_or(|method| method == "btree")
}

/// Return the column of an index that `db_index` can express.
fn single_index<'a>(table: &Table, index: &'a Index) -> Option<&'a String> {
    let column = plain_index(index)?;
    let mut same = table
        .indexes
        .iter()
        .filter(|each| plain_index(each) == Some(column));
    // A field declares one; the others are in `Meta`.
    (same.next() == Some(index)).then_some(column)
}

fn plain_index(index: &Index) -> Option<&String> {
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
