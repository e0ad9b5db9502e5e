"""The condition for the rows behind a place in an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde.queries.compile.cursor import Place
from oxyde.queries.expressions.operators import F
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import exact
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.expressions.ordering import Term

__all__ = ["NULL_IS_LARGEST", "Beyond", "Key"]

# Databases that order NULL as the largest value; to the others it is the smallest.
NULL_IS_LARGEST = frozenset({"postgres"})
# Databases that begin a comparison of rows, `(a, b) > (1, 2)`, in the index over both columns, with
# the kinds that they compare as they are stored; None for all. Others use it for `OR` only.
_COMPARES_ROWS: dict[str, frozenset[str] | None] = {
    "postgres": None,
    "sqlite": INTEGERS | {"double", "bool", "text", "varchar", "bytes", "uuid"},
}


class Key(NamedTuple):
    """A term of the order.

    Attributes:
        term: with a name or an expression.
        type: the type of its values.
    """

    term: Term
    type: _ir.ColumnType

    @property
    def expression(self) -> Expression:
        """What is ordered by."""
        assert self.term.order is not None
        return self.term.order.expression

    @property
    def label(self) -> str:
        """Its name in errors."""
        expression = self.expression
        return expression.name if isinstance(expression, F) else f"{expression!r:.80}"


class Beyond(Node):
    """The rows behind a place in an order."""

    __slots__ = ("_inclusive", "_keys", "_nulls", "grouped")

    def __init__(self, keys: Sequence[Key], place: Place, *, grouped: bool) -> None:
        self._keys = keys
        self._inclusive = place.side in ("from", "to")
        self._nulls = tuple([value is None for value in place.values])
        # Never assigned later.
        self.grouped = grouped  # pyright: ignore[reportIncompatibleVariableOverride]
        values: list[Any] = []
        for key, value in zip(keys, place.values, strict=True):
            values += key.term.values
            if value is not None:
                values.append(value)
        self.values = tuple(values)
        shapes = [key.term.shape for key in keys]
        self.shape = ("beyond", self._inclusive, self._nulls, *shapes)

    def build(self, scope: Scope) -> _ir.Predicate:
        """A comparison of rows where the database finds its beginning in an index, else the terms
        one after the other, with a range of the first one in front."""
        sides = [
            _Side.of(scope, key, is_null=is_null)
            for key, is_null in zip(self._keys, self._nulls, strict=True)
        ]
        rows = _compared_rows(sides, scope, inclusive=self._inclusive)
        if rows is not None:
            return rows
        found = sides[-1].at_or_behind() if self._inclusive else sides[-1].behind()
        for side in reversed(sides[:-1]):
            found = _any_of([*side.behind(), {"and": [side.at(), _one(found)]}])
        first = sides[0]
        if len(sides) > 1 and first.param is not None and not first.nulls_follow:
            return {"and": [first.compared("gte"), _one(found)]}
        return _one(found)


def _any_of(predicates: list[_ir.Predicate]) -> list[_ir.Predicate]:
    return predicates if len(predicates) < 2 else [{"or": predicates}]


def _one(predicates: list[_ir.Predicate]) -> _ir.Predicate:
    return predicates[0] if len(predicates) == 1 else {"or": predicates}


class _Side(NamedTuple):
    """A term of the order beside its value at the place.

    Attributes:
        ir: the term.
        type: its type.
        param: the value; None for NULL.
        descending: whether larger values come first.
        nulls_follow: whether rows with NULL come behind all others.
        never_null: whether there are no such rows.
    """

    ir: _ir.Expr
    type: _ir.ColumnType
    param: _ir.Expr | None
    descending: bool
    nulls_follow: bool
    never_null: bool

    @classmethod
    def of(cls, scope: Scope, key: Key, *, is_null: bool) -> _Side:
        builder, order = scope.builder, key.term.order
        assert order is not None
        end = builder.index + len(key.term.values)
        typed = key.expression.build(scope)
        builder.index = end
        param = None if is_null else builder.param(key.type, f"the cursor ({key.label})")
        never_null = scope.never_null(typed)
        if order.nulls is not None:
            follow = order.nulls == "last"
        else:
            dialect = "" if builder.features is None else builder.features.dialect
            follow = (dialect in NULL_IS_LARGEST) is not order.descending
        return cls(
            typed.ir, key.type, param, order.descending, follow and not never_null, never_null
        )

    def compared(self, lookup: str) -> _ir.Predicate:
        assert self.param is not None
        name = lookup.replace("g", "l") if self.descending else lookup
        return {"lookup": {"name": name, "operand": self.ir, "arguments": [self.param]}}

    def _is_null(self, *, null: bool) -> _ir.Predicate:
        flag: _ir.Expr = {"literal": {"bool": null}}
        return {"lookup": {"name": "isnull", "operand": self.ir, "arguments": [flag]}}

    def at(self) -> _ir.Predicate:
        """The rows with the value."""
        return self._is_null(null=True) if self.param is None else exact(self.ir, self.param)

    def behind(self) -> list[_ir.Predicate]:
        """The rows behind those; they match one of these conditions."""
        if self.param is None:
            return [] if self.nulls_follow else [self._is_null(null=False)]
        found = [self.compared("gt")]
        return [*found, self._is_null(null=True)] if self.nulls_follow else found

    def at_or_behind(self) -> list[_ir.Predicate]:
        """The rows with the value, and those behind them."""
        if self.param is None:
            return [self.at(), *self.behind()]
        return [self.compared("gte"), *self.behind()[1:]]


def _compared_rows(
    sides: Sequence[_Side], scope: Scope, *, inclusive: bool
) -> _ir.Predicate | None:
    """`(a, b) > (1, 2)`, if that is the same and the server finds its beginning in an index."""
    features = scope.builder.features
    if len(sides) < 2 or features is None or features.dialect not in _COMPARES_ROWS:
        return None
    kinds = _COMPARES_ROWS[features.dialect]
    params: list[_ir.Expr] = []
    for side in sides:
        if side.param is None or side.nulls_follow or side.descending != sides[0].descending:
            return None
        if "column" not in side.ir or (kinds is not None and kind_of(side.type) not in kinds):
            return None
        params.append(side.param)
    sign = ("<" if sides[0].descending else ">") + ("=" if inclusive else "")
    parts = [
        *_row([side.ir for side in sides]),
        _text(f" {sign} "),
        *_row(params),
    ]
    return {"expr": {"raw": {"parts": parts, "type": "bool"}}}


def _row(items: Sequence[_ir.Expr]) -> list[_ir.RawPart]:
    """`(a, b)`."""
    parts: list[_ir.RawPart] = []
    for at, item in enumerate(items):
        parts += [_text(", " if at else "("), {"expr": item}]
    return [*parts, _text(")")]


def _text(text: str) -> _ir.RawPart:
    return {"text": text}
