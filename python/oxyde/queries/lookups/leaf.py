"""The base classes of lookups with their values, as conditions on a path."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.expression import Expression
    from oxyde.queries.lookups.lookup import Resolved
    from oxyde.queries.names import Hop

__all__ = ["NEVER", "Argument", "Leaf"]

NEVER: frozenset[type] = frozenset()
# Lookups that are true or false for all values but NULL.
_PLAIN = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "between", "range"})


class Leaf(Node):
    """A lookup on a path.

    Attributes:
        many: whether its one param is a list.
        if_null: whether it holds if the path leads to NULL; None if that depends on the value.
    """

    __slots__ = ("resolved",)

    many: ClassVar[bool] = False
    if_null: bool | None = False

    def __init__(self, resolved: Resolved, shape: Hashable, values: tuple[Any, ...]) -> None:
        self.resolved = resolved
        self.shape = shape
        self.values = values

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """Those on its path; the expression that it is compared with may refer to them, too."""
        return self.resolved.rows_in(scope)

    def on_null(self, path: tuple[Hop, ...]) -> bool | None:
        """`if_null`, if its path continues that one."""
        return self.if_null if self.resolved.hops[: len(path)] == path else None

    def holds_for(self, number: int) -> bool | None:
        """Whether it holds for a number; None if that is not known."""
        return None

    def never_null(self, scope: Scope) -> bool:
        """For a column of the row itself that is not NULL and is compared as it is."""
        resolved = self.resolved
        if resolved.hops or resolved.path or resolved.field.nullable:
            return False
        return resolved.spec.name in _PLAIN and scope.alias in scope.present

    def build(self, scope: Scope) -> _ir.Predicate:
        """The lookup over its column."""
        return self.over(scope.column(self.resolved.hops, self.resolved.field), scope)

    def over(self, column: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """The lookup over a column or an annotation."""
        resolved = self.resolved
        if resolved.path or resolved.part is not None:
            column = resolved.operand(column, self.read_as)
        return self.condition(column, scope)

    def condition(self, operand: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """The lookup over its operand: a column, or part of one."""
        return self.resolved.predicate(operand, [self.param(scope)])

    def param(self, scope: Scope) -> _ir.Expr:
        """The next of its values."""
        return scope.builder.param(self.sent_as, self.resolved.label, many=self.many)

    @property
    def read_as(self) -> _ir.ColumnType:
        """The type that part of a JSON document is read as."""
        return "json"

    @property
    def sent_as(self) -> _ir.ColumnType:
        """The type that its values are sent as."""
        assert self.resolved.argument_type is not None
        return self.resolved.argument_type


class Argument(Leaf):
    """The argument of a lookup: `lookups.table` chooses the subclass."""

    __slots__ = ()

    @classmethod
    def of(cls, resolved: Resolved, value: object, context: Context) -> Leaf:
        """The lookup with its value.

        Raises:
            FieldLookupValueError: the lookup cannot take it.
        """
        raise NotImplementedError

    @classmethod
    def of_expression(cls, resolved: Resolved, value: Expression, context: Context) -> Leaf:
        """The lookup with an expression instead of a value.

        Raises:
            FieldLookupValueError: the lookup cannot take it.
        """
        raise resolved.refuse(value, "this lookup takes plain values only")

    @classmethod
    def accepted(cls, resolved: Resolved) -> frozenset[type]:
        """The exact types that need no check or conversion."""
        return NEVER
