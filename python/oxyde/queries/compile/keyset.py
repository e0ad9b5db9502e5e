"""Pages by keyset: the order of a query as one that no two rows share, and the condition for the
rows behind a place in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from oxyde.exceptions import FieldError
from oxyde.queries.compile.cursor import PAGED_KINDS, Place
from oxyde.queries.compile.natural_order import natural_order
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed, exact
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Annotation, Context
    from oxyde.queries.expressions.ordering import Term

__all__ = ["Beyond", "Keyset", "keyset_of"]

# Databases that order NULL as the largest value; to the others it is the smallest.
_NULL_IS_LARGEST = frozenset({"postgres"})
# Databases that begin a comparison of rows, `(a, b) > (1, 2)`, in the index over both columns, with
# the kinds that they compare as they are stored; None for all. Others use it for `OR` only.
_COMPARES_ROWS: dict[str, frozenset[str] | None] = {
    "postgres": None,
    "sqlite": INTEGERS | {"double", "bool", "text", "varchar", "bytes", "uuid"},
}


class _Key(NamedTuple):
    """A term of the order.

    Attributes:
        term: with a name or an expression.
        type: the type of its values.
    """

    term: Term
    type: _ir.ColumnType

    @property
    def expression(self) -> Expression:
        assert self.term.order is not None
        return self.term.order.expression

    @property
    def label(self) -> str:
        expression = self.expression
        return expression.name if isinstance(expression, F) else f"{expression!r:.80}"


class Keyset:
    """An order in which each row has a place of its own.

    Attributes:
        order: the query's terms, and those that tell equal rows apart.
        types: the types of their values.
        grouped: whether one of them aggregates the rows of groups.
    """

    __slots__ = ("_keys", "_label", "grouped", "order", "types")

    def __init__(self, keys: Sequence[_Key], label: str, *, grouped: bool) -> None:
        self._keys = tuple(keys)
        self._label = label
        self.order = tuple([key.term for key in keys])
        self.types: tuple[_ir.ColumnType, ...] = tuple([key.type for key in keys])
        self.grouped = grouped

    @property
    def fingerprint(self) -> bytes:
        """What a cursor of this order has in common with no cursor of another one."""
        terms = [(term.shape, term.values) for term in self.order]
        return hashlib.sha256(repr((self._label, terms)).encode()).digest()[:8]

    def reversed(self) -> Keyset:
        """The order from the last row to the first."""
        keys = [_Key(key.term.reversed(), key.type) for key in self._keys]
        return Keyset(keys, self._label, grouped=self.grouped)

    def beyond(self, place: Place) -> Beyond:
        """The condition for the rows of a place, in this order for those behind it."""
        return Beyond(self._keys, place, grouped=self.grouped)

    def outputs(self, context: Context) -> tuple[Annotation, ...]:
        """Columns with the values of a row's place."""
        return tuple(
            [
                context.annotation(f"oxyde_key_{at}", Stored(key.expression), "any")
                for at, key in enumerate(self._keys)
            ]
        )


class Stored(Expression):
    """The value of an expression as the database has it, not as its field reads it."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        self.inner = inner

    def shape(self, context: Context, values: list[Any]) -> Hashable:
        """That of the expression."""
        return ("stored", self.inner.shape(context, values))

    def build(self, scope: Scope, want: _ir.ColumnType | None = None) -> Typed:
        """The expression, without its field."""
        typed = self.inner.build(scope, want)
        return Typed(typed.ir, typed.type)

    def operands(self) -> tuple[Expression, ...]:
        """The expression."""
        return (self.inner,)


def keyset_of(query: QueryState[Any, Any], verb: str) -> Keyset:
    """The order of a query, with the primary key behind it (the keys of groups, the columns of
    distinct rows) unless it is unique.

    Args:
        verb: the method, for errors.

    Raises:
        FieldError: the rows, or a term of the order, cannot be paged by.
    """
    label = query._names.label
    query._check_single(verb)
    _check_rows(query, verb)
    context = query._context(grouping=query._groups())
    keys: list[_Key] = []
    for term in steady_order(query):
        key = _key_of(context, term, label, verb)
        if key is not None and all(key.term.shape != each.term.shape for each in keys):
            keys.append(key)
    if not keys or not (_is_unique(query, keys) or _has_rows_of_its_own(query)):
        raise FieldError(
            f"{verb} needs an order that is unique, and `{label}` has no key",
            hint="order_by(…) a unique field too",
        )
    grouped = any(key.expression.groups_rows(context) for key in keys)
    return Keyset(keys, label, grouped=grouped)


def steady_order(query: QueryState[Any, Any]) -> tuple[Term, ...]:
    """The query's order with terms behind it that tell equal rows apart, if there are some."""
    terms = query._order
    named = _named(terms)
    if query._compounds or _tells_apart(query, named) or None in [term.order for term in terms]:
        return terms or natural_order(query)
    whole = query
    if query._distinct is True and query._row is RowKind.MODEL and not query._groups():
        # Models are told apart by their key, distinct or not.
        whole = query._copy()
        whole._distinct = False
    ties = [
        term
        for term in natural_order(whole)
        if not (
            term.order is not None
            and isinstance(term.order.expression, F)
            and term.order.expression.name in named
        )
    ]
    last = terms[-1].order if terms else None
    if last is not None and last.descending:
        # One direction for all: an index over the terms can be read backwards.
        ties = [term.reversed() for term in ties]
    return (*terms, *ties)


def _named(terms: Sequence[Term]) -> set[str]:
    orders = [term.order for term in terms]
    return {
        order.expression.name
        for order in orders
        if order is not None and isinstance(order.expression, F)
    }


def _check_rows(query: QueryState[Any, Any], verb: str) -> None:
    label = query._names.label
    if isinstance(query._distinct, tuple):
        raise FieldError(
            f"{verb} of `{label}` cannot page distinct(on=…): a row before the page decides which "
            "rows are in it",
            hint="use numbered_page(), or filter by the keys: objects.filter(pk__in=query)",
        )
    if query._cte_joins:
        raise FieldError(
            f"{verb} of `{label}` cannot page join_cte(): a row may be there several times",
            hint="use numbered_page(), or filter by the keys: objects.filter(pk__in=query)",
        )


def _has_rows_of_its_own(query: QueryState[Any, Any]) -> bool:
    return query._distinct is not False or query._groups()


def _key_of(context: Context, term: Term, label: str, verb: str) -> _Key | None:
    """A term as a key; None for a constant, which orders nothing.

    Raises:
        FieldError: a place in the order cannot be kept by it.
    """
    if term.order is None:
        raise FieldError(
            f"{verb} of `{label}` cannot page a random order",
            hint="order_by(…) a field, or load all rows",
        )
    expression = term.order.expression
    name = expression.name if isinstance(expression, F) else f"{expression!r:.80}"
    if expression.has_window(context):
        raise FieldError(
            f"{verb} of `{label}` cannot page by `{name}`: a window function is computed after "
            "filtering",
            hint="use numbered_page(), or order by a field",
        )
    typed = context.check(expression)
    if is_constant(typed.ir):
        return None
    if typed.type is None or kind_of(typed.type) not in PAGED_KINDS:
        kind = "is not known" if typed.type is None else f"is {kind_of(typed.type)}"
        raise FieldError(
            f"{verb} of `{label}` cannot page by `{name}`: its type {kind}",
            hint="order by a Cast(…) of it, or use numbered_page()",
        )
    return _Key(term, typed.type)


def _is_unique(query: QueryState[Any, Any], keys: Sequence[_Key]) -> bool:
    return _tells_apart(query, _named([key.term for key in keys]))


def _tells_apart(query: QueryState[Any, Any], names: set[str]) -> bool:
    """Whether no two rows of the query have the same values of these fields."""
    if query._groups() or (query._distinct is not False and query._row is not RowKind.MODEL):
        return False
    meta = query._names.meta
    if meta.primary_key and names.issuperset(meta.primary_key):
        return True
    fields = [meta.field_metadata[name] for name in names if name in meta.field_metadata]
    return any(field.unique and not field.nullable for field in fields)


class Beyond(Node):
    """The rows behind a place in an order."""

    __slots__ = ("_inclusive", "_keys", "_nulls", "grouped")

    def __init__(self, keys: Sequence[_Key], place: Place, *, grouped: bool) -> None:
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
    def of(cls, scope: Scope, key: _Key, *, is_null: bool) -> _Side:
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
            follow = (dialect in _NULL_IS_LARGEST) is not order.descending
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
