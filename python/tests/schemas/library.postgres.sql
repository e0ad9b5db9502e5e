CREATE SCHEMA archive;
CREATE SEQUENCE ticket START WITH 5 INCREMENT BY 5 CYCLE MAXVALUE 1000;
CREATE TABLE shelf (room smallint NOT NULL, number integer NOT NULL DEFAULT nextval('ticket'), label text,
    CONSTRAINT shelf_pk PRIMARY KEY (room, number));
CREATE TABLE book (
    isbn varchar(13) PRIMARY KEY,
    room smallint, number integer,
    title text NOT NULL,
    successor varchar(13) REFERENCES book (isbn) ON DELETE SET NULL,
    CONSTRAINT stands_on FOREIGN KEY (room, number) REFERENCES shelf (room, number) MATCH FULL
);
CREATE TABLE archive.loan (id integer PRIMARY KEY, isbn varchar(13) NOT NULL REFERENCES public.book, until date);
CREATE TABLE visit (at timestamptz NOT NULL, who text);
CREATE TABLE measure (id bigint NOT NULL, day date NOT NULL, value double precision, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
CREATE TABLE measure_2024 PARTITION OF measure FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measure_rest PARTITION OF measure DEFAULT;
CREATE INDEX measure_value ON measure (value);
CREATE UNLOGGED TABLE session (token uuid PRIMARY KEY DEFAULT gen_random_uuid(), data json, more jsonb)
    WITH (fillfactor = 70);
CREATE TABLE special_visit (reason text) INHERITS (visit);
CREATE VIEW titles AS SELECT isbn, upper(title) AS title FROM book;
CREATE VIEW long_titles AS SELECT * FROM titles WHERE length(title) > 20;
CREATE MATERIALIZED VIEW per_room AS SELECT room, count(*) AS books FROM book GROUP BY room;
CREATE UNIQUE INDEX per_room_key ON per_room (room);
