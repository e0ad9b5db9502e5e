CREATE TABLE `Field` (id int PRIMARY KEY, `Model` text, `Decimal` decimal(5, 2), `None` varchar(9), `True` tinyint(1));
CREATE TABLE `class` (
    `import` int NOT NULL PRIMARY KEY,
    objects text, copy text, save text, json json, model_config text, model_fields text, `Meta` text, self text,
    date date, datetime datetime, time time, `UUID` char(36), `int` int, str text, `list` text, bytes blob,
    `float` double, bool tinyint(1), `Optional` text, pk text, _private text, __dunder text, `1st` text,
    `two words` text, `two-words` text, two_words text, `äöü` text, `a "quoted" name` int, `match` text
);
CREATE TABLE classes (id smallint NOT NULL AUTO_INCREMENT PRIMARY KEY, `class` int, class_id int,
    FOREIGN KEY (`class`) REFERENCES `class` (`import`), FOREIGN KEY (class_id) REFERENCES `Field` (id));
CREATE TABLE `order-line` (id bigint PRIMARY KEY, `order` int NOT NULL, type varchar(9) NOT NULL, `group` text, user text,
    UNIQUE KEY `an "odd" index` (`order`, type));
CREATE TABLE timedelta (timedelta time NOT NULL PRIMARY KEY, `Any` text, `Annotated` text, `Index` text, `Check` text);
CREATE TABLE kind (id int PRIMARY KEY, kind enum('', 'a b', 'class', 'None', '1', 'mro', 'name', 'value') DEFAULT 'a b');
CREATE VIEW kinds AS SELECT id AS `class`, kind AS `from` FROM kind;
