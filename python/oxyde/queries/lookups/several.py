"""Lookups of several values of which some are expressions: `views__in=[F("low"), 3]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from oxyde.queries.ir.expression import Expression
from oxyde.queries.lookups.leaf import Leaf

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.lookups.lookup import Resolved

__all__ = ["Several"]


class Several(Leaf):
    """Comparisons of one path, of which all hold, or one.

    Attributes:
        parts: the comparisons.
        joined_by: how they are combined.
    """

    __slots__ = ("if_null", "joined_by", "parts")

    def __init__(
        self, resolved: Resolved, joined_by: Literal["and", "or"], parts: Sequence[Leaf]
    ) -> None:
        shape = (resolved.key, joined_by, *[part.shape for part in parts])
        values = tuple([value for part in parts for value in part.values])
        super().__init__(resolved, shape, values)
        self.joined_by = joined_by
        self.parts = parts
        # None of them holds for NULL, unless that depends on the value.
        self.if_null = None if any(part.if_null is not False for part in parts) else False

    @classmethod
    def one_of(cls, resolved: Resolved, items: Sequence[Any], context: Context) -> Leaf:
        """The path equals one of the items.

        Raises:
            FieldError: an unknown name, or types that do not go together.
            FieldLookupValueError: a value that the path cannot equal.
        """
        equal = resolved.by("exact")
        plain = [item for item in items if not isinstance(item, Expression)]
        parts = [equal.leaf(item, context) for item in items if isinstance(item, Expression)]
        if plain:
            parts.append(resolved.leaf(plain, context))
        return cls(resolved, "or", parts)

    @classmethod
    def between(cls, resolved: Resolved, low: Any, high: Any, context: Context) -> Leaf:
        """The path is from `low` to `high`.

        Raises:
            FieldError: an unknown name, or types that do not go together.
            FieldLookupValueError: a value that the path cannot be compared with.
        """
        parts = [resolved.by("gte").leaf(low, context), resolved.by("lte").leaf(high, context)]
        return cls(resolved, "and", parts)

    def never_null(self, scope: Scope) -> bool:
        """If no comparison is."""
        return all(part.never_null(scope) for part in self.parts)

    def over(self, column: _ir.Expr, scope: Scope) -> _ir.Predicate:
        """Each over the column."""
        built = [part.over(column, scope) for part in self.parts]
        return {"and": built} if self.joined_by == "and" else {"or": built}
