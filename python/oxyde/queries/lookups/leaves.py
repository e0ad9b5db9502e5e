"""The arguments of lookups: a class for each kind, which checks a value and builds the lookup.

A new kind of argument is a class here, which `lookups.table` chooses by the core's table.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from oxyde.hydration.range import Range
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.compared import Compared, ComparedText, InQuery
from oxyde.queries.lookups.json_leaves import JsonList, JsonPair, JsonValue
from oxyde.queries.lookups.json_values import ORDER_LOOKUPS
from oxyde.queries.lookups.leaf import NEVER, Argument, Leaf
from oxyde.queries.lookups.search import search_lookup
from oxyde.queries.lookups.several import Several
from oxyde.queries.lookups.whole import (
    WITH_FRACTION,
    Constantly,
    compared,
    takes_fractions,
    whole_bounds,
    whole_items,
)
from oxyde.queries.lookups.within import among, between, of_period, within
from oxyde.queries.types.column_types import bound_of
from oxyde.queries.types.values import Misfit, accepted_types, fit

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.lookups.lookup import Resolved
    from oxyde.queries.names import Hop

__all__ = [
    "Choice",
    "Date",
    "Document",
    "Flag",
    "Items",
    "Key",
    "Keys",
    "List",
    "Number",
    "Pair",
    "RangeOrValue",
    "Search",
    "Text",
    "Time",
    "Value",
]

_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_LISTS = (list, tuple, set, frozenset, range)
# The longest list that is not one parameter on every database.
_SHORT = 64


def _exact_types(resolved: Resolved) -> frozenset[type]:
    """The types whose values are bound as they are."""
    if resolved.field.encode is not None or resolved.argument_type is None:
        return NEVER
    return accepted_types(resolved.argument_type)


class Value(Argument):
    """A value of the operand's own type."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """`exact` also takes None; a document is compared by the kind of the value."""
        if value is None:
            if resolved.spec.name != "exact":
                raise resolved.refuse(value, "NULL cannot be compared by size: use `__isnull`")
            if resolved.argument_type is not None:
                return Flag.of(resolved, True, context)
        if resolved.argument_type is None or (
            resolved.argument_type == "json" and resolved.spec.name in ORDER_LOOKUPS
        ):
            return JsonValue.of(resolved, value)
        if isinstance(value, WITH_FRACTION) and takes_fractions(resolved):
            value = compared(resolved, value)
            if isinstance(value, Constantly):
                return value
        value = resolved.convert(value)
        if resolved.part is not None:
            return within(resolved, resolved.part, value) or cls(resolved, resolved.key, (value,))
        return cls(resolved, resolved.key, (value,))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression whose type fits the operand's."""
        return Compared.of(resolved, value, context)

    def holds_for(self, number: int) -> bool | None:
        """Compared as Python does."""
        compare = _COMPARISONS.get(self.resolved.spec.name)
        value = self.values[0]
        if compare is None or self.resolved.part is not None or not isinstance(value, int):
            return None
        return compare(number, value)

    @classmethod
    def accepted(cls, resolved: Resolved) -> frozenset[type]:
        """Those of the operand's type; a part of a date may be a range of dates."""
        return NEVER if resolved.part is not None else _exact_types(resolved)


class Text(Argument):
    """A string."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """An Enum member is replaced by its label."""
        if not isinstance(value, str):
            label = getattr(value, "value", None)
            if not isinstance(label, str):
                raise resolved.refuse(value, "pass a string")
            value = label
        return cls(resolved, resolved.key, (str(value),))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression that returns a string."""
        return ComparedText.of(resolved, value, context)

    @classmethod
    def accepted(cls, resolved: Resolved) -> frozenset[type]:
        """Plain strings."""
        return accepted_types("text")

    @property
    def read_as(self) -> _ir.ColumnType:
        """As text."""
        return "text"


class Search(Text):
    """The words that a full-text search looks for."""

    __slots__ = ()

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """Uses the column's index, if it has one."""
        if self.resolved.path:
            return super().condition(operand, scope)
        return search_lookup(self.resolved, operand, self.param(scope), scope)


class Flag(Argument):
    """Whether it is NULL: True or False, as a literal in the statement."""

    __slots__ = ("if_null",)

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """The flag is part of the shape."""
        if not isinstance(value, bool):
            raise resolved.refuse(value, "give True or False")
        leaf = cls(resolved, (resolved.key, "isnull", value), ())
        leaf.if_null = value
        return leaf

    def asks_for(self, path: tuple[Hop, ...]) -> bool:
        """True for a column that is never NULL in an existing row."""
        resolved = self.resolved
        return (
            resolved.hops == path
            and not resolved.path
            and resolved.part is None
            and not resolved.field.nullable
        )

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """`isnull`, also for `exact` with None."""
        flag: _ir.Expr = {"literal": {"bool": self.if_null is True}}
        return {"lookup": {"name": "isnull", "operand": operand, "arguments": [flag]}}


class Choice(Argument):
    """Whether it has a property: True or False, which is written into the statement."""

    __slots__ = ("chosen",)

    chosen: bool

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """The choice is a part of the shape."""
        if not isinstance(value, bool):
            raise resolved.refuse(value, "pass True or False")
        leaf = cls(resolved, (resolved.key, value), ())
        leaf.chosen = value
        return leaf

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """Without a param."""
        choice: _ir.Expr = {"literal": {"bool": self.chosen}}
        return self.resolved.predicate(operand, [choice])


class List(Argument):
    """Any number of values of the operand's type, or a query.

    Its shape has the number of values where they are few, rounded up, so that there are few plans
    of lists: databases without arrays take each of them by itself.
    """

    __slots__ = ()

    many = True

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """Any iterable except strings and dicts."""
        if isinstance(value, str | bytes | bytearray | dict):
            raise resolved.refuse(value, "give a list, tuple, set or query")
        if not isinstance(value, _LISTS):
            if not isinstance(value, Iterable):
                raise resolved.refuse(value, "give a list, tuple, set or query")
            value = list(value)
        plain = _exact_types(resolved).issuperset(map(type, value))
        if not plain and any(isinstance(item, Expression) for item in value):
            return Several.one_of(resolved, list(value), context)
        if resolved.argument_type is None:
            return JsonList.of(resolved, value)
        if plain:
            items = list(value)
        else:
            if takes_fractions(resolved):
                value = whole_items(resolved, value)
            items = [resolved.convert(item) for item in value]
        if resolved.part is not None:
            ranges = among(resolved, resolved.part, items)
            if ranges is not None:
                return ranges
        return cls(resolved, (resolved.key, _padded(len(items))), (items,))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """A query only; expressions are items of a list."""
        return InQuery.of(resolved, value, context)

    @property
    def is_short(self) -> bool:
        """Whether its shape has its size."""
        return _padded(len(self.values[0])) is not None

    def holds_for(self, number: int) -> bool | None:
        """If the number is in the list."""
        return number in self.values[0]

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """With the size of a short list."""
        arguments: list[_ir.Expr] = [self.param(scope)]
        size = _padded(len(self.values[0]))
        if size is not None:
            arguments.append({"literal": {"int": size}})
        return self.resolved.predicate(operand, arguments)


def _padded(length: int) -> int | None:
    """The number of placeholders of a list; None where it is one, whatever its length."""
    if not 0 < length <= _SHORT:
        return None
    return 1 << (length - 1).bit_length()


class Pair(Argument):
    """The lowest and the highest value."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """Two values; neither is None."""
        if isinstance(value, str | bytes) or not isinstance(value, Sequence) or len(value) != 2:
            raise resolved.refuse(value, "give two values: (lowest, highest)")
        if value[0] is None or value[1] is None:
            raise resolved.refuse(value, "give two values, or use `__gte` or `__lte` alone")
        if isinstance(value[0], Expression) or isinstance(value[1], Expression):
            return Several.between(resolved, value[0], value[1], context)
        if resolved.argument_type is None or resolved.argument_type == "json":
            return JsonPair.of(resolved, value)
        exact = _exact_types(resolved)
        low, high = value
        if type(low) not in exact or type(high) not in exact:
            if takes_fractions(resolved):
                low, high = whole_bounds(resolved, (low, high))
            low, high = resolved.convert(low), resolved.convert(high)
        if resolved.part is not None:
            ranges = between(resolved, resolved.part, low, high)
            if ranges is not None:
                return ranges
        return cls(resolved, resolved.key, (low, high))

    def holds_for(self, number: int) -> bool | None:
        """If the number is between them."""
        low, high = self.values
        return bool(low <= number <= high)

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """With both bounds."""
        return self.resolved.predicate(operand, [self.param(scope), self.param(scope)])


class Number(Argument):
    """A part of a date or time, or a length."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """An integer; `month` and `day` also take a tuple that begins with the year."""
        name = resolved.spec.name
        if isinstance(value, tuple) and name in ("month", "day"):
            return of_period(resolved, value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise resolved.refuse(value, "give a whole number")
        return within(resolved, name, value) or cls(resolved, resolved.key, (int(value),))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression that returns a number."""
        return Compared.of(resolved, value, context)


class Date(Argument):
    """A date, without a time."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """A date, but not a datetime, which is a subclass of date in Python."""
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise resolved.refuse(value, "give a datetime.date")
        return within(resolved, "date", value) or cls(resolved, resolved.key, (value,))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression that returns a date."""
        return Compared.of(resolved, value, context)


class Time(Argument):
    """A time of day."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """A time only."""
        if not isinstance(value, dt.time):
            raise resolved.refuse(value, "give a datetime.time")
        return cls(resolved, resolved.key, (value,))

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression that returns a time."""
        return Compared.of(resolved, value, context)


class Key(Argument):
    """A key of a JSON document."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """A string only."""
        if not isinstance(value, str):
            raise resolved.refuse(value, "pass a key as a string")
        return cls(resolved, resolved.key, (value,))


class Keys(Argument):
    """Keys of a JSON document."""

    __slots__ = ()

    many = True

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """Strings only."""
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise resolved.refuse(value, "give a list of keys")
        keys = list(value)
        if not all(isinstance(key, str) for key in keys):
            raise resolved.refuse(value, "keys must be strings")
        return cls(resolved, resolved.key, (keys,))


class Document(Argument):
    """A JSON document."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """Any JSON value; part of a document takes a plain string as text."""
        if resolved.operand_type is not None:
            return cls(resolved, resolved.key, (value,))
        if isinstance(value, str):
            return JsonValue.of(resolved, value)
        return JsonValue(resolved, "json", (value,))


class Items(Argument):
    """An array."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """A list of values of the item type."""
        return cls(resolved, resolved.key, (resolved.convert(value),))


class RangeOrValue(Argument):
    """A range, or one value of its bounds' type."""

    __slots__ = ("single",)

    single: bool

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """Which of the two it is, is a part of the shape."""
        single = not isinstance(value, Range)
        bound = bound_of(resolved.operand_type)
        if single and value is not None and bound is not None:
            try:
                value = fit(bound, value)
            except Misfit as misfit:
                raise resolved.refuse(value, misfit.hint) from None
        else:
            value = resolved.convert(value)
        leaf = cls(resolved, (resolved.key, single), (value,))
        leaf.single = single
        return leaf

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """Any expression that gives one of them."""
        return Compared.of(resolved, value, context)

    @property
    def sent_as(self) -> _ir.ColumnType:
        """As a range, or as its bounds are."""
        bound = bound_of(self.resolved.operand_type)
        return bound if self.single and bound is not None else super().sent_as
