"""Answers of all contenders in one form, so that they can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def plain(answer: Any, *, ordered: bool) -> Any:
    """Rows as tuples of plain values, an instance as its key, one value as itself."""
    if not isinstance(answer, list):
        return _cell(answer)
    rows = [_row(row) for row in answer]
    if not ordered:
        rows.sort(key=repr)
    return rows


def only_value(rows: list[Any]) -> Any:
    """The value of a result with one row and one column; any other result as it is."""
    if len(rows) == 1:
        cells = list(rows[0].values()) if isinstance(rows[0], Mapping) else list(rows[0])
        if len(cells) == 1:
            return cells[0]
    return rows


def related(instance: Any, name: str) -> list[Any]:
    """The loaded rows of a relation: Django's manager returns them by `all()`."""
    found = getattr(instance, name)
    return list(found.all() if hasattr(found, "all") else found)


def _row(row: Any) -> Any:
    if isinstance(row, Mapping):
        return _cell(row["id"]) if "id" in row else _unpacked(list(row.values()))
    if isinstance(row, tuple):
        return _unpacked(list(row))
    return _cell(row)


def _unpacked(cells: Sequence[Any]) -> Any:
    plain_cells = tuple(_cell(cell) for cell in cells)
    return plain_cells[0] if len(plain_cells) == 1 else plain_cells


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal | float):
        # The databases give different numbers of decimal places for an average.
        number = round(float(value), 3)
        return int(number) if number.is_integer() else number
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, int | str | tuple):
        return value
    return value.id
