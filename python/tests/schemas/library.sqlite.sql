CREATE TABLE shelf (room INT NOT NULL, number INT NOT NULL, label TEXT, PRIMARY KEY (number, room)) WITHOUT ROWID;
CREATE TABLE book (
    isbn TEXT PRIMARY KEY,
    room INT, number INT,
    title TEXT NOT NULL,
    follows TEXT REFERENCES book (isbn) ON DELETE SET NULL,
    UNIQUE (title) ON CONFLICT IGNORE,
    FOREIGN KEY (number, room) REFERENCES shelf (number, room) ON UPDATE CASCADE
);
CREATE TABLE chapter (id INTEGER PRIMARY KEY REFERENCES page (id), book TEXT REFERENCES book);
CREATE TABLE page (id INTEGER PRIMARY KEY, size BLOB) STRICT;
CREATE TABLE visit (at TIMESTAMP, who CHAR(30), n BIGINT, f FLOAT, d DATE);
CREATE VIEW titles AS SELECT isbn, upper(title) AS title FROM book;
CREATE TRIGGER book_after AFTER INSERT ON book BEGIN
    UPDATE book SET title = trim(title) WHERE isbn = NEW.isbn;
END;
