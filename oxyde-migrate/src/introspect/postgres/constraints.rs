//! The keys and constraints of PostgreSQL's tables.

use oxyde_driver::DriverError;
use oxyde_sql::ddl::primary_key_name;
use oxyde_sql::schema::{Check, ForeignKey, RawPart, RawPlace, Schema, Table, Unique};

use super::super::action;
use super::{Cells, FROM, Queries, SCHEMA, place};

/// Read primary keys, unique keys, foreign keys, checks and exclusions. `chosen` is the condition on
/// the tables.
pub(super) async fn introspect(
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
    // What a model cannot declare, by kind of constraint. Columns of the catalogue that came with
    // PostgreSQL 15 are read through JSON, which older servers accept.
    let undeclared = "CASE o.contype \
         WHEN 'f' THEN o.confmatchtype <> 's' OR o.condeferrable OR NOT o.convalidated \
                       OR to_jsonb(o) ->> 'confdelsetcols' IS NOT NULL \
         WHEN 'c' THEN o.connoinherit OR NOT o.convalidated \
         WHEN 'x' THEN true \
         ELSE o.condeferrable OR x.indnatts <> x.indnkeyatts \
              OR coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) END";
    let suffix = "concat_ws(' ', CASE WHEN o.confmatchtype = 'f' THEN 'MATCH FULL' END, \
         CASE WHEN o.condeferrable THEN 'DEFERRABLE' END, \
         CASE WHEN o.condeferred THEN 'INITIALLY DEFERRED' END, \
         CASE WHEN NOT o.convalidated THEN 'NOT VALID' END)";
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, o.contype::text, o.conname::text, {}, \
             pg_get_expr(o.conbin, o.conrelid), \
             CASE WHEN fn.nspname = current_schema() OR fn.oid = pg_my_temp_schema() \
             THEN NULL ELSE fn.nspname END::text, f.relname::text, {}, \
             o.confdeltype::text, o.confupdtype::text, ({undeclared})::text, \
             format('CONSTRAINT %I %s', o.conname, pg_get_constraintdef(o.oid, true)), \
             (NOT o.convalidated)::text, c.oid::regclass::text, {suffix}, \
             (to_jsonb(o) ->> 'confdelsetcols' IS NOT NULL)::text \
             {FROM} JOIN pg_constraint o ON o.conrelid = c.oid \
             LEFT JOIN pg_index x ON x.indexrelid = o.conindid AND o.contype IN ('p', 'u') \
             LEFT JOIN pg_class f ON f.oid = o.confrelid \
             LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace \
             WHERE {chosen} AND o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conislocal \
             ORDER BY 1, 2, o.conname",
            names("o.conkey", "o.conrelid"),
            names("o.confkey", "o.confrelid")
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        if let Some(table) = place(schema, &mut cells) {
            constraint(table, &mut cells);
        }
    }
    Ok(())
}

fn constraint(table: &mut Table, cells: &mut Cells) {
    let (kind, name, columns) = (cells.text(), cells.text(), cells.list());
    let condition = cells.text();
    let mut key = ForeignKey {
        name: name.clone(),
        kept_name: false,
        undeclared: false,
        columns: columns.clone(),
        target_schema: cells.optional(),
        target_table: cells.text(),
        target_columns: cells.list(),
        on_delete: action(&cells.text()),
        on_update: action(&cells.text()),
        raw: None,
    };
    let (undeclared, definition, unchecked) = (cells.flag(), cells.text(), cells.flag());
    let (owner, suffix, partial) = (cells.text(), cells.text(), cells.flag());
    let raw = |place, sql| RawPart {
        place,
        name: name.clone(),
        sql,
    };
    match (kind.as_str(), undeclared) {
        ("p", undeclared) => {
            table.primary_key = columns;
            if undeclared {
                table.raw.push(raw(RawPlace::Definition, definition));
            }
            table.primary_key_name =
                Some(name).filter(|name| *name != primary_key_name(&table.name));
        }
        ("u", false) => table.uniques.push(Unique::on(name, columns)),
        ("c", false) => table.checks.push(Check {
            name,
            condition,
            portable: false,
        }),
        ("f", _) if !partial => {
            key.raw = Some(suffix).filter(|suffix| !suffix.is_empty());
            table.foreign_keys.push(key);
        }
        (_, _) if unchecked => {
            let sql = format!("ALTER TABLE {owner} ADD {definition}");
            table.raw.push(raw(RawPlace::Statement, sql));
        }
        _ => table.raw.push(raw(RawPlace::Definition, definition)),
    }
}
