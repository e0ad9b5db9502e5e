"""Lookups on JSON documents and their parts, by the kind of the compared value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.json_values import READ_AS, SENT_AS, as_decimal, prepared
from oxyde.queries.lookups.leaf import Leaf

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["JsonList", "JsonPair", "JsonValue"]


class _JsonLeaf(Leaf):
    """A lookup with values of one kind (see `READ_AS`)."""

    __slots__ = ("kind",)

    def __init__(
        self, resolved: Resolved, kind: str, values: tuple[Any, ...], *more: Hashable
    ) -> None:
        super().__init__(resolved, (resolved.key, kind, *more), values)
        self.kind = kind

    @property
    def read_as(self) -> _ir.ColumnType:
        """By the kind of the values."""
        return READ_AS[self.kind]

    @property
    def sent_as(self) -> _ir.ColumnType:
        """As a document if a whole document is compared, else by the kind of the values."""
        return self.resolved.argument_type or SENT_AS[self.kind]


class JsonValue(_JsonLeaf):
    """A lookup with one value."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object) -> Leaf:
        """By the kind of the value. None is JSON null.

        Raises:
            FieldLookupValueError: JSON has no such value, or no order of such values.
        """
        kind, value = prepared(resolved, value)
        return _JsonNull(resolved, kind, ()) if kind == "null" else cls(resolved, kind, (value,))


class _JsonNull(_JsonLeaf):
    """The part is JSON null."""

    __slots__ = ()

    if_null = None

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """`= null`."""
        return _is_json_null(operand)


class JsonList(_JsonLeaf):
    """The lookup `in`."""

    __slots__ = ()

    many = True

    @classmethod
    def of(cls, resolved: Resolved, value: Iterable[Any]) -> Leaf:
        """By the kinds of the values. None is JSON null.

        Raises:
            FieldLookupValueError: JSON has no such value, or the values have no common kind.
        """
        pairs = [prepared(resolved, item) for item in value]
        kinds = {kind for kind, _ in pairs}
        null = "null" in kinds
        kinds.discard("null")
        items = [item for kind, item in pairs if kind != "null"]
        if "decimal" in kinds:
            if null or not kinds <= {"decimal", "number"}:
                raise resolved.refuse(value, "give Decimals and other numbers only")
            kind, items = "decimal", [as_decimal(item) for item in items]
        else:
            kind = "text" if kinds == {"text"} and not null else "json"
        if null:
            return _JsonListOrNull(resolved, kind, (items,), "list or null")
        return cls(resolved, kind, (items,), "list")


class _JsonListOrNull(JsonList):
    """The lookup `in` with a null among the values."""

    __slots__ = ()

    if_null = None

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """`in` the others, or JSON null."""
        return {"or": [super().condition(operand, scope), _is_json_null(operand)]}


class JsonPair(_JsonLeaf):
    """The lookup `between`."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, pair: Sequence[Any]) -> Leaf:
        """By the kind of the two values.

        Raises:
            FieldLookupValueError: their kinds differ, or have no order.
        """
        (kind, low), (other, high) = (prepared(resolved, each) for each in pair)
        if {kind, other} == {"decimal", "number"}:
            kind = other = "decimal"
            low, high = as_decimal(low), as_decimal(high)
        if kind != other:
            raise resolved.refuse(
                pair, "pass two values of one kind: values of different kinds have no order"
            )
        return cls(resolved, kind, (low, high))

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """With both bounds."""
        return self.resolved.predicate(operand, [self.param(scope), self.param(scope)])


def _is_json_null(operand: _ir.Expr) -> _ir.Predicate:
    null: _ir.Expr = {"function": {"name": "json_null", "arguments": [], "type": "json"}}
    return {"lookup": {"name": "exact", "operand": operand, "arguments": [null]}}
