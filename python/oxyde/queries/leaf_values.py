"""From the value of a lookup to a condition, by what the lookup takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.queries.columns import accepted_types, kind_of, plain, tag_of
from oxyde.queries.periods import period
from oxyde.queries.predicates import Leaf

if TYPE_CHECKING:
    from oxyde.queries.resolved import Resolved

__all__ = ["LEAVES", "NEVER"]

NEVER: frozenset[type] = frozenset()
_LISTS = (list, tuple, set, frozenset, range)


def _value(resolved: Resolved, value: Any) -> Leaf:
    if value is None:
        if resolved.spec.name != "exact":
            raise resolved.refuse(
                value, "NULL is neither larger nor smaller than anything: use `__isnull`"
            )
        return _isnull(resolved, True)
    if resolved.argument_type is None:
        return _json_part(resolved, value)
    return resolved.make(resolved.key, (resolved.convert(value),))


def _json_part(resolved: Resolved, value: Any) -> Leaf:
    tag = tag_of(value)
    return resolved.make((resolved.key, tag), (plain(value),), "plain", tag)


def _text(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, str):
        label = getattr(value, "value", None)
        if not isinstance(label, str):
            raise resolved.refuse(value, "give a text")
        value = label
    return resolved.make(resolved.key, (str(value),))


def _isnull(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, bool):
        raise resolved.refuse(value, "give True or False")
    form = "null"
    if resolved.relation is not None and resolved.hops and resolved.hops[-1] is resolved.relation:
        form = "absent"
    return resolved.make((resolved.key, "isnull", value), (), form, value)


def _list(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str | bytes | bytearray | dict):
        raise resolved.refuse(value, "give a list, tuple, set or query")
    if not isinstance(value, _LISTS):
        if not isinstance(value, Iterable):
            raise resolved.refuse(value, "give a list, tuple, set or query")
        value = list(value)
    if resolved.argument_type is None:
        tags = sorted({tag_of(item) for item in value})
        if len(tags) > 1 and tags != ["big_int", "double"]:
            raise resolved.refuse(value, "give values of one type")
        tag = tags[-1] if tags else "json"
        items = [plain(item) for item in value]
        return resolved.make((resolved.key, tag), (items,), "list", tag)
    exact = NEVER if resolved.field.encode else accepted_types(resolved.argument_type)
    if exact.issuperset(map(type, value)):
        return resolved.make(resolved.key, (list(value),), "list")
    return resolved.make(resolved.key, ([resolved.convert(item) for item in value],), "list")


def _pair(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or len(value) != 2:
        raise resolved.refuse(value, "give two values: (lowest, highest)")
    if value[0] is None or value[1] is None:
        raise resolved.refuse(value, "give two values, or use `__gte` or `__lte` alone")
    if resolved.argument_type is None:
        tag = tag_of(value[0])
        return resolved.make((resolved.key, tag), tuple(map(plain, value)), "pair", tag)
    exact = NEVER if resolved.field.encode else accepted_types(resolved.argument_type)
    low, high = value
    if type(low) not in exact or type(high) not in exact:
        low, high = resolved.convert(low), resolved.convert(high)
    return Leaf(resolved, resolved.key, (low, high), "pair")


def _number(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, tuple) and resolved.spec.name in ("month", "day"):
        return _period(resolved, value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise resolved.refuse(value, "give a whole number")
    return resolved.make(resolved.key, (int(value),))


def _period(resolved: Resolved, value: tuple[Any, ...]) -> Leaf:
    length = 2 if resolved.spec.name == "month" else 3
    example = "(2024, 5)" if length == 2 else "(2024, 5, 17)"
    if len(value) != length or not all(
        isinstance(item, int) and not isinstance(item, bool) for item in value
    ):
        raise resolved.refuse(value, f"give a number, or a tuple like {example}")
    try:
        start, end = period(kind_of(resolved.field.column_type), value)
    except ValueError as error:
        raise resolved.refuse(value, str(error)) from None
    values = (start,) if end is None else (start, end)
    return resolved.make((resolved.key, len(values)), values, "period", len(values))


def _date(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise resolved.refuse(value, "give a datetime.date")
    return resolved.make(resolved.key, (value,))


def _time(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, dt.time):
        raise resolved.refuse(value, "give a datetime.time")
    return resolved.make(resolved.key, (value,))


def _key(resolved: Resolved, value: Any) -> Leaf:
    if not isinstance(value, str):
        raise resolved.refuse(value, "give a key as text")
    return resolved.make(resolved.key, (value,))


def _keys(resolved: Resolved, value: Any) -> Leaf:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise resolved.refuse(value, "give a list of keys")
    keys = list(value)
    if not all(isinstance(key, str) for key in keys):
        raise resolved.refuse(value, "keys are texts")
    return resolved.make(resolved.key, (keys,), "list")


def _json(resolved: Resolved, value: Any) -> Leaf:
    if resolved.operand_type is None:
        return _json_part(resolved, value)
    if kind_of(resolved.operand_type) == "json":
        return resolved.make(resolved.key, (value,))
    return resolved.make(resolved.key, (resolved.convert(value),))


def _contains(resolved: Resolved, value: Any) -> Leaf:
    if resolved.operand_type is not None and kind_of(resolved.operand_type) == "array":
        return _items(resolved, value)
    return _json(resolved, value)


def _items(resolved: Resolved, value: Any) -> Leaf:
    return resolved.make(resolved.key, (resolved.convert(value),))


LEAVES: dict[str, Callable[[Resolved, Any], Leaf]] = {
    "value": _value,
    "text": _text,
    "flag": _isnull,
    "list": _list,
    "pair": _pair,
    "number": _number,
    "date": _date,
    "time": _time,
    "key": _key,
    "keys": _keys,
    "json": _contains,
    "items": _items,
}
