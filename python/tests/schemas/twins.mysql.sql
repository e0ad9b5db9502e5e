CREATE TABLE country (code char(2) NOT NULL PRIMARY KEY, name varchar(60), capital_id int,
    UNIQUE KEY name (name), UNIQUE KEY one_name (name)) AUTO_INCREMENT=7;
CREATE TABLE town (
    id int NOT NULL PRIMARY KEY,
    name varchar(60) NOT NULL,
    country char(2) NOT NULL,
    twin int UNIQUE,
    CONSTRAINT of_country FOREIGN KEY (country) REFERENCES country (code) ON UPDATE CASCADE,
    CONSTRAINT same_country FOREIGN KEY (country) REFERENCES country (code),
    CONSTRAINT twins FOREIGN KEY (twin) REFERENCES town (id),
    UNIQUE KEY (country, name)
);
ALTER TABLE country ADD CONSTRAINT has_capital FOREIGN KEY (capital_id) REFERENCES town (id);
CREATE TABLE street (id int PRIMARY KEY, country char(2), town varchar(60), name varchar(60),
    CONSTRAINT of_one_country FOREIGN KEY (country) REFERENCES country (code),
    CONSTRAINT of_town FOREIGN KEY (country, town) REFERENCES town (country, name) ON DELETE SET NULL,
    CONSTRAINT of_name FOREIGN KEY (name) REFERENCES country (name),
    KEY with_prefix (name(10), town(5)), UNIQUE KEY once (town(8)), CONSTRAINT named CHECK (name <> ''));
CREATE TABLE a_very_long_name_of_a_table_that_something_else_made (a_very_long_name_of_a_column int,
    id int PRIMARY KEY, another_very_long_name_of_a_column int UNIQUE,
    CONSTRAINT short FOREIGN KEY (a_very_long_name_of_a_column) REFERENCES town (id));
CREATE TABLE listed (id int NOT NULL, kind int NOT NULL, PRIMARY KEY (id, kind))
    PARTITION BY LIST (kind) (PARTITION few VALUES IN (1, 2), PARTITION many VALUES IN (3, 4));
CREATE TABLE hashed (id int NOT NULL PRIMARY KEY, huge bigint unsigned, note varchar(0)) PARTITION BY HASH (id) PARTITIONS 4;
CREATE TABLE keyed (id int NOT NULL PRIMARY KEY) PARTITION BY KEY (id) PARTITIONS 2;
