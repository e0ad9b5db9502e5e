"""What the operators of Python cannot say in a typed query, as functions with types.

To a type checker a field of the model is a value, so a condition is a `bool`; at run time both are
recorded (see `oxyde.queries.expressions.recorder`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload
from uuid import UUID

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.expressions.operators import Condition, F
from oxyde.queries.expressions.recorder import StandIn, TypedField
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.predicates import Some
from oxyde.queries.lookups.paths import split_path
from oxyde.queries.names import names_of, part_of_path

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.predicates import Node

__all__ = [
    "Clause",
    "ValuesOfAnotherType",
    "any_of",
    "between",
    "contains",
    "icontains",
    "in_",
    "is_null",
    "not_",
    "the",
]

T = TypeVar("T")
M = TypeVar("M")
V = TypeVar("V", str, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, UUID)
Number: TypeAlias = int | float | Decimal
Scalar: TypeAlias = Number | str | bytes | dt.date | dt.time | dt.timedelta | UUID | None

# What a function from the model to a condition returns; checkers know `~condition` as an int.
Truth: TypeAlias = int | Conditional | Expression | None
# The positional arguments of filter().
Clause: TypeAlias = Conditional | Expression | Callable[[M], Truth]


class ValuesOfAnotherType:
    """What a type checker sees where the values do not have the type of the field, so that the
    condition does not fit `filter()`. There are no such objects at run time."""


def _path_of(value: object) -> F:
    if isinstance(value, StandIn):
        return F(value._end())
    if isinstance(value, F):
        return value
    raise FieldError(f"takes a field of the model, not {value!r:.80}")


def the(value: T | None) -> T:
    """A value that is not None.

    In a typed query it goes on from a nullable relation or field, where SQL compares NULL with
    nothing: ``filter(lambda p: the(p.author).name == "Ann")``. Anywhere else it returns its
    argument: ``the(post.author).name``.

    Raises:
        OxydeError: it is None.
    """
    if value is None:
        raise OxydeError(
            "the() got None, not a value",
            hint="a relation is None if its key is NULL, or if it was not loaded by join()",
        )
    return value


def not_(condition: object) -> bool:
    """The exact complement of a condition: ``not_(p.views > 3)``. It is ``~``, which type checkers
    know as an operator of numbers."""
    if isinstance(condition, TypedField):
        condition = Condition(condition, "exact", True)
    if not isinstance(condition, Conditional):
        raise FieldError(f"not_() takes a condition, not {condition!r:.80}")
    negated: Any = ~condition
    return negated  # type: ignore[no-any-return]


@overload
def in_(  # pyright: ignore[reportOverlappingOverload]
    field: Number | None, values: Iterable[Number | None] | QueryState[Any, Any]
) -> bool: ...
@overload
def in_(field: V | None, values: Iterable[V | None] | QueryState[Any, Any]) -> bool: ...
@overload
def in_(  # type: ignore[overload-overlap]
    field: Scalar, values: Iterable[Any]
) -> ValuesOfAnotherType: ...
@overload
def in_(field: T, values: Iterable[T] | QueryState[Any, Any]) -> bool: ...
def in_(field: object, values: object) -> Any:
    """Whether the field is one of the values (or of a query's rows)."""
    return Condition(_path_of(field), "in", values)


@overload
def between(  # type: ignore[overload-overlap]
    field: Number | None, low: Number, high: Number
) -> bool: ...
@overload
def between(  # type: ignore[overload-overlap]
    field: V | None, low: V, high: V
) -> bool: ...
@overload
def between(  # type: ignore[overload-overlap]
    field: Scalar, low: object, high: object
) -> ValuesOfAnotherType: ...
@overload
def between(field: T, low: T, high: T) -> bool: ...
def between(field: object, low: object, high: object) -> Any:
    """Whether the field is from `low` to `high`."""
    return Condition(_path_of(field), "between", (low, high))


def contains(field: object, part: object) -> bool:
    """The lookup `contains`."""
    found: Any = Condition(_path_of(field), "contains", part)
    return found  # type: ignore[no-any-return]


def icontains(field: str | None, part: str) -> bool:
    """The lookup `icontains`."""
    found: Any = Condition(_path_of(field), "icontains", part)
    return found  # type: ignore[no-any-return]


def is_null(field: object) -> bool:
    """Whether the field is NULL, or the relation has no row."""
    found: Any = Condition(_path_of(field), "isnull", True)
    return found  # type: ignore[no-any-return]


class AnyOf(Conditional):
    """A condition that holds for one row at the end of a path."""

    __slots__ = ("condition", "path")

    def __init__(self, path: str, condition: Conditional) -> None:
        self.path = path
        self.condition = condition

    def resolve(self, context: Context) -> Node:
        """The condition, about a row of its own."""
        names, hops = context.names, []
        for name in split_path(names, self.path):
            hops.append(names.hop(name, part_of_path(self.path, context.names.label)))
            names = names_of(hops[-1].target.model)
        return Some(tuple(hops), self.condition.resolve(context))

    def __repr__(self) -> str:
        return f"any_of({self.path}, {self.condition!r})"


def any_of(relation: list[T], condition: Callable[[T], Truth]) -> bool:
    """Whether a row of a to-many relation matches:
    ``any_of(u.posts, lambda p: p.views > 10)``.

    The whole condition, negations included, applies to one row; another any_of() may match another
    row.
    """
    stand_in: Any = relation
    if not isinstance(stand_in, StandIn):
        raise FieldError("any_of() takes a relation of the model")
    recorded: Any = stand_in
    inner: object = condition(recorded)
    if not isinstance(inner, Conditional):
        raise FieldError(f"the function must return a condition, not {inner!r:.80}")
    found: Any = AnyOf(stand_in._end(), inner)
    return found  # type: ignore[no-any-return]
