//! PostgreSQL's catalogue.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Check, Column, ForeignKey, Index, IndexPart, Schema, Table, Unique};
use oxyde_sql::types::ColumnType;

use super::columns::column_type;
use super::full_text;
use super::{Cells, Queries, action};

/// The introspected schemas: that of this session's temporary tables, or all but the system
/// schemas.
fn schemas(temporary: bool) -> &'static str {
    if temporary {
        "n.oid = pg_my_temp_schema()"
    } else {
        "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    }
}

/// `NULL` for the connection's default schema, otherwise its name.
const SCHEMA: &str = "CASE WHEN n.nspname IN (current_schema(), 'pg_temp') OR n.oid = pg_my_temp_schema() \
     THEN NULL ELSE n.nspname END::text";

const FROM: &str = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";

pub(super) async fn introspect(
    queries: &dyn Queries,
    temporary: bool,
) -> Result<Schema, DriverError> {
    let within = schemas(temporary);
    let chosen = format!(
        "c.relkind IN ('r', 'p') AND {within} AND NOT EXISTS (SELECT 1 FROM pg_depend d \
         WHERE d.objid = c.oid AND d.deptype = 'e')"
    );
    let mut schema = Schema::default();
    tables(queries, &chosen, &mut schema).await?;
    columns(queries, &chosen, &mut schema).await?;
    constraints(queries, &chosen, &mut schema).await?;
    indexes(queries, &chosen, &mut schema).await?;
    schema.tables.iter_mut().for_each(full_text::vectors);
    Ok(schema)
}

/// The tables, still empty. `chosen` is the condition on the tables.
async fn tables(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, obj_description(c.oid, 'pg_class') \
             {FROM} WHERE {chosen} ORDER BY 1 NULLS FIRST, 2"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        schema.tables.push(Table {
            schema: cells.optional(),
            name: cells.text(),
            comment: cells.optional(),
            ..Table::default()
        });
    }
    Ok(())
}

/// The columns of the tables. `chosen` is the condition on the tables.
async fn columns(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, a.attname::text, \
             format_type(a.atttypid, a.atttypmod), a.attnotnull::text, \
             pg_get_expr(d.adbin, d.adrelid), (a.attidentity <> '')::text, \
             col_description(c.oid, a.attnum), coalesce(e.typname, t.typname)::text, \
             (SELECT string_agg(l.enumlabel, chr(31) ORDER BY l.enumsortorder) \
              FROM pg_enum l WHERE l.enumtypid = coalesce(e.oid, t.oid)), (e.oid IS NOT NULL)::text \
             {FROM} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             JOIN pg_type t ON t.oid = a.atttypid \
             LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' \
             LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
             WHERE {chosen} ORDER BY 1, 2, a.attnum"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, ty) = (cells.text(), cells.text());
        let (not_null, default, identity) = (cells.flag(), cells.optional(), cells.flag());
        let comment = cells.optional();
        let (type_name, labels, in_list) = (cells.text(), cells.list(), cells.flag());
        let ty = if labels.is_empty() {
            column_type(&ty)
        } else {
            enum_type(type_name, labels, in_list)
        };
        let serial = default
            .as_deref()
            .is_some_and(|text| text.starts_with("nextval("));
        table.columns.push(Column {
            nullable: !not_null,
            default: default.filter(|_| !serial),
            auto_increment: identity || serial,
            comment,
            ..Column::new(name, ty)
        });
    }
    Ok(())
}

/// An enum, or a list of them.
fn enum_type(name: String, values: Vec<String>, in_list: bool) -> ColumnType {
    let ty = ColumnType::Enum { name, values };
    if in_list {
        ColumnType::Array { item: Box::new(ty) }
    } else {
        ty
    }
}

/// Primary keys, unique keys, foreign keys and checks. `chosen` is the condition on the tables.
async fn constraints(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let names = |key: &str, of: &str| {
        format!(
            "(SELECT string_agg(a.attname, chr(31) ORDER BY k.place) \
             FROM unnest({key}) WITH ORDINALITY AS k(number, place) \
             JOIN pg_attribute a ON a.attrelid = {of} AND a.attnum = k.number)"
        )
    };
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, o.contype::text, o.conname::text, {}, \
             pg_get_expr(o.conbin, o.conrelid), \
             CASE WHEN fn.nspname = current_schema() OR fn.oid = pg_my_temp_schema() \
             THEN NULL ELSE fn.nspname END::text, f.relname::text, {}, \
             o.confdeltype::text, o.confupdtype::text \
             {FROM} JOIN pg_constraint o ON o.conrelid = c.oid \
             LEFT JOIN pg_class f ON f.oid = o.confrelid \
             LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace \
             WHERE {chosen} AND o.contype IN ('p', 'u', 'f', 'c') ORDER BY 1, 2, o.conname",
            names("o.conkey", "o.conrelid"),
            names("o.confkey", "o.confrelid")
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (kind, name, columns) = (cells.text(), cells.text(), cells.list());
        let condition = cells.text();
        match kind.as_str() {
            "p" => table.primary_key = columns,
            "u" => table.uniques.push(Unique { name, columns }),
            "c" => table.checks.push(Check {
                name,
                condition,
                portable: false,
            }),
            _ => table.foreign_keys.push(ForeignKey {
                name,
                columns,
                target_schema: cells.optional(),
                target_table: cells.text(),
                target_columns: cells.list(),
                on_delete: action(&cells.text()),
                on_update: action(&cells.text()),
                raw: None,
            }),
        }
    }
    Ok(())
}

/// Indexes that are not made by a constraint. `chosen` is the condition on the tables.
async fn indexes(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, i.relname::text, x.indisunique::text, \
             m.amname::text, pg_get_expr(x.indpred, x.indrelid), (k.place <= x.indnkeyatts)::text, \
             a.attname::text, pg_get_indexdef(x.indexrelid, k.place::int, true), \
             ((coalesce(x.indoption[k.place - 1], 0) & 1) = 1)::text, \
             (SELECT CASE WHEN count(DISTINCT o.opcname) = 1 THEN min(o.opcname) END \
              FROM unnest(x.indclass::oid[]) AS used(class) JOIN pg_opclass o ON o.oid = used.class \
              WHERE NOT o.opcdefault OR m.amname IN ('hnsw', 'ivfflat'))::text, \
             array_to_string(i.reloptions, chr(31)) \
             {FROM} JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_am m ON m.oid = i.relam \
             CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place) \
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0 \
             WHERE {chosen} AND NOT EXISTS (SELECT 1 FROM pg_constraint o \
             WHERE o.conindid = x.indexrelid AND o.contype IN ('p', 'u', 'x')) \
             ORDER BY 1, 2, 3, k.place"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let (name, unique, method) = (cells.text(), cells.flag(), cells.text());
        let (condition, in_key) = (cells.optional(), cells.flag());
        let (column, definition, descending) = (cells.optional(), cells.text(), cells.flag());
        let (opclass, options) = (cells.optional(), cells.list());
        let at = table
            .indexes
            .iter()
            .position(|index| index.name == name)
            .unwrap_or_else(|| {
                table.indexes.push(Index {
                    name,
                    parts: vec![],
                    unique,
                    method: Some(method).filter(|method| method != "btree"),
                    condition,
                    config: None,
                    include: vec![],
                    opclass,
                    options: options.iter().map(|option| pair(option)).collect(),
                });
                table.indexes.len() - 1
            });
        let index = &mut table.indexes[at];
        match column {
            Some(column) if !in_key => index.include.push(column),
            Some(column) if descending => index.parts.push(IndexPart::ColumnDesc(column)),
            Some(column) => index.parts.push(IndexPart::Column(column)),
            None => index.parts.push(IndexPart::Expression(definition)),
        }
    }
    Ok(())
}

/// `m=16`.
fn pair(option: &str) -> (String, String) {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    (name.to_owned(), value.to_owned())
}

/// Return the table that the first two cells name.
fn place<'a>(schema: &'a mut Schema, cells: &mut Cells) -> Option<&'a mut Table> {
    let (namespace, name) = (cells.optional(), cells.text());
    schema
        .tables
        .iter_mut()
        .find(|table| table.schema == namespace && table.name == name)
}
