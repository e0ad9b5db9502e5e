CREATE TABLE shelf (room smallint NOT NULL, number int NOT NULL, label varchar(20), PRIMARY KEY (number, room));
CREATE TABLE book (
    isbn varchar(13) NOT NULL PRIMARY KEY,
    room smallint, number int,
    title varchar(200) NOT NULL,
    body text,
    FULLTEXT KEY words (title, body),
    CONSTRAINT stands_on FOREIGN KEY (number, room) REFERENCES shelf (number, room) ON DELETE SET NULL
);
CREATE TABLE visit (at datetime NOT NULL, who varchar(30), KEY (at));
CREATE TABLE counted (kind int NOT NULL, id int NOT NULL AUTO_INCREMENT, PRIMARY KEY (id, kind));
CREATE TABLE place (id int PRIMARY KEY, spot point NOT NULL, SPATIAL KEY by_spot (spot));
CREATE TABLE measure (id int NOT NULL, day date NOT NULL, value double, PRIMARY KEY (id, day))
    PARTITION BY RANGE (year(day)) (PARTITION early VALUES LESS THAN (2020), PARTITION late VALUES LESS THAN MAXVALUE);
CREATE VIEW titles AS SELECT isbn, upper(title) AS title FROM book;
CREATE VIEW a_long_title AS SELECT * FROM titles WHERE length(title) > 20;
DELIMITER //
CREATE TRIGGER book_before BEFORE INSERT ON book FOR EACH ROW BEGIN
    SET NEW.title = trim(NEW.title);
END//
CREATE FUNCTION doubled(n int) RETURNS int DETERMINISTIC NO SQL RETURN n * 2//
CREATE PROCEDURE clear_visits() BEGIN DELETE FROM visit; END//
DELIMITER ;
