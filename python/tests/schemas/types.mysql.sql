CREATE TABLE moments (
    id mediumint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a datetime, b datetime(2) DEFAULT '2020-01-02 03:04:05.60', c timestamp(4) NULL DEFAULT NULL, d time(2), e time(6),
    f year NOT NULL DEFAULT 2020, g date DEFAULT '2020-01-02', h timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
) AUTO_INCREMENT=100;
CREATE TABLE numbers (
    id tinyint NOT NULL PRIMARY KEY, a bit(9) DEFAULT b'101', b bit(64), c bigint unsigned DEFAULT 18446744073709551615,
    d float(7, 3), e double(9, 2), f double unsigned, g int(5) unsigned zerofill, h decimal(65, 30), i decimal(5) DEFAULT -1,
    j smallint unsigned DEFAULT 0, k float DEFAULT 1.5, l double DEFAULT 1e10, m tinyint(1) DEFAULT NULL
);
CREATE TABLE texts (
    id char(3) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    a varchar(0), b char(0), c varchar(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin, d tinytext, e mediumtext COLLATE utf8mb4_bin,
    f enum('a', 'b') CHARACTER SET latin1 DEFAULT 'b', g set('x', 'y z', 'it''s') NOT NULL DEFAULT 'x,y z', h enum('1', '2') NOT NULL,
    i json, j binary(8), k varbinary(300), l tinyblob, m blob, n longblob, o varchar(40) DEFAULT 'a\\b''c"d', p char(36),
    KEY by_c (c(5), d(3)), UNIQUE KEY by_k (k(20)), FULLTEXT KEY by_d (d)
) DEFAULT CHARSET=latin1 COLLATE=latin1_german1_ci;
CREATE TABLE computed (id int PRIMARY KEY, a int, b int AS (a + 1) STORED UNIQUE, c varchar(20) AS (concat(a, 'x''y')) VIRTUAL,
    d int DEFAULT (1 + 2), e varchar(40) DEFAULT (concat('a', 'b')), KEY by_c (c));
CREATE TABLE plain (id int PRIMARY KEY, a text) ENGINE=MyISAM;
