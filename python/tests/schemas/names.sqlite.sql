CREATE TABLE "Field" (id INTEGER PRIMARY KEY, "Model" TEXT, "Decimal" NUMERIC, "None" TEXT, "True" BOOLEAN);
CREATE TABLE "class" ( -- a comment, with 'quotes' and (brackets
    "import" INTEGER PRIMARY KEY,
    objects TEXT, copy TEXT, save TEXT, json JSON, model_config TEXT, model_fields TEXT, "Meta" TEXT, self TEXT,
    date DATE, datetime DATETIME, time TIME, "UUID" UUID, int INT, str TEXT, list TEXT, bytes BLOB, /* another, comment */
    float REAL, bool BOOLEAN, "Optional" TEXT, pk TEXT, _private TEXT, __dunder TEXT, "1st" TEXT,
    [two words] TEXT, `two-words` TEXT, two_words TEXT, "äöü" TEXT, "a ""quoted"" name" INTEGER, match TEXT
);
CREATE TABLE classes (id INTEGER PRIMARY KEY, "class" INTEGER REFERENCES "class", class_id INTEGER REFERENCES [Field] (id));
CREATE TABLE [order-line] (id BIGINT PRIMARY KEY, "order" INT NOT NULL, type TEXT NOT NULL, "group" TEXT, user TEXT);
CREATE UNIQUE INDEX "an ""odd"" index" ON "order-line" ("order", type);
CREATE TABLE timedelta (timedelta TEXT PRIMARY KEY, "Any" TEXT, "Annotated" TEXT, "Index" TEXT, "Check" TEXT);
CREATE VIEW kinds AS SELECT id AS "class", type AS "from" FROM "order-line";
