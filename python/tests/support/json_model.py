"""What JSON values are to each other, in plain Python: docs/queries.md, section JSON."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from support.reference import json_equal

ABSENT: Final = object()

Step = str | int
"""A text is a key, or about digits what the container says; an int is an index."""


def _place(container: Any, step: Step) -> Any:
    """The key or the index that a step is in a container, or ABSENT."""
    if isinstance(container, dict):
        return step if isinstance(step, str) else ABSENT
    if isinstance(container, list):
        if isinstance(step, int):
            return step
        if re.fullmatch("0|[1-9][0-9]{0,8}", step):
            return int(step)
    return ABSENT


def at(document: Any, path: tuple[Step, ...]) -> Any:
    """What stands at a path, or ABSENT."""
    for step in path:
        place = _place(document, step)
        if place is ABSENT:
            return ABSENT
        try:
            document = document[place]
        except (KeyError, IndexError):
            return ABSENT
    return document


def put(document: Any, path: tuple[Step, ...], value: Any) -> Any:
    """The document with a value at a path, or as it is where there is no place for it."""
    step, rest = path[0], path[1:]
    place = _place(document, step)
    if place is ABSENT:
        return document
    if isinstance(document, dict):
        if place not in document:
            return {**document, place: made(rest, value)}
        inner = put(document[place], rest, value) if rest else value
        return {**document, place: inner}
    if place < len(document):
        inner = put(document[place], rest, value) if rest else value
        return [*document[:place], inner, *document[place + 1 :]]
    if rest and place > len(document):
        return document
    return [*document, made(rest, value)]


def made(path: tuple[Step, ...], value: Any) -> Any:
    """The value inside of the containers that a path goes through."""
    if not path:
        return value
    inner = made(path[1:], value)
    return [inner] if path[0] in ("0", 0) else {str(path[0]): inner}


def kind(value: Any) -> int:
    """The place of a value's kind in an order; 0 for none."""
    if value is ABSENT or value is None:
        return 0
    for place, python in enumerate((bool, int | float, str, list, dict), 1):
        if isinstance(value, python):
            return place
    raise AssertionError(value)


ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def equal(value: Any, given: Any) -> bool:
    """Whether both are there and equal."""
    return value is not ABSENT and given is not ABSENT and json_equal(value, given)


def compares(lookup: str, value: Any, given: Any) -> bool:
    """An order comparison: of two numbers, two texts or two truth values."""
    return 0 < kind(value) == kind(given) < 4 and ORDERS[lookup](value, given)


_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)


def as_decimal(value: Any) -> Decimal | None:
    """A number, or a text that is one."""
    if kind(value) == 2:
        return Decimal(repr(value))
    if kind(value) == 3 and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def order_key(value: Any) -> tuple[int, Any]:
    """What rows are ordered by. Lists have no order among each other, and objects have none."""
    place = kind(value)
    return (place, value if 0 < place < 4 else 0)
