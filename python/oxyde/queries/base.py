"""What every expression is: the only thing that a query takes for anything but a value."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.annotation import Context
    from oxyde.queries.predicates import Node
    from oxyde.queries.q import Q
    from oxyde.queries.scope import Scope, Typed

__all__ = ["Conditional", "Expression"]


class Expression:
    """Something that the database computes.

    A dict, string or list never becomes one, whatever it holds: only instances of this class do.
    """

    __slots__ = ()

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """What it is without its values, which are appended to `values` in the order in which
        `build` numbers their params."""
        raise NotImplementedError

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The expression of the IR, with its type.

        Args:
            scope: the tables that it may refer to.
            want: the type that fits what stands beside it, for values without one of their own.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        raise NotImplementedError

    def operands(self) -> tuple[Expression, ...]:
        """The expressions that it is made of."""
        return ()

    def aggregates(self) -> bool:
        """Whether it, or a part of it, is an aggregate."""
        return any(each.aggregates() for each in self.operands())

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has no truth value: the database computes it. "
            "Put conditions together with `&`, `|` and `~`, not `and`, `or`, `not` or `a < b < c`."
        )

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be iterated: the database computes it")


class Conditional:
    """A condition, not yet resolved against a model: `Q`, a comparison, `Exists`."""

    __slots__ = ()

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up and its values checked.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        raise NotImplementedError

    def __and__(self, other: Any) -> Q:
        made: Q = _combine("and", self, other)
        return made

    def __or__(self, other: Any) -> Q:
        made: Q = _combine("or", self, other)
        return made

    def __xor__(self, other: Any) -> Q:
        made: Q = _combine("xor", self, other)
        return made

    def __invert__(self) -> Q:
        from oxyde.queries.q import Q

        return Q._of("and", (self,), negated=True)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has no truth value: the database computes it. "
            "Put conditions together with `&`, `|` and `~`, not `and`, `or`, `not` or `a < b < c`."
        )


def _combine(operator: Any, left: Conditional, right: Any) -> Any:
    from oxyde.queries.q import Q

    if not isinstance(right, Conditional):
        return NotImplemented
    return Q._of(operator, (left, right))
