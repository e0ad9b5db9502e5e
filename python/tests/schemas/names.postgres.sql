CREATE TABLE "Field" (id integer PRIMARY KEY, "Model" text, "Decimal" numeric, "None" text, "True" boolean);
CREATE TABLE "class" (
    "import" integer PRIMARY KEY,
    objects text, copy text, save text, json jsonb, model_config text, model_fields text, "Meta" text, self text,
    date date, datetime timestamptz, time time, "UUID" uuid, int integer, str text, list text[], bytes bytea,
    float double precision, bool boolean, "Optional" text, pk text, _private text, __dunder text, "1st" text,
    "two words" text, "two-words" text, two_words text, "äöü" text, "a ""quoted"" name" integer, "Class" text, match text
);
CREATE TABLE "Class" (id smallserial PRIMARY KEY, "class" integer REFERENCES "class", class_id integer REFERENCES "Field");
CREATE TABLE "order-line" (id bigint PRIMARY KEY, "order" integer NOT NULL, type text NOT NULL, "group" text, "user" text);
CREATE UNIQUE INDEX "an ""odd"" index" ON "order-line" ("order", type);
CREATE TABLE timedelta (timedelta interval PRIMARY KEY, "Any" text, "Annotated" text, "Index" text, "Check" text);
CREATE TYPE "Kind" AS ENUM ('', 'a b', 'class', 'None', '1', 'mro', 'name', 'value');
CREATE TABLE kind (id integer PRIMARY KEY, kind "Kind" DEFAULT 'a b', kinds "Kind"[]);
CREATE SCHEMA other;
CREATE TABLE other.kind (id integer PRIMARY KEY, kind integer REFERENCES public.kind ON DELETE SET NULL);
CREATE VIEW "Kinds" AS SELECT id AS "class", kind AS "from" FROM kind;
