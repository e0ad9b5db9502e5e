"""Pages by keyset: the order of a query as one in which no two rows share a place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError
from oxyde.queries.compile.beyond import Beyond, Key
from oxyde.queries.compile.cursor import PAGED_KINDS, Place
from oxyde.queries.compile.natural_order import natural_order
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.expressions.operators import F
from oxyde.queries.expressions.steady import is_constant
from oxyde.queries.ir.expression import Expression
from oxyde.queries.ir.nodes import Typed
from oxyde.queries.ir.scope import Scope
from oxyde.queries.types.column_types import kind_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from oxyde import _ir
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.expressions.context import Annotation, Context
    from oxyde.queries.expressions.ordering import Term

__all__ = ["Keyset", "keyset_of", "steady_order"]


class Keyset:
    """An order in which each row has a place of its own.

    Attributes:
        order: the query's terms, and those that tell equal rows apart.
        types: the types of their values.
        grouped: whether one of them aggregates the rows of groups.
        fingerprint: what a cursor of this order has in common with no cursor of another one.
    """

    __slots__ = ("_keys", "_label", "fingerprint", "grouped", "order", "types")

    def __init__(self, keys: Sequence[Key], label: str, *, grouped: bool) -> None:
        self._keys = tuple(keys)
        self._label = label
        self.order = tuple([key.term for key in keys])
        self.types: tuple[_ir.ColumnType, ...] = tuple([key.type for key in keys])
        self.grouped = grouped
        terms = [(term.shape, list(map(_steady, term.values))) for term in self.order]
        self.fingerprint = hashlib.sha256(repr((label, terms)).encode()).digest()[:8]

    def reversed(self) -> Keyset:
        """The order from the last row to the first."""
        keys = [Key(key.term.reversed(), key.type) for key in self._keys]
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


def _steady(value: object) -> str:
    """A value as text that is the same in each process: a list may have been a set."""
    return repr(sorted(map(repr, value))) if isinstance(value, list) else repr(value)


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
    keys: list[Key] = []
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


def _key_of(context: Context, term: Term, label: str, verb: str) -> Key | None:
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
    return Key(term, typed.type)


def _is_unique(query: QueryState[Any, Any], keys: Sequence[Key]) -> bool:
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
