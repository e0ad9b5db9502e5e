"""What every expression is: the only thing that a query takes for anything but a value."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.annotation import Context
    from oxyde.queries.predicates import Node, Operator
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

    def windows(self) -> bool:
        """Whether it, or a part of it, is a window function."""
        return any(each.windows() for each in self.operands())

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

    # `Q`, said by its own module, which needs this one.
    _q: ClassVar[type[Q]]

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up and its values checked.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        raise NotImplementedError

    def __and__(self, other: Any) -> Q:
        return self._combine("and", other)

    def __or__(self, other: Any) -> Q:
        return self._combine("or", other)

    def __xor__(self, other: Any) -> Q:
        return self._combine("xor", other)

    def _combine(self, operator: Operator, other: Any) -> Q:
        if not isinstance(other, Conditional):
            return NotImplemented  # type: ignore[no-any-return]
        return self._q._of(operator, (self, other))

    def __invert__(self) -> Q:
        return self._q._of("and", (self,), negated=True)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has no truth value: the database computes it. "
            "Put conditions together with `&`, `|` and `~`, not `and`, `or`, `not` or `a < b < c`."
        )
