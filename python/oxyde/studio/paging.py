"""Pages of rows. A page goes on after the last row of the one before, by the values that it is
sorted by, so that a page far down costs no more than the first. Where the order cannot be compared,
rows are skipped, up to a limit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from oxyde import F, Q, asc, desc
from oxyde.queries.lookups.table import fitting
from oxyde.studio.tables import Table

__all__ = ["FURTHEST", "SIZE", "Order"]

SIZE = 50
# The rows that a page may skip, where it cannot go on from a row.
FURTHEST = 10_000
# The others take NULL for the smallest value.
_NULL_IS_LARGEST = {"postgres": True}


class Order:
    """The order of a table's rows.

    Args:
        table: the table.
        sort: a field, with `-` in front for descending order; the key if empty.
        dialect: the database's: where it puts NULLs.

    Raises:
        ValueError: the table cannot be sorted by the field.
    """

    def __init__(self, table: Table, sort: str, dialect: str) -> None:
        self.table = table
        self.descending = sort.startswith("-")
        self.field = sort.removeprefix("-")
        column = table.columns.get(self.field)
        if self.field and (column is None or not column.sortable):
            raise ValueError(f"{table.name} cannot be sorted by `{self.field}`")
        first = (self.field,) if self.field else ()
        self.names = tuple(dict.fromkeys([*first, *table.key]))
        self._nulls_last = _NULL_IS_LARGEST.get(dialect, False) != self.descending

    @property
    def compares(self) -> bool:
        """Whether a page can go on from a row."""
        kinds = [self.table.columns[name].kind for name in self.names]
        return bool(self.table.key) and all("gt" in fitting(kind) for kind in kinds)

    def apply(self, query: Any) -> Any:
        """Sort a query."""
        way = desc if self.descending else asc
        return query.order_by(*[way(F(name)) for name in self.names])

    def after(self, query: Any, cursor: str) -> Any:
        """Restrict a query to the rows behind the one that a cursor stands for.

        Raises:
            ValueError: it is not a cursor of this order.
        """
        return query.filter(self._behind(self._read(cursor)))

    def _behind(self, last: Mapping[str, object]) -> Q:
        """The rows behind: larger in the first field, or equal in it and larger in the next …"""
        found: Q | None = None
        for name in reversed(self.names):
            value = last[name]
            beyond = self._beyond(name, value)
            same = Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
            here = beyond if found is None else (same & found)
            found = here if found is None or beyond is None else beyond | here
        assert found is not None
        bound = self._bound(self.names[0], last[self.names[0]])
        return found if bound is None or len(self.names) == 1 else bound & found

    def _bound(self, name: str, value: object) -> Q | None:
        """A condition that all rows behind meet, and that an index can begin at; None if NULLs are
        among them."""
        if value is None or (self._nulls_last and self.table.columns[name].field.nullable):
            return None
        return Q(**{f"{name}__{'lte' if self.descending else 'gte'}": value})

    def _beyond(self, name: str, value: object) -> Q | None:
        """The rows whose value in a field comes later; None if there are none."""
        if value is None:
            return None if self._nulls_last else Q(**{f"{name}__isnull": False})
        later = Q(**{f"{name}__{'lt' if self.descending else 'gt'}": value})
        if self.table.columns[name].field.nullable and self._nulls_last:
            return later | Q(**{f"{name}__isnull": True})
        return later

    def cursor(self, row: Mapping[str, Any]) -> str:
        """What stands for a row in the query string."""
        texts = [
            None if row[name] is None else self.table.columns[name].text(row[name])
            for name in self.names
        ]
        return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> dict[str, object]:
        wrong = ValueError("the page's cursor is not valid: go to the first page")
        try:
            texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError:
            raise wrong from None
        if not isinstance(texts, list) or len(texts) != len(self.names):
            raise wrong
        found: dict[str, object] = {}
        for name, text in zip(self.names, texts, strict=True):
            if text is not None and not isinstance(text, str):
                raise wrong
            try:
                found[name] = None if text is None else self.table.columns[name].parse(text)
            except ValueError:
                raise wrong from None
        return found
