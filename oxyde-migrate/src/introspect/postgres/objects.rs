//! What PostgreSQL has beside tables: extensions, types, sequences, functions, views, triggers …

use oxyde_driver::DriverError;
use oxyde_sql::ddl::enum_types;
use oxyde_sql::schema::{Object, Schema};

use super::{Cells, Queries};

/// Between the statements of one object.
const NEXT: &str = "chr(30)";

/// Read the objects in the order of creation, which is that of their numbers. `within` is the
/// condition on the schemas.
pub(super) async fn introspect(
    queries: &dyn Queries,
    within: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let of_tables: Vec<String> = enum_types(&schema.tables)
        .unwrap_or_default()
        .into_iter()
        .map(|ty| format!("'{}'", ty.name.replace('\'', "''")))
        .collect();
    let known = if of_tables.is_empty() {
        "''".to_owned()
    } else {
        of_tables.join(", ")
    };
    let mut queries_by_kind = vec![namespaces(within), extensions(), sequences(within)];
    queries_by_kind.extend(types(within, &known));
    queries_by_kind.extend(functions(within));
    queries_by_kind.extend(views(within));
    queries_by_kind.extend(of_tables_parts(within));
    queries_by_kind.extend(partitions(within));
    let sql = format!(
        "SELECT kind, name, made, dropped, after::text FROM ({}) AS o (number, kind, name, made, dropped, after) \
         ORDER BY after, CASE kind WHEN 'schema' THEN 0 WHEN 'extension' THEN 1 ELSE 2 END, number, name",
        queries_by_kind.join(" UNION ALL ")
    );
    for row in queries.rows(&sql).await? {
        let mut cells = Cells::of(row);
        schema.objects.push(Object {
            kind: cells.text(),
            name: cells.text(),
            create: cells.text().split('\u{1e}').map(str::to_owned).collect(),
            drop: cells.text(),
            needs_tables: cells.flag(),
        });
    }
    Ok(())
}

/// Whether an extension made it.
pub(in crate::introspect) fn own(catalog: &str, number: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = '{catalog}'::regclass \
         AND d.objid = {number} AND d.deptype IN ('e', 'i'))"
    )
}

/// The statement that comments on an object, after the one that makes it.
fn commented(catalog: &str, number: &str, what: &str) -> String {
    format!(
        "coalesce({NEXT} || 'COMMENT ON {what} IS ' \
         || quote_literal(obj_description({number}, '{catalog}')), '')"
    )
}

fn namespaces(within: &str) -> String {
    format!(
        "SELECT n.oid::bigint, 'schema', n.nspname::text, \
         format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname), format('DROP SCHEMA %I', n.nspname), false \
         FROM pg_namespace n WHERE {within} AND n.nspname NOT IN (current_schema(), 'public') AND {}",
        own("pg_namespace", "n.oid")
    )
}

fn extensions() -> String {
    "SELECT e.oid::bigint, 'extension', e.extname::text, \
     format('CREATE EXTENSION IF NOT EXISTS %I', e.extname) \
     || CASE WHEN n.nspname IN (current_schema(), 'pg_catalog') THEN '' \
        ELSE format(' WITH SCHEMA %I', n.nspname) END, \
     format('DROP EXTENSION IF EXISTS %I', e.extname), false \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
     WHERE e.extname <> 'plpgsql'"
        .to_owned()
}

/// The sequences that do not belong to an identity column.
fn sequences(within: &str) -> String {
    format!(
        "SELECT c.oid::bigint, 'sequence', c.oid::regclass::text, \
         concat_ws(' ', 'CREATE SEQUENCE', c.oid::regclass, \
         CASE WHEN s.seqtypid <> 'bigint'::regtype THEN 'AS ' || format_type(s.seqtypid, NULL) END, \
         CASE WHEN s.seqincrement <> 1 THEN 'INCREMENT BY ' || s.seqincrement END, \
         CASE WHEN s.seqmin <> 1 THEN 'MINVALUE ' || s.seqmin END, \
         CASE WHEN s.seqmax NOT IN (32767, 2147483647, 9223372036854775807) THEN 'MAXVALUE ' || s.seqmax END, \
         CASE WHEN s.seqstart <> 1 THEN 'START WITH ' || s.seqstart END, \
         CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END, \
         CASE WHEN s.seqcycle THEN 'CYCLE' END) || {}, \
         'DROP SEQUENCE IF EXISTS ' || c.oid::regclass, false \
         FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {within} AND {}",
        commented("pg_class", "c.oid", "SEQUENCE ' || c.oid::regclass || '"),
        own("pg_class", "c.oid")
    )
}

/// Domains, composite types, and enums that no column of a model uses.
fn types(within: &str, known: &str) -> Vec<String> {
    let own = own("pg_type", "t.oid");
    let from = format!(
        "FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {within} AND {own}"
    );
    let name = "t.oid::regtype";
    let comment = commented("pg_type", "t.oid", "TYPE ' || t.oid::regtype || '");
    vec![
        format!(
            "SELECT t.oid::bigint, 'domain', {name}::text, \
             concat_ws(' ', 'CREATE DOMAIN', {name}, 'AS', format_type(t.typbasetype, t.typtypmod), \
             CASE WHEN t.typcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype) \
                  THEN 'COLLATE ' || t.typcollation::regcollation END, \
             'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END, \
             (SELECT string_agg(format('CONSTRAINT %I %s', o.conname, pg_get_constraintdef(o.oid, true)), ' ' ORDER BY o.conname) \
              FROM pg_constraint o WHERE o.contypid = t.oid)) || {comment}, \
             'DROP DOMAIN IF EXISTS ' || {name}, false {from} AND t.typtype = 'd'"
        ),
        format!(
            "SELECT t.oid::bigint, 'type', {name}::text, \
             format('CREATE TYPE %s AS (%s)', {name}, \
             (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) \
              FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)) || {comment}, \
             'DROP TYPE IF EXISTS ' || {name}, false {from} AND t.typtype = 'c' \
             AND (SELECT k.relkind FROM pg_class k WHERE k.oid = t.typrelid) = 'c'"
        ),
        format!(
            "SELECT t.oid::bigint, 'type', {name}::text, \
             format('CREATE TYPE %s AS ENUM (%s)', {name}, \
             (SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder) \
              FROM pg_enum l WHERE l.enumtypid = t.oid)) || {comment}, \
             'DROP TYPE IF EXISTS ' || {name}, false {from} AND t.typtype = 'e' \
             AND NOT (t.typname IN ({known}) AND pg_type_is_visible(t.oid))"
        ),
        format!(
            "SELECT c.oid::bigint, 'collation', c.oid::regcollation::text, \
             format('CREATE COLLATION %s (%s)', c.oid::regcollation, concat_ws(', ', \
             CASE c.collprovider WHEN 'i' THEN 'provider = icu' ELSE 'provider = libc' END, \
             'locale = ' || quote_literal(coalesce(to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'colllocale', c.collcollate)), \
             CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END)), \
             'DROP COLLATION IF EXISTS ' || c.oid::regcollation, false \
             FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE {within} AND {}",
            self::own("pg_collation", "c.oid")
        ),
    ]
}

fn functions(within: &str) -> Vec<String> {
    let from = format!(
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {within} AND {}",
        own("pg_proc", "p.oid")
    );
    let name = "p.oid::regprocedure";
    let kind =
        "CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END";
    let comment = commented(
        "pg_proc",
        "p.oid",
        &format!("' || upper({kind}) || ' ' || {name} || '"),
    );
    // Signatures with the rows of a table, and bodies that the server parses at once.
    let after = "(to_jsonb(p) ->> 'prosqlbody' IS NOT NULL OR EXISTS (SELECT 1 FROM \
         unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) AS u(number) \
         JOIN pg_type t ON t.oid = u.number LEFT JOIN pg_type e ON e.oid = t.typelem \
         LEFT JOIN pg_class k ON k.oid IN (t.typrelid, e.typrelid) \
         WHERE k.relkind <> 'c' OR 'e' IN (t.typtype, e.typtype)))";
    vec![
        // Bodies may name tables that come later.
        format!(
            "SELECT p.oid::bigint, {kind}, {name}::text, 'SET LOCAL check_function_bodies = off' || {NEXT} \
             || rtrim(pg_get_functiondef(p.oid), E'\\n') || {comment}, \
             format('DROP %s IF EXISTS %s', upper({kind}), {name}), {after} {from} AND p.prokind <> 'a'"
        ),
        format!(
            "SELECT p.oid::bigint, {kind}, {name}::text, \
             format('CREATE AGGREGATE %I.%I (%s) (SFUNC = %s, STYPE = %s%s%s)', n.nspname, p.proname, \
             pg_get_function_arguments(p.oid), a.aggtransfn::regproc, format_type(a.aggtranstype, NULL), \
             CASE WHEN a.aggfinalfn::oid <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::regproc ELSE '' END, \
             coalesce(', INITCOND = ' || quote_literal(a.agginitval), '')) || {comment}, \
             'DROP AGGREGATE IF EXISTS ' || {name}, {after} \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
             JOIN pg_aggregate a ON a.aggfnoid = p.oid WHERE {within} AND {}",
            own("pg_proc", "p.oid")
        ),
    ]
}

fn views(within: &str) -> Vec<String> {
    let name = "c.oid::regclass";
    let options = "coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '')";
    let body = "rtrim(pg_get_viewdef(c.oid, true), ';')";
    let indexes = format!(
        "coalesce({NEXT} || (SELECT string_agg(pg_get_indexdef(x.indexrelid, 0, true), {NEXT} ORDER BY x.indexrelid) \
         FROM pg_index x WHERE x.indrelid = c.oid), '')"
    );
    let from = format!(
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {within} AND {}",
        own("pg_class", "c.oid")
    );
    let view = |kind: &str, words: &str, more: &str, letter: char| {
        let comment = commented("pg_class", "c.oid", &format!("{words} ' || {name} || '"));
        format!(
            "SELECT c.oid::bigint, '{kind}', {name}::text, \
             'CREATE {words} ' || {name} || {options} || E' AS\\n' || {body} {more} || {comment}, \
             'DROP {words} IF EXISTS ' || {name}, true {from} AND c.relkind = '{letter}'"
        )
    };
    vec![
        view("view", "VIEW", "", 'v'),
        view(
            "materialized view",
            "MATERIALIZED VIEW",
            &format!("|| {indexes}"),
            'm',
        ),
    ]
}

/// Triggers, policies and rules.
fn of_tables_parts(within: &str) -> Vec<String> {
    let owner = "c.oid::regclass";
    let joined = format!(
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {within} AND {}",
        own("pg_class", "c.oid")
    );
    vec![
        format!(
            "SELECT t.oid::bigint, 'trigger', t.tgname || ' on ' || {owner}, \
             pg_get_triggerdef(t.oid, true) || CASE t.tgenabled \
             WHEN 'D' THEN {NEXT} || format('ALTER TABLE %s DISABLE TRIGGER %I', {owner}, t.tgname) \
             WHEN 'A' THEN {NEXT} || format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', {owner}, t.tgname) \
             WHEN 'R' THEN {NEXT} || format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', {owner}, t.tgname) \
             ELSE '' END || {}, \
             format('DROP TRIGGER IF EXISTS %I ON %s', t.tgname, {owner}), true \
             FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid {joined} \
             AND NOT t.tgisinternal AND t.tgparentid = 0",
            commented(
                "pg_trigger",
                "t.oid",
                &format!("TRIGGER ' || quote_ident(t.tgname) || ' ON ' || {owner} || '")
            )
        ),
        format!(
            "SELECT p.oid::bigint, 'policy', p.polname || ' on ' || {owner}, \
             concat_ws(' ', 'CREATE POLICY', quote_ident(p.polname), 'ON', {owner}, \
             CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE' END, \
             CASE p.polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' \
             WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' END, \
             'TO ' || (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) \
              FROM pg_roles r WHERE r.oid = ANY (p.polroles)), \
             'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', \
             'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'), \
             format('DROP POLICY IF EXISTS %I ON %s', p.polname, {owner}), true \
             FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid {joined}"
        ),
        format!(
            "SELECT r.oid::bigint, 'rule', r.rulename || ' on ' || {owner}, \
             rtrim(pg_get_ruledef(r.oid, true), ';'), \
             format('DROP RULE IF EXISTS %I ON %s', r.rulename, {owner}), true \
             FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class {joined} \
             AND r.rulename <> '_RETURN'"
        ),
    ]
}

/// Partitions with the indexes that only they have, and tables that inherit from others.
fn partitions(within: &str) -> Vec<String> {
    let joined = format!("JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {within}");
    vec![
        format!(
            "SELECT c.oid::bigint, 'partition', c.oid::regclass::text, \
             format('CREATE TABLE %s PARTITION OF %s %s', c.oid::regclass, i.inhparent::regclass, \
             pg_get_expr(c.relpartbound, c.oid)) \
             || coalesce(' PARTITION BY ' || pg_get_partkeydef(c.oid), '') \
             || coalesce({NEXT} || (SELECT string_agg(pg_get_indexdef(x.indexrelid, 0, true), {NEXT} ORDER BY x.indexrelid) \
              FROM pg_index x JOIN pg_class k ON k.oid = x.indexrelid WHERE x.indrelid = c.oid \
              AND NOT k.relispartition AND NOT EXISTS \
              (SELECT 1 FROM pg_constraint o WHERE o.conindid = x.indexrelid)), ''), \
             'DROP TABLE IF EXISTS ' || c.oid::regclass, true \
             FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid {joined} AND c.relispartition \
             AND c.relkind IN ('r', 'p')"
        ),
        format!(
            "SELECT c.oid::bigint, 'inheritance', c.oid::regclass || ' from ' || i.inhparent::regclass, \
             format('ALTER TABLE %s INHERIT %s', c.oid::regclass, i.inhparent::regclass), \
             format('ALTER TABLE %s NO INHERIT %s', c.oid::regclass, i.inhparent::regclass), true \
             FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid {joined} \
             AND c.relkind = 'r' AND NOT c.relispartition"
        ),
    ]
}
