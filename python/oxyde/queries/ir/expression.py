"""The base class of expressions: a query treats everything else as a value."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.context import Context
    from oxyde.queries.expressions.q import Q
    from oxyde.queries.ir.nodes import Typed
    from oxyde.queries.ir.predicates import Node, Operator
    from oxyde.queries.ir.scope import Scope
    from oxyde.queries.lookups.leaf import Leaf
    from oxyde.queries.names import Hop

__all__ = ["Conditional", "Expression", "InnerKeys", "InnerQuery"]


class Expression:
    """Something that the database computes. A dict, string or list is never treated as one,
    whatever it holds.

    Attributes:
        counts: whether it is a number of rows or values, 0 where others are NULL.

    An expression either has values of its own, which `shape` lists and `build` binds, or `parts`
    that have them. The order of the parts is that of the values in the statement.
    """

    __slots__ = ()

    counts: ClassVar[bool] = False

    def holds_without_rows(self, leaf: Leaf) -> bool | None:
        """Whether a lookup on it holds if it aggregates no related row; None if that is not
        known."""
        return leaf.holds_for(0) if self.counts else leaf.if_null

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """What it is without its values, which are appended to `values`."""
        shapes = [self.key()]
        for part in self.parts():
            shapes.append(part.shape(context, values))  # noqa: PERF401
        return tuple(shapes)

    def key(self) -> Hashable:
        """What it is without its parts."""
        raise NotImplementedError

    def parts(self) -> tuple[Expression, ...]:
        """Everything in it that may have values, in the order of these."""
        return ()

    @property
    def width(self) -> int | None:
        """The number of its own values, without those of parts; None where only its shape tells."""
        return None

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The expression of the IR, with its type.

        One with several parts takes them from `parts_of`, which gives each its position.

        Args:
            scope: the tables that it may refer to.
            want: the type of the expression beside it, for values without a type of their own.

        Raises:
            FieldError: an unknown name, or types that do not go together.
        """
        raise NotImplementedError

    def operands(self) -> tuple[Expression, ...]:
        """The parts that are values of the same row: no conditions, no arguments of aggregates."""
        return self.parts()

    def rows(self, scope: Scope) -> tuple[tuple[Hop, ...], ...]:
        """The to-many paths on which a condition on it matches a single row."""
        found: list[tuple[Hop, ...]] = []
        for each in self.operands():
            found += each.rows(scope)
        return tuple(found)

    def aggregates(self) -> bool:
        """Whether it, or a part of it, is an aggregate."""
        return any(each.aggregates() for each in self.operands())

    def windows(self) -> bool:
        """Whether it, or a part of it, is a window function."""
        return any(each.windows() for each in self.operands())

    def is_json_part(self, scope: Context | Scope) -> bool:
        """Whether it is part of a JSON document, which is read as the wanted type."""
        return False

    def to_many_paths(self, scope: Context | Scope) -> list[tuple[Hop, ...]]:
        """The to-many paths in it, outside of aggregates, each up to its last to-many hop."""
        return [path for each in self.operands() for path in each.to_many_paths(scope)]

    def groups_rows(self, context: Context) -> bool:
        """Whether it contains an aggregate over the query's own rows."""
        return any(each.groups_rows(context) for each in self.operands())

    def aggregates_groups(self, context: Context) -> bool:
        """The same for grouped rows: every aggregate is over the groups' rows."""
        operands = self.operands()
        if not operands:
            return self.aggregates()
        return any(each.aggregates_groups(context) for each in operands)

    def aggregated_path(self, context: Context) -> tuple[str, ...] | None:
        """The to-many path whose rows it aggregates in one pass for all rows, if it is such an
        aggregate: NULL for a row without them, or 0."""
        return None

    def has_window(self, scope: Context | Scope) -> bool:
        """Whether it, or an annotation that it names, contains a window function."""
        return self.windows() or any(each.has_window(scope) for each in self.operands())

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has no truth value: the database computes it. "
            "Combine conditions with `&`, `|` and `~`, not `and`, `or`, `not` or `a < b < c`."
        )

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be iterated: the database computes it")


class InnerQuery(Expression):
    """A query as a value, or as a list of values after `in`.

    Attributes:
        of_model: the model whose keys it selects; None if the query selects a column explicitly.
    """

    __slots__ = ()

    of_model: type[Any] | None

    def select(self, scope: Scope) -> tuple[_ir.Select, Typed]:
        """The query for `in`, and its column."""
        raise NotImplementedError


class InnerKeys(Expression):
    """A query that selects composite keys.

    Attributes:
        of_model: the model whose keys it selects; None if the query selects columns explicitly.
    """

    __slots__ = ()

    of_model: type[Any] | None

    def select_keys(self, scope: Scope) -> tuple[_ir.Select, list[str]]:
        """The query, and the names of its columns."""
        raise NotImplementedError


class Conditional:
    """A condition, not yet resolved against a model: `Q`, a comparison, `Exists`."""

    __slots__ = ()

    # `Q`, set by its own module, which imports this one.
    _q: ClassVar[type[Q]]

    def resolve(self, context: Context) -> Node:
        """The condition with its names looked up and its values checked.

        Raises:
            FieldError: an unknown name.
            FieldLookupError: an unknown or unfit lookup, or a value that it cannot take.
        """
        raise NotImplementedError

    def __and__(self, other: object) -> Q:
        return self._combine("and", other)

    def __or__(self, other: object) -> Q:
        return self._combine("or", other)

    def __xor__(self, other: object) -> Q:
        return self._combine("xor", other)

    def _combine(self, operator: Operator, other: object) -> Q:
        if not isinstance(other, Conditional):
            return NotImplemented  # type: ignore[no-any-return]
        return self._q._of(operator, (self, other))

    def __invert__(self) -> Q:
        return ~self._q(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} has no truth value: the database computes it. "
            "Combine conditions with `&`, `|` and `~`, not `and`, `or`, `not` or `a < b < c`."
        )
