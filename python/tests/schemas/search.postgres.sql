CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm;
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE booking (
    id serial PRIMARY KEY,
    room integer NOT NULL,
    during tstzrange NOT NULL,
    seats int4range,
    title text COLLATE blind, label text,
    both_ pair,
    CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0),
    CONSTRAINT one_seat UNIQUE (room, seats) DEFERRABLE
);
CREATE TABLE everything (
    id bigint PRIMARY KEY,
    a inet, b cidr, c macaddr, d money, e xml, f bit(3), g bit varying(8), h point, i interval, j time,
    k timetz, l bytea, m uuid, n numeric, o numeric(10, 3), p text[], q integer[], r varchar(20)[],
    s tsvector, t oid, u "char", v date[], w double precision, x smallint, y timestamp(0) with time zone,
    z interval day to second, aa jsonb[], bb numrange, cc daterange
);
CREATE INDEX by_title ON booking USING gin (label gin_trgm_ops);
CREATE INDEX by_pattern ON everything (r array_ops, o);
CREATE INDEX by_start ON booking (label text_pattern_ops, room);
CREATE INDEX by_room ON booking (room DESC NULLS LAST, title COLLATE "C");
CREATE INDEX by_words ON everything USING gin (s);
CREATE INDEX by_path ON everything USING gin (aa);
CREATE INDEX by_hash ON everything USING hash (m);
CREATE INDEX by_time ON booking USING brin (during) WITH (pages_per_range = 16);
CREATE STATISTICS together (dependencies) ON room, seats FROM booking;
COMMENT ON INDEX by_room IS 'newest first';
COMMENT ON CONSTRAINT one_seat ON booking IS 'a seat is sold once';
