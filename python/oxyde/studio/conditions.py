"""Filters and search in the query string: ``?views__gte=3&title__icontains=rust&_q=python``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from oxyde import Q
from oxyde.studio.columns import Column
from oxyde.studio.tables import Table

__all__ = ["Condition", "Conditions", "canonical", "read_conditions"]

Pairs = list[tuple[str, str]]
_WORDS = {"true": True, "false": False}


@dataclass(slots=True)
class Condition:
    """A filter of the query string.

    Attributes:
        column: the column.
        lookup: the lookup, like "exact".
        text: the value as it stands in the query string.
        error: why the value cannot be used, or None.
        value: the value for the lookup.
    """

    column: Column
    lookup: str
    text: str
    error: str | None = None
    value: object = None

    @property
    def parameter(self) -> tuple[str, str]:
        """Its part of the query string."""
        return f"{self.column.name}__{self.lookup}", self.text

    @property
    def shown(self) -> str:
        """What it says, for people."""
        if self.lookup == "isnull":
            return f"{self.column.name} is {'NULL' if self.value else 'not NULL'}"
        word = self.column.lookups.get(self.lookup, self.lookup)
        return f"{self.column.name} {word} {self.text}"

    @property
    def ends(self) -> tuple[str, str]:
        """The two inputs: the value, and the upper end of "between"."""
        if self.lookup == "between":
            first, _, second = self.text.partition(",")
            return first.strip(), second.strip()
        return self.text, ""


@dataclass(slots=True)
class Conditions:
    """What a list of rows is restricted to.

    Attributes:
        filters: the filters.
        search: what is searched for.
        unknown: parameters that are not filters of this table.
    """

    filters: list[Condition] = field(default_factory=list)
    search: str = ""
    unknown: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.filters or self.search)

    @property
    def valid(self) -> bool:
        """Whether all can be used."""
        return not self.unknown and all(each.error is None for each in self.filters)

    def parameters(self, without: Condition | None = None) -> Pairs:
        """The query string, perhaps without one of the filters."""
        pairs = [each.parameter for each in self.filters if each is not without]
        return [*pairs, ("_q", self.search)] if self.search else pairs

    def apply(self, query: Any, table: Table) -> Any:
        """Restrict a query."""
        for each in self.filters:
            query = query.filter(**{f"{each.column.name}__{each.lookup}": each.value})
        if self.search:
            query = query.filter(reduce(or_, _found_by(table, self.search)))
        return query


def read_conditions(table: Table, pairs: Iterable[tuple[str, str]]) -> Conditions:
    """Read the filters of a query string; names that begin with `_` are not filters."""
    found = Conditions()
    for name, text in pairs:
        if name == "_q":
            found.search = text.strip()
        elif not name.startswith("_"):
            column_name, _, lookup = name.partition("__")
            column = table.columns.get(column_name)
            lookup = lookup or "exact"
            if column is None or column.secret or lookup not in column.lookups:
                found.unknown.append(name)
                continue
            found.filters.append(_read(column, lookup, text))
    return found


def _read(column: Column, lookup: str, text: str) -> Condition:
    made = Condition(column, lookup, text)
    try:
        made.value = _value(column, lookup, text)
    except ValueError as error:
        made.error = str(error)
    return made


def _value(column: Column, lookup: str, text: str) -> object:
    if lookup == "isnull":
        if text not in _WORDS:
            raise ValueError("Must be true or false")
        return _WORDS[text]
    if lookup == "in":
        return [column.parse(part.strip()) for part in text.split(",") if part.strip()]
    if lookup == "between":
        first, comma, second = text.partition(",")
        if not comma or not first.strip() or not second.strip():
            raise ValueError("Needs both ends")
        return column.parse(first), column.parse(second)
    if lookup == "year":
        if not text.isdecimal():
            raise ValueError("Must be a year")
        return int(text)
    return column.parse(text)


def _found_by(table: Table, search: str) -> list[Q]:
    """The conditions of a search: the strings, and the key if it can be that."""
    found = [Q(**{f"{name}__icontains": search}) for name in table.searched]
    if len(table.key) == 1:
        with suppress(ValueError):
            found.append(Q(**{table.key[0]: table.columns[table.key[0]].parse(search)}))
    return found or [Q(**{f"{next(iter(table.columns))}__in": []})]


def canonical(table: Table, pairs: Pairs) -> str | None:
    """The query string for what the filter form sent; None if it was not sent.

    The form has three inputs for each column: `name.lookup`, `name.value` and `name.to`.
    """
    if not any("." in name for name, _ in pairs):
        return None
    given = dict(pairs)
    kept = [(name, text) for name, text in pairs if "." not in name and text]
    for name in table.columns:
        lookup = given.get(f"{name}.lookup", "exact")
        value = given.get(f"{name}.value", "").strip()
        end = given.get(f"{name}.to", "").strip()
        if lookup in ("isnull-true", "isnull-false"):
            kept.append((f"{name}__isnull", lookup.removeprefix("isnull-")))
        elif end:
            kept.append((f"{name}__between", f"{value},{end}") if value else (f"{name}__lte", end))
        elif lookup == "between" and value:
            kept.append((f"{name}__gte", value))
        elif value and lookup:
            kept.append((f"{name}__{lookup}", value))
    return urlencode(kept)
