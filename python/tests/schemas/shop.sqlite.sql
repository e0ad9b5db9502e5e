CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    mail TEXT NOT NULL COLLATE NOCASE UNIQUE,
    nick NVARCHAR(40) COLLATE NOCASE,
    active BOOLEAN NOT NULL DEFAULT 1,
    score NUMERIC(10, 2) DEFAULT 4.5,
    created DATETIME DEFAULT CURRENT_TIMESTAMP,
    anything,
    "order" TEXT DEFAULT 'it''s',
    CONSTRAINT adult CHECK (score > 0 AND (active = 1 OR nick IS NULL))
);
CREATE TABLE orders (
    id integer PRIMARY KEY AUTOINCREMENT,
    customer INTEGER NOT NULL REFERENCES customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    price REAL NOT NULL DEFAULT 0.5,
    quantity INT NOT NULL DEFAULT 1 CHECK (quantity > 0),
    total REAL GENERATED ALWAYS AS (price * quantity) STORED,
    half REAL AS (price / 2),
    kind VARCHAR(10) NOT NULL DEFAULT 'a',
    CONSTRAINT one_kind UNIQUE (customer, kind)
);
CREATE INDEX by_kind ON orders (kind COLLATE NOCASE, price DESC);
CREATE UNIQUE INDEX partly ON orders (lower(kind)) WHERE price > 1;
CREATE INDEX one ON orders (price);
CREATE INDEX two ON orders (price);
