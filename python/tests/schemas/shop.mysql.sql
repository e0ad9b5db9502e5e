CREATE TABLE customer (
    id int unsigned NOT NULL AUTO_INCREMENT,
    mail varchar(190) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
    nick varchar(40) COLLATE utf8mb4_unicode_ci DEFAULT 'it''s \\ back',
    active tinyint(1) NOT NULL DEFAULT 1,
    born year DEFAULT NULL,
    created timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    changed datetime(3) DEFAULT CURRENT_TIMESTAMP(3),
    size enum('small', 'it''s big') NOT NULL DEFAULT 'small',
    tags set('a', 'b'),
    PRIMARY KEY (id),
    UNIQUE KEY one_mail (mail),
    KEY by_nick (nick(10)),
    KEY newest (created DESC)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='who buys; it''s "quoted"';
CREATE TABLE orders (
    order_no bigint unsigned NOT NULL AUTO_INCREMENT,
    customer_id int unsigned NOT NULL,
    price decimal(10,2) unsigned NOT NULL DEFAULT '0.00',
    quantity smallint NOT NULL DEFAULT 1,
    total decimal(12,2) GENERATED ALWAYS AS (price * quantity) STORED,
    half decimal(12,2) GENERATED ALWAYS AS (price / 2) VIRTUAL,
    note text, small tinytext, huge longtext, flag bit(1) DEFAULT b'1', ratio float, raw varbinary(16), photo mediumblob,
    code char(5) NOT NULL DEFAULT '', `from` date, at time DEFAULT '10:00:00', `odd name` int COMMENT 'a ''comment''',
    level tinyint unsigned DEFAULT 3, size mediumint,
    PRIMARY KEY (order_no),
    KEY by_customer (customer_id),
    KEY twice (customer_id),
    CONSTRAINT buyer FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT cheap CHECK (price < 1000 AND (quantity > 0 OR note = 'it''s'))
) ROW_FORMAT=DYNAMIC;
