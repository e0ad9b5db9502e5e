"""What one row of a query becomes."""

from __future__ import annotations

from enum import Enum, auto

__all__ = ["RowKind"]


class RowKind(Enum):
    """What one row becomes; SCALAR is the only value of the only row."""

    MODEL = auto()
    DICT = auto()
    TUPLE = auto()
    NAMED = auto()
    FLAT = auto()
    OBJECT = auto()
    SCALAR = auto()

    # Part of each plan's key: Enum's own hash is a Python function, which is slow.
    __hash__ = object.__hash__
