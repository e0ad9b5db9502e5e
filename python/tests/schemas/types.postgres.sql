CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'it''s fine');
CREATE DOMAIN short AS varchar(8) CHECK (length(VALUE) > 1);
CREATE DOMAIN moods AS mood[];
CREATE SEQUENCE shared AS integer;
CREATE TABLE everything (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a hstore, b ltree, c short, d moods, e short[], f mood[], g int4multirange, h tsrange, i jsonpath, j pg_lsn, k uuid[],
    l bit(1), m varchar(3)[] DEFAULT '{a,b}', n text DEFAULT E'a\\b\nc', o interval(3), p interval year to month, q timestamp(0), r time(2),
    s timestamptz DEFAULT now() + interval '1 day', t numeric(4, -2), u box, v name, w regclass, x xid, y macaddr8, z tsquery,
    aa integer DEFAULT nextval('shared'), bb integer DEFAULT nextval('shared'), cc bigint[][], dd char, ee "char"[],
    ff boolean DEFAULT (1 < 2), gg double precision DEFAULT 'Infinity', hh numeric DEFAULT 'NaN', ii date DEFAULT 'infinity',
    jj text GENERATED ALWAYS AS (n || 'x') STORED, kk inet DEFAULT '10.0.0.0/8', ll bytea DEFAULT '\x00ff', mm json DEFAULT '{"a": [1, null]}',
    nn text COLLATE "POSIX" DEFAULT ''
);
CREATE INDEX by_path ON everything USING gist (b);
CREATE INDEX by_keys ON everything USING gin (a, f);
CREATE INDEX by_expression ON everything ((a -> 'x'), lower(n) DESC NULLS LAST) INCLUDE (q) WITH (fillfactor = 60) WHERE c IS NOT NULL;
ALTER TABLE everything ALTER COLUMN n SET STORAGE EXTERNAL, ALTER COLUMN kk SET STATISTICS 500;
CREATE TABLE weekly (id serial PRIMARY KEY, during daterange NOT NULL, room integer,
    EXCLUDE USING gist (during WITH &&) WHERE (room IS NULL) DEFERRABLE INITIALLY DEFERRED) WITH (autovacuum_enabled = false);
ALTER SEQUENCE weekly_id_seq INCREMENT BY 2 MAXVALUE 999;
