"""Values as a page shows them: short in lists, longer on the page of a row."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oxyde.studio.columns import Column

__all__ = ["LONG", "SHORT", "Cell", "cell_of"]

# The characters that lists and the page of a row show.
SHORT = 80
LONG = 10_000
_BYTES_SHOWN = 16
_NUMBERS_SHOWN = 4


class Cell(NamedTuple):
    """A shown value.

    Attributes:
        text: what is shown.
        style: the class of its look: "null", "secret", "number", "bool", "code" or "".
        cut: whether there is more than is shown.
        link: the page of the row that it refers to, or None.
        label: what that row is called, or None.
    """

    text: str
    style: str = ""
    cut: bool = False
    link: str | None = None
    label: str | None = None


def cell_of(column: Column, value: object, limit: int) -> Cell:
    """A value of a column in at most `limit` characters."""
    if column.secret:
        return Cell("••••••••", "secret")
    if value is None:
        return Cell("NULL", "null")
    if isinstance(value, bytes):
        shown = value[: _BYTES_SHOWN if limit == SHORT else limit // 2].hex(" ", -4)
        cut = len(shown.replace(" ", "")) < 2 * len(value)
        return Cell(f"{_size(len(value))} · {shown}", "code", cut)
    if column.kind == "vector" and limit == SHORT and isinstance(value, list):
        first = ", ".join(f"{number:.4g}" for number in value[:_NUMBERS_SHOWN])
        more = len(value) > _NUMBERS_SHOWN
        return Cell(f"{len(value)} numbers · [{first}{', …' if more else ''}]", "code", more)
    text = value.isoformat(" ") if isinstance(value, datetime) else column.text(value)
    if limit == SHORT:
        text = " ".join(text[: 2 * limit].split()) + text[2 * limit :]
    cut = len(text) > limit
    return Cell(text[:limit] if cut else text, _style(column), cut)


def size_of(length: object) -> Cell:
    """The length of bytes that a list does not read."""
    return Cell(_size(length), "code") if isinstance(length, int) else Cell("NULL", "null")


def _style(column: Column) -> str:
    if column.field.python_type is bool:
        return "bool"
    if column.choices:
        return "choice"
    if column.is_number:
        return "number"
    if column.kind in ("json", "array", "vector", "range", "uuid"):
        return "code"
    return ""


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    for unit in ("KiB", "MiB"):
        count_in = count / (1024 if unit == "KiB" else 1024**2)
        if count_in < 1024:
            return f"{count_in:.1f} {unit}"
    return f"{count / 1024**3:.1f} GiB"
