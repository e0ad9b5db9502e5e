"""A case: one question, asked by Oxyde, by SQL written by hand, by Django and by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POSTGRES, SQLITE, MYSQL, MARIADB = KINDS = ("postgres", "sqlite", "mysql", "mariadb")
# Authors; each has ROWS / AUTHORS posts on average.
AUTHORS = 10_000
TAGS = 100
# Rows that the large writes touch.
MANY = 10_000


@dataclass(frozen=True)
class Prepared:
    """Work on objects that are loaded before the clock starts."""

    load: Callable[[], Any]
    use: Callable[[Any], Any]


@dataclass(frozen=True)
class Sql:
    """A statement written by hand, and the databases on which it differs.

    Attributes:
        text: with `?` as placeholder.
        at: the text on some databases.
        values: of the placeholders, or a function that returns them.
    """

    text: str
    at: Mapping[str, str]
    values: Callable[[], Sequence[Any]] | Sequence[Any] = ()

    def on(self, kind: str) -> tuple[str, list[Any]]:
        """The text with the placeholders of one database, and the values."""
        text = self.at.get(kind, self.text)
        values = list(self.values() if callable(self.values) else self.values)
        if kind == POSTGRES:
            first, *others = text.split("?")
            text = first + "".join(f"${place}{part}" for place, part in enumerate(others, 1))
        return text, values


def sql(text: str, values: Callable[[], Sequence[Any]] | Sequence[Any] = (), **at: str) -> Sql:
    """A statement; keywords give its text on some databases: `sql("…", mysql="…")`."""
    if unknown := set(at) - set(KINDS):
        raise ValueError(f"no such database: {', '.join(unknown)}")
    return Sql(text, at, values)


@dataclass(frozen=True)
class Case:
    """One question to measure.

    Attributes:
        name: for `CASES=`.
        title: how the table calls it.
        oxyde: returns an awaitable, or a Prepared.
        sql: the statements that a database administrator would write.
        django: returns a query set or a value, or a Prepared.
        sqlalchemy: takes a session; returns a statement or a value, or a Prepared.
        probe: a query whose value shows what was written; set for all cases that write.
        ordered: whether the order of the rows is part of the answer.
        digest: makes the ORMs' answers comparable with the rows of `sql`.
        only: the databases on which the case makes sense.
    """

    name: str
    title: str
    oxyde: Callable[[], Awaitable[Any]] | Prepared
    sql: str | Sql | Sequence[Sql]
    django: Callable[[], Any] | Prepared | None = None
    sqlalchemy: Callable[[Any], Any] | Prepared | None = None
    probe: str | None = None
    ordered: bool = False
    digest: Callable[[Any], Any] | None = None
    only: Sequence[str] = KINDS

    def statements(self, kind: str) -> list[tuple[str, list[Any]]]:
        """The hand-written statements on one database."""
        given = [sql(self.sql)] if isinstance(self.sql, str) else self.sql
        each = [given] if isinstance(given, Sql) else given
        return [statement.on(kind) for statement in each]
