//! The indexes of PostgreSQL's tables.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Index, IndexPart, RawPart, RawPlace, Schema, Table};

use super::{Cells, FROM, Queries, SCHEMA, place};

/// Read the indexes that are not made by a constraint. `chosen` is the condition on the tables.
pub(super) async fn introspect(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    // Operator classes of some parts only, collations, NULLS FIRST and the like have no model form.
    let undeclared = "coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) OR NOT x.indisvalid \
         OR EXISTS (SELECT 1 FROM unnest(x.indoption::int2[]) AS o(bits) WHERE o.bits NOT IN (0, 3)) \
         OR EXISTS (SELECT 1 FROM unnest(x.indcollation::oid[], x.indclass::oid[]) AS p(collation_, class) \
             JOIN pg_opclass o ON o.oid = p.class JOIN pg_type t ON t.oid = o.opcintype \
             WHERE p.collation_ NOT IN (0, t.typcollation) \
             AND p.collation_ NOT IN (SELECT a.attcollation FROM pg_attribute a \
                 WHERE a.attrelid = x.indexrelid OR a.attrelid = x.indrelid)) \
         OR (SELECT count(DISTINCT CASE WHEN o.opcdefault THEN '' ELSE o.opcname END) > 1 \
             FROM unnest(x.indclass::oid[]) AS used(class) JOIN pg_opclass o ON o.oid = used.class)";
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, i.relname::text, x.indisunique::text, \
             m.amname::text, pg_get_expr(x.indpred, x.indrelid), (k.place <= x.indnkeyatts)::text, \
             a.attname::text, pg_get_indexdef(x.indexrelid, k.place::int, true), \
             ((coalesce(x.indoption[k.place - 1], 0) & 1) = 1)::text, \
             (SELECT CASE WHEN count(DISTINCT o.opcname) = 1 THEN min(o.opcname) END \
              FROM unnest(x.indclass::oid[]) AS used(class) JOIN pg_opclass o ON o.oid = used.class \
              WHERE NOT o.opcdefault OR m.amname IN ('hnsw', 'ivfflat'))::text, \
             array_to_string(i.reloptions, chr(31)), ({undeclared})::text, \
             replace(pg_get_indexdef(x.indexrelid, 0, true), ' ON ONLY ', ' ON ') \
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
        if let Some(table) = place(schema, &mut cells) {
            part(table, &mut cells);
        }
    }
    comments(queries, chosen, schema).await
}

fn part(table: &mut Table, cells: &mut Cells) {
    let (name, unique, method) = (cells.text(), cells.flag(), cells.text());
    let (condition, in_key) = (cells.optional(), cells.flag());
    let (column, expression, descending) = (cells.optional(), cells.text(), cells.flag());
    let (opclass, options) = (cells.optional(), cells.list());
    if cells.flag() {
        if !table.raw.iter().any(|part| part.name == name) {
            table.raw.push(RawPart {
                place: RawPlace::Statement,
                name,
                sql: cells.text(),
            });
        }
        return;
    }
    let at = table
        .indexes
        .iter()
        .position(|index| index.name == name)
        .unwrap_or_else(|| {
            table.indexes.push(Index {
                unique,
                method: Some(method).filter(|method| method != "btree"),
                condition,
                opclass,
                options: options.iter().map(|option| pair(option)).collect(),
                ..Index::on(name, &[])
            });
            table.indexes.len() - 1
        });
    let index = &mut table.indexes[at];
    match column {
        Some(column) if !in_key => index.include.push(column),
        Some(column) if descending => index.parts.push(IndexPart::ColumnDesc(column)),
        Some(column) => index.parts.push(IndexPart::Column(column)),
        None => index.parts.push(IndexPart::Expression(expression)),
    }
}

/// `m=16`.
fn pair(option: &str) -> (String, String) {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    (name.to_owned(), value.to_owned())
}

/// Read the comments of indexes and constraints, and the statistics over several columns.
async fn comments(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, 'comment of ' || i.relname, \
             format('COMMENT ON INDEX %s IS %L', i.oid::regclass, s.description) \
             {FROM} JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_description s ON s.classoid = 'pg_class'::regclass AND s.objoid = i.oid \
             WHERE {chosen} \
             UNION ALL SELECT {SCHEMA}, c.relname::text, 'comment of ' || o.conname, \
             format('COMMENT ON CONSTRAINT %I ON %s IS %L', o.conname, c.oid::regclass, s.description) \
             {FROM} JOIN pg_constraint o ON o.conrelid = c.oid \
             JOIN pg_description s ON s.classoid = 'pg_constraint'::regclass AND s.objoid = o.oid \
             WHERE {chosen} \
             UNION ALL SELECT {SCHEMA}, c.relname::text, t.stxname::text, pg_get_statisticsobjdef(t.oid) \
             {FROM} JOIN pg_statistic_ext t ON t.stxrelid = c.oid WHERE {chosen} ORDER BY 1, 2, 3"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        if let Some(table) = place(schema, &mut cells) {
            table.raw.push(RawPart {
                place: RawPlace::Statement,
                name: cells.text(),
                sql: cells.text(),
            });
        }
    }
    Ok(())
}
