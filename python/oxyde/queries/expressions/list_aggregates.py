"""Aggregates that list the values, in an order: as a list, a document or a string."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from oxyde._given import iterable_given
from oxyde.exceptions import FieldError
from oxyde.queries.expressions.aggregates import Aggregate
from oxyde.queries.expressions.operators import Constant, F, as_expression
from oxyde.queries.expressions.order_by import OrderBy
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde._meta import FieldMeta

__all__ = ["ArrayAgg", "JsonAgg", "JsonObjectAgg", "StringAgg"]

OrderTerms: TypeAlias = "str | Expression | OrderBy | Sequence[str | Expression | OrderBy]"


class _Listed(Aggregate):
    """A list of the values.

    Args:
        expression: a field's name, a path, or an expression.
        distinct: list equal values once.
        filter: only rows for which this holds.
        order_by: the order of the values, as in `order_by()`; with `distinct` only by themselves.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ("order_by",)

    def __init__(
        self,
        expression: str | Expression,
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
        order_by: OrderTerms = (),
        default: object = None,
    ) -> None:
        super().__init__(expression, distinct=distinct, filter=filter, default=default)
        self._order(order_by)

    def _order(self, given: OrderTerms) -> None:
        terms = [given] if isinstance(given, str | Expression | OrderBy) else given
        orders = [OrderBy.of(each) for each in iterable_given("order_by", terms)]
        self.order_by: tuple[OrderBy, ...] = tuple(orders)
        own = repr(self.expression)
        if self.distinct and any(repr(each.expression) != own for each in orders):
            raise FieldError(
                f"{self!r:.80} with distinct=True can be ordered only by its own values",
                hint=f"order_by={own}, or leave out distinct=True",
            )


class ArrayAgg(_Listed):
    """The values as a list: ``ArrayAgg("tags__name", distinct=True, order_by="tags__name")``.

    Args:
        expression: a field's name, a path, or an expression.
        distinct: list equal values once.
        filter: only rows for which this holds.
        order_by: the order of the values, as in `order_by()`; with `distinct` only by themselves.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ()
    name = "array_agg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """A list of the argument's type."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) == "bytes":
            raise self.refuse(argument)
        return {"array": {"item": argument.type or "text"}}, None


class JsonAgg(_Listed):
    """The values as a JSON list. A Decimal becomes a string, and a date or time a string in ISO
    format.

    Args:
        expression: a field's name, a path, or an expression.
        distinct: list equal values once.
        filter: only rows for which this holds.
        order_by: the order of the values, as in `order_by()`; with `distinct` only by themselves.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ()
    name = "json_agg"

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """JSON."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) == "bytes":
            raise self.refuse(argument)
        return "json", None


class StringAgg(_Listed):
    """The values joined into one string: ``StringAgg("name", "; ", order_by="-id")``.

    Args:
        expression: a field's name, a path, or an expression.
        separator: the string between them.
        distinct: join equal values once.
        filter: only rows for which this holds.
        order_by: the order of the values, as in `order_by()`; with `distinct` only by themselves.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ("separator",)
    name = "string_agg"

    def __init__(
        self,
        expression: str | Expression,
        separator: str = ",",
        *,
        distinct: bool = False,
        filter: Conditional | None = None,
        order_by: OrderTerms = (),
        default: object = None,
    ) -> None:
        super().__init__(
            expression, distinct=distinct, filter=filter, order_by=order_by, default=default
        )
        self.separator = Constant(separator, "separator", "text")

    def arguments(self) -> tuple[Expression, ...]:
        """The expression and the separator."""
        return (*super().arguments(), self.separator)

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """Text."""
        return "text", None


class JsonObjectAgg(Aggregate):
    """A JSON object of a key and a value from each row: ``JsonObjectAgg("name", "price")``.

    Keys must not be NULL. Of duplicate keys an arbitrary one wins. A Decimal becomes a string, and
    a date or time a string in ISO format.

    Args:
        key: the name of a string field, or an expression.
        value: a field's name, or an expression.
        default: the result over no values, instead of NULL.
    """

    __slots__ = ("value",)
    name = "json_object_agg"

    def __init__(
        self,
        key: str | Expression,
        value: str | Expression,
        *,
        filter: Conditional | None = None,
        default: object = None,
    ) -> None:
        super().__init__(key, filter=filter, default=default)
        self.value = F(value) if isinstance(value, str) else as_expression(value)

    def arguments(self) -> tuple[Expression, ...]:
        """The key and the value."""
        return (*super().arguments(), self.value)

    def result(self, argument: Typed | None) -> tuple[_ir.ColumnType, FieldMeta | None]:
        """JSON."""
        assert argument is not None
        if argument.type is not None and kind_of(argument.type) not in ("text", "varchar"):
            raise self.refuse(argument)
        return "json", None
