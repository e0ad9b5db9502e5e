CREATE EXTENSION citext;
CREATE TYPE state AS ENUM ('new', 'paid', 'it''s gone');
CREATE DOMAIN email AS text CONSTRAINT has_at CHECK (VALUE ~ '@') ;
CREATE DOMAIN amount AS numeric(12, 2) DEFAULT 0 NOT NULL CHECK (VALUE >= 0);
CREATE TABLE customer (
    customer_id integer GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 10),
    mail email NOT NULL,
    nick citext,
    active bool DEFAULT true NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    changed timestamp(3) DEFAULT now(),
    CONSTRAINT the_customers PRIMARY KEY (customer_id),
    CONSTRAINT one_mail UNIQUE (mail),
    CONSTRAINT one_nick UNIQUE NULLS NOT DISTINCT (nick)
);
COMMENT ON TABLE customer IS 'who buys; "quoted" and
broken over lines';
COMMENT ON COLUMN customer.mail IS 'where we write';
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL,
    status state NOT NULL DEFAULT 'new',
    tags state[],
    price amount,
    quantity smallint NOT NULL DEFAULT 1,
    total numeric GENERATED ALWAYS AS (price * quantity) STORED,
    note varchar,
    code char(5),
    weight real,
    class text,
    date date DEFAULT CURRENT_DATE,
    "from" text,
    "Odd name" text COLLATE "C",
    CONSTRAINT cheap CHECK (price < 1000 AND (quantity > 0 OR note IS NULL)),
    CONSTRAINT buyer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
        ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE orders ADD CONSTRAINT old_rows CHECK (weight > 0) NOT VALID;
CREATE INDEX orders_by_customer ON orders (customer_id, id DESC NULLS LAST);
CREATE INDEX orders_again ON orders (customer_id);
CREATE INDEX orders_once_more ON orders (customer_id);
CREATE UNIQUE INDEX orders_code ON orders (lower(code)) INCLUDE (price) WHERE status <> 'paid';
CREATE TABLE order_tag (order_id bigint NOT NULL REFERENCES orders ON DELETE SET NULL, tag text NOT NULL,
    PRIMARY KEY (tag, order_id));
