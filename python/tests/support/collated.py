"""Models whose text column has a collation of its own, and what the collation takes for equal."""

from __future__ import annotations

import unicodedata
from typing import Any

from oxyde import Field, Model


class OfPostgres(Model):
    class Meta:
        is_table = True
        table_name = "collated_postgres"

    id: int = Field(db_pk=True)
    text: str = Field(db_type="VARCHAR(40) COLLATE ucs_basic")


class OfSqlite(Model):
    class Meta:
        is_table = True
        table_name = "collated_sqlite"

    id: int = Field(db_pk=True)
    text: str = Field(db_type="VARCHAR(40) COLLATE NOCASE")


class OfMysql(Model):
    class Meta:
        is_table = True
        table_name = "collated_mysql"

    id: int = Field(db_pk=True)
    text: str = Field(db_type="VARCHAR(40) COLLATE utf8mb4_general_ci")


MODELS: dict[str, type[Any]] = {
    "postgres": OfPostgres,
    "sqlite": OfSqlite,
    "mysql": OfMysql,
    "mariadb": OfMysql,
}


def letters(flavour: str, text: str) -> list[str]:
    """The letters of a text; those that LIKE takes for equal are the same.

    SQLite's functions that cut a text give one without its collation, and so does the prefix.
    """
    if flavour not in ("mysql", "mariadb"):
        return list(text)
    return [unicodedata.normalize("NFD", letter)[0].upper() for letter in text]


def compared(flavour: str, text: str) -> str:
    """What texts that are equal have in common."""
    if flavour == "sqlite":
        return "".join([letter.lower() if letter.isascii() else letter for letter in text])
    together = "".join(letters(flavour, text))
    return together if flavour == "postgres" else together.rstrip(" ")
