"""Distances between vectors, which pgvector gives."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from oxyde import _ir
from oxyde.exceptions import FieldError
from oxyde.queries.base import Expression
from oxyde.queries.columns import is_vector, kind_of
from oxyde.queries.expressions import F, Value
from oxyde.queries.function import Func
from oxyde.queries.scope import Scope, Typed

if TYPE_CHECKING:
    from oxyde.queries.annotation import Context

__all__ = ["CosineDistance", "InnerProduct", "L1Distance", "L2Distance"]


class _Numbers(Expression):
    """The vector that a query gives: a bound value of the type of the field beside it."""

    __slots__ = ("label", "numbers")

    def __init__(self, numbers: Any, label: str) -> None:
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
    """What the distances have in common.

    Args:
        field: a vector's field, by name (also over relations), as `F` or as `d.embedding` in a
            function; or an expression.
        vector: what it is compared with: numbers, an array (numpy's, say), or the name of another
            field as `F`.

    Raises:
        FieldError: the first is no vector.
        FieldLookupValueError: the numbers are not as many as the field has, or not finite.
        UnsupportedFeatureError: the database has no vectors.
    """

    __slots__ = ()
    output = float

    def __init__(
        self,
        field: str | Expression | Sequence[float] | None,
        vector: Sequence[float] | Expression | Any,
    ) -> None:
        super().__init__(F(field) if isinstance(field, str) else field)
        if isinstance(vector, Value):
            vector = vector.value
        if not isinstance(vector, Expression):
            if not is_vector(vector):
                raise FieldError(
                    f"{type(self).__name__} compares with a list of numbers, not {vector!r:.80}",
                    hint=f'{type(self).__name__}("embedding", [0.1, 0.2, …])',
                )
            first = self.arguments[0]
            vector = _Numbers(vector, first.name if isinstance(first, F) else "")
        self.arguments = (*self.arguments, vector)

    def build_arguments(self, scope: Scope, want: _ir.ColumnType | None) -> list[Typed]:
        """The two vectors."""
        built = super().build_arguments(scope, want)
        for argument, typed in zip(self.arguments, built, strict=True):
            if typed.type is None or kind_of(typed.type) != "vector":
                raise FieldError(
                    f"{type(self).__name__} is between vectors, and {argument!r} is none",
                    hint="annotate the field Annotated[list[float], Vector(384)]",
                )
        return built


class L2Distance(_Distance):
    """The length of the straight line between two vectors (pgvector's ``<->``)::

        Passage.objects.order_by(L2Distance("embedding", query)).limit(5)

    An index with ``opclass="vector_l2_ops"`` serves that order.
    """

    __slots__ = ()
    name = "l2_distance"


class CosineDistance(_Distance):
    """1 less the cosine of the angle between two vectors, from 0 to 2 (pgvector's ``<=>``).

    An index with ``opclass="vector_cosine_ops"`` serves it. NaN where one of them has no length.
    """

    __slots__ = ()
    name = "cosine_distance"


class InnerProduct(_Distance):
    """The inner product *with its sign turned* (pgvector's ``<#>``).

    So the nearest vectors come first in ascending order, as with every distance here; the inner
    product itself is ``-1 * InnerProduct(…)``. An index with ``opclass="vector_ip_ops"`` serves it.
    """

    __slots__ = ()
    name = "inner_product"


class L1Distance(_Distance):
    """The sum of the differences between two vectors (``<+>``, from pgvector 0.7 on).

    An index with ``opclass="vector_l1_ops"`` serves it.
    """

    __slots__ = ()
    name = "l1_distance"
