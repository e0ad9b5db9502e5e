"""Lookups whose value is an expression or a query: `filter(total__gt=F("paid"))`."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from oxyde.queries.ir.expression import Expression, InnerQuery
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.lookups.json_values import wanted_beside
from oxyde.queries.lookups.leaf import Leaf
from oxyde.queries.types.column_types import MOMENTS, TEXTS, kind_of
from oxyde.queries.types.declared_types import KIND_FAMILIES

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.exceptions import FieldLookupValueError
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["Compared", "ComparedText", "InQuery"]

_NUMERIC = frozenset({"int", "float", "decimal"})
_TEXTUAL = frozenset({"text", "enum", "uuid", "inet", "json"})
# Families that are compared with values of their own family only.
_STRICT = _NUMERIC | {"bool", "text", "bytes", "date", "time", "date_time", "interval"}


class Compared(Leaf):
    """A lookup with an expression as its value."""

    __slots__ = ("_read_as", "value")

    def __init__(
        self,
        resolved: Resolved,
        shape: Hashable,
        values: tuple[Any, ...],
        value: Expression,
        read_as: _ir.ColumnType,
    ) -> None:
        super().__init__(resolved, shape, values)
        self.value = value
        self._read_as: _ir.ColumnType = read_as

    @classmethod
    def of(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """The lookup with an expression, whose names and types are checked.

        Raises:
            FieldError: an unknown name, or types that do not go together.
            FieldLookupValueError: JSON has no values of its type.
        """
        values: list[Any] = []
        shape = (resolved.key, "expression", value.shape(context, values))
        read_as: _ir.ColumnType = "json"
        if resolved.operand_type is None:
            # Part of a document is read as the type that it is compared with.
            read_as = cls._read_beside(resolved, context.check(value).type, value)
        leaf = cls(resolved, shape, tuple(values), value, read_as)
        context.check_node(leaf)
        return leaf

    @classmethod
    def _read_beside(
        cls, resolved: Resolved, beside: _ir.ColumnType | None, value: Expression
    ) -> _ir.ColumnType:
        """The type that part of a document is read as, to be compared with an expression."""
        kind = "json" if beside is None else kind_of(beside)
        if kind in TEXTS:
            return "text"
        if kind in ("bool", "decimal"):
            return beside or "json"
        if kind in ("json", "small_int", "integer", "big_int", "double"):
            return "json"
        raise resolved.refuse(
            value, f"JSON has no {kind} to compare with: Cast(…, str) gives the text of one"
        )

    def never_null(self, scope: Scope) -> bool:
        """An expression may be NULL."""
        return False

    @property
    def read_as(self) -> _ir.ColumnType:
        """By the type of the expression."""
        return self._read_as

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """With the expression as its argument."""
        resolved, origin = self.resolved, scope.origin
        wanted = wanted_beside(origin, resolved.argument_type, self.value)
        argument = self.value.build(origin, wanted)
        left = self._related(argument, operand, scope)
        if left is operand and argument.type is not None and not self._fits(argument.type):
            raise self._unfit(argument.type)
        return resolved.predicate(left, [argument.ir])

    def _fits(self, given: _ir.ColumnType) -> bool:
        """Whether plain values of a type are compared with the operand."""
        wanted = self.resolved.argument_type
        if wanted is None:
            return True
        one, other = KIND_FAMILIES[kind_of(wanted)], KIND_FAMILIES[kind_of(given)]
        return one == other or not {one, other} <= _STRICT or {one, other} <= _NUMERIC

    def _unfit(self, given: _ir.ColumnType) -> FieldLookupValueError:
        resolved, kind = self.resolved, kind_of(given)
        assert resolved.argument_type is not None
        wanted = kind_of(resolved.argument_type)
        hint = f"it is compared with {wanted}, and that is {kind}: convert it with Cast(…)"
        if wanted == "date" and kind in MOMENTS:
            hint = 'compare the date of it: F("…__date")'
        elif kind == "date" and wanted in MOMENTS:
            hint = f"use `{resolved.key.partition(':')[0]}` with `__date`, or Cast it to a datetime"
        return resolved.refuse(self.value, hint)

    def _related(self, other: Typed, operand: _ir.Expr, scope: Scope) -> _ir.Expr:
        """The column of a relation that is compared: the one that the other side refers to."""
        resolved = self.resolved
        by = resolved.refers_by(other.field)
        if by is None:
            return operand
        assert resolved.relation is not None
        hops = resolved.hops
        if not hops or hops[-1] is not resolved.relation:
            hops = (*hops, resolved.relation)
        return scope.column(hops, by)


class ComparedText(Compared):
    """A lookup of text with an expression."""

    __slots__ = ()

    def _fits(self, given: _ir.ColumnType) -> bool:
        """Whatever is searched as text."""
        return KIND_FAMILIES[kind_of(given)] in _TEXTUAL

    @classmethod
    def _read_beside(
        cls, resolved: Resolved, beside: _ir.ColumnType | None, value: Expression
    ) -> _ir.ColumnType:
        """As text, whatever the expression gives."""
        return "text"


class InQuery(Compared):
    """The lookup `in` with a query."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """The lookup with a query.

        Raises:
            FieldLookupValueError: the expression is not a query.
        """
        if not isinstance(value, InnerQuery):
            raise resolved.refuse(value, "this lookup takes plain values only")
        return super().of(resolved, value, context)

    @classmethod
    def _read_beside(
        cls, resolved: Resolved, beside: _ir.ColumnType | None, value: Expression
    ) -> _ir.ColumnType:
        """As the type of the query's column."""
        if beside is not None and kind_of(beside) in TEXTS:
            return "text"
        return beside or "json"

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """`in` the query."""
        assert isinstance(self.value, InnerQuery)
        select, typed = self.value.select(scope.origin)
        operand = self._related(typed, operand, scope)
        return {"in_select": {"operand": operand, "select": select}}
