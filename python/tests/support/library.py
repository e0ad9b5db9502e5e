"""A small library: companies, authors (who have mentors), books by one author with another's edits.

The rows are fixed, and small enough to work out every answer in plain Python beside the query.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from oxyde import Field, Model, db


class Company(Model):
    class Meta:
        is_table = True
        table_name = "library_company"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_unique=True)
    country: str | None = None


class Author(Model):
    class Meta:
        is_table = True
        table_name = "library_author"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    age: int | None = None
    born: dt.date | None = None
    company: Company | None = Field(default=None, db_on_delete="SET NULL")
    mentor: Author | None = Field(default=None, db_on_delete="SET NULL")
    books: list[Book] = Field(db_reverse_fk="author")
    edited: list[Book] = Field(db_reverse_fk="editor")


class Book(Model):
    class Meta:
        is_table = True
        table_name = "library_book"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    pages: int
    price: Decimal = Field(max_digits=8, decimal_places=2)
    rating: float | None = None
    genre: str = "novel"
    published: dt.date | None = None
    sold_at: dt.datetime | None = None
    author: Author = Field(db_on_delete="CASCADE")
    editor: Author | None = Field(default=None, db_on_delete="SET NULL")


MODELS = [Company, Author, Book]

COMPANIES = [
    {"id": 1, "name": "Aschehoug", "country": "Norway"},
    {"id": 2, "name": "Gyldendal", "country": "Norway"},
    {"id": 3, "name": "Bonnier", "country": "Sweden"},
    {"id": 4, "name": "Samizdat", "country": None},
]
AUTHORS = [
    {
        "id": 1,
        "name": "Åse",
        "age": 70,
        "born": dt.date(1954, 3, 1),
        "company_id": 1,
        "mentor_id": None,
    },
    {
        "id": 2,
        "name": "Bo",
        "age": 41,
        "born": dt.date(1983, 12, 31),
        "company_id": 1,
        "mentor_id": 1,
    },
    {"id": 3, "name": "Cleo", "age": None, "born": None, "company_id": 3, "mentor_id": 1},
    {
        "id": 4,
        "name": "Dag",
        "age": 41,
        "born": dt.date(1983, 1, 1),
        "company_id": None,
        "mentor_id": 2,
    },
    {
        "id": 5,
        "name": "Eli",
        "age": 28,
        "born": dt.date(1996, 2, 29),
        "company_id": 2,
        "mentor_id": None,
    },
]
_BOOKS = [
    # title, pages, price, rating, genre, published, sold at, author, editor
    (
        "Alpha",
        300,
        "19.90",
        4.5,
        "novel",
        dt.date(2001, 5, 1),
        dt.datetime(2024, 1, 31, 23, 59, 59),
        1,
        2,
    ),
    ("Beta", 120, "0.10", 3.0, "poems", dt.date(2003, 5, 1), dt.datetime(2024, 1, 1), 1, None),
    ("Gamma", 540, "0.20", None, "novel", None, dt.datetime(2024, 2, 29, 12), 1, 3),
    ("Delta", 300, "29.95", 4.5, "crime", dt.date(2010, 10, 10), None, 2, 1),
    (
        "100% Epsilon",
        80,
        "5.00",
        1.5,
        "poems",
        dt.date(2020, 12, 31),
        dt.datetime(2024, 5, 17, 8, 30),
        2,
        2,
    ),
    ("Zeta_1", 999, "120.00", 5.0, "crime", dt.date(2024, 1, 1), dt.datetime(2024, 5, 18), 3, None),
    ("Eta", 10, "0.00", None, "novel", dt.date(2024, 1, 1), None, 5, 1),
]
BOOKS = [
    {
        "id": number,
        "title": title,
        "pages": pages,
        "price": Decimal(price),
        "rating": rating,
        "genre": genre,
        "published": published,
        "sold_at": sold_at,
        "author_id": author,
        "editor_id": editor,
    }
    for number, (
        title,
        pages,
        price,
        rating,
        genre,
        published,
        sold_at,
        author,
        editor,
    ) in enumerate(_BOOKS, 1)
]


@dataclass
class Library:
    """The rows as they are stored, in the order of their keys."""

    companies: list[Company]
    authors: list[Author]
    books: list[Book]

    def author(self, key: int | None) -> Author | None:
        """The author with a key."""
        return next((author for author in self.authors if author.id == key), None)

    def company(self, key: int | None) -> Company | None:
        """The company with a key."""
        return next((company for company in self.companies if company.id == key), None)

    def books_of(self, author: Author) -> list[Book]:
        """The books that an author wrote."""
        return [book for book in self.books if book.author_id == author.id]


async def fill() -> Library:
    """Create the tables and put the rows in."""
    await db.create_tables(models=MODELS)
    await Company.objects.bulk_create(COMPANIES)
    await Author.objects.bulk_create(AUTHORS)
    await Book.objects.bulk_create(BOOKS)
    return Library(
        [Company(**row) for row in COMPANIES],
        [Author(**row) for row in AUTHORS],
        [Book(**row) for row in BOOKS],
    )
