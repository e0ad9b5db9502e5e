"""Distances between vectors, computed by pgvector."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.expressions.functions.base import Func
from oxyde.queries.expressions.operators import F, Value, as_expression
from oxyde.queries.expressions.parts import Part
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of
from oxyde.queries.types.values import is_vector

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context

__all__ = ["CosineDistance", "InnerProduct", "L1Distance", "L2Distance"]


class _Numbers(Expression):
    """A vector in the query: a bound value with the type of the field beside it."""

    __slots__ = ("label", "numbers")

    def __init__(self, numbers: object, label: str) -> None:
        self.numbers = numbers
        self.label = label

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """That it is there."""
        values.append(self.numbers)
        return "numbers"

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """A param."""
        column_type: _ir.ColumnType = {"vector": {"dimensions": None}} if want is None else want
        label = f"{scope.origin.names.label}.{self.label}" if self.label else "a vector"
        return Typed(scope.builder.param(column_type, label), column_type)

    def __repr__(self) -> str:
        return repr(self.numbers)


class _Distance(Func):
    """Base class of the distances.

    Args:
        field: a vector field, by name (also over relations), as `F`, or as `d.embedding` in a
            function; or an expression.
        vector: what it is compared with: numbers, an array (numpy's, say), or the name of another
            field as `F`.

    Raises:
        FieldError: the first is not a vector.
        FieldLookupValueError: the vector has another number of dimensions than the field, or a
            number is not finite.
        UnsupportedFeatureError: the database does not support vectors.
    """

    __slots__ = ()
    output = float

    def __init__(
        self,
        field: str | Expression | Sequence[float] | None,
        vector: Sequence[float] | Expression | Any,
    ) -> None:
        first = F(field) if isinstance(field, str) else as_expression(field)
        if isinstance(vector, Value):
            vector = vector.value
        if not isinstance(vector, Expression):
            if not is_vector(vector):
                raise FieldError(
                    f"{type(self).__name__} compares with a list of numbers, not {vector!r:.80}",
                    hint=f'{type(self).__name__}("embedding", [0.1, 0.2, …])',
                )
            vector = _Numbers(vector, first.name if isinstance(first, F) else "")
        super().__init__(first, vector)

    def build_arguments(
        self, scope: Scope, parts: list[Part], want: _ir.ColumnType | None
    ) -> list[Typed]:
        """The two vectors."""
        built = super().build_arguments(scope, parts, want)
        for argument, typed in zip(self.arguments, built, strict=True):
            if typed.type is None or kind_of(typed.type) != "vector":
                raise FieldError(
                    f"{type(self).__name__} compares vectors, and {argument!r} is not a vector",
                    hint="annotate the field Annotated[list[float], Vector(384)]",
                )
        return built


class L2Distance(_Distance):
    """The Euclidean distance (pgvector's ``<->``)::

        Passage.objects.order_by(L2Distance("embedding", query)).limit(5)

    An index with ``opclass="vector_l2_ops"`` serves that order.
    """

    __slots__ = ()
    name = "l2_distance"


class CosineDistance(_Distance):
    """1 minus the cosine similarity, from 0 to 2 (pgvector's ``<=>``).

    An index with ``opclass="vector_cosine_ops"`` serves it. NaN if one vector is zero.
    """

    __slots__ = ()
    name = "cosine_distance"


class InnerProduct(_Distance):
    """The *negative* inner product (pgvector's ``<#>``).

    The nearest vectors come first in ascending order, as with every distance; the inner product
    itself is ``-1 * InnerProduct(…)``. An index with ``opclass="vector_ip_ops"`` serves it.
    """

    __slots__ = ()
    name = "inner_product"


class L1Distance(_Distance):
    """The Manhattan distance (``<+>``, pgvector 0.7 or newer).

    An index with ``opclass="vector_l1_ops"`` serves it.
    """

    __slots__ = ()
    name = "l1_distance"
