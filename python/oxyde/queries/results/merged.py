"""The rows of several databases in one order."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from oxyde.exceptions import FieldError, OxydeError
from oxyde.queries.compile.beyond import NULL_IS_LARGEST
from oxyde.queries.expressions.functions.collate import Collate
from oxyde.queries.ir.expression import Expression
from oxyde.queries.types.column_types import INTEGERS, kind_of

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.compile.keyset import Keyset
    from oxyde.queries.compile.state import QueryState

__all__ = ["check_compared", "merged"]

T = TypeVar("T")
# A row, and the values of the terms of the order.
Placed = tuple[T, tuple[Any, ...]]

_TEXT = frozenset({"text", "varchar"})
_COMPARED = INTEGERS | _TEXT
_COMPARED |= {"double", "decimal", "bool", "bytes", "date", "time", "date_time", "timestamp_tz"}
_COMPARED |= {"interval", "uuid"}
# Collations that compare strings by code points, as Python does; their names in lower case.
_BY_CODE_POINTS = frozenset(
    {"c", "posix", "c.utf8", "c.utf-8", "ucs_basic", "binary", "utf8mb4_bin", "utf8mb4_0900_bin",
     "utf8mb4_nopad_bin"}
)  # fmt: skip
# Databases whose columns have such a collation, unless the model declares another one.
_BINARY_BY_DEFAULT = frozenset({"sqlite", "mysql", "mariadb"})


def check_compared(query: QueryState[Any, Any], keyset: Keyset, dialects: Sequence[str]) -> None:
    """Check that Python can compare the values of an order as the databases do.

    Raises:
        FieldError: the order of a term is known to the database alone.
        OxydeError: the databases are of different kinds.
    """
    if len(set(dialects)) > 1:
        raise OxydeError(
            f"an order over shards of different databases ({', '.join(sorted(set(dialects)))}) is "
            "not defined: they do not sort NULL and strings alike"
        )
    label = query._names.label
    for term, column_type in zip(keyset.order, keyset.types, strict=True):
        assert term.order is not None
        kind = kind_of(column_type)
        name = f"{term.order.expression!r:.80}"
        if kind not in _COMPARED:
            raise FieldError(
                f"each_shard() of `{label}` cannot order by {name}: only the database knows the "
                f"order of {kind} values",
                hint="order by a number, a time or a string",
            )
        if kind in _TEXT and not _is_by_code_points(query, term.order.expression, dialects[0]):
            raise FieldError(
                f"each_shard() of `{label}` cannot order by {name}: the collation of the database "
                "decides its order, and the rows of the shards are merged by code points",
                hint='order_by(Collate("…", "C")), or declare db_collation="C" for the field',
            )


def _is_by_code_points(query: QueryState[Any, Any], expression: Expression, dialect: str) -> bool:
    if isinstance(expression, Collate):
        given = expression.collation
        name = given if isinstance(given, str) else given.get(dialect, "")
    else:
        field = query._context(grouping=True).check(expression).field
        collation = None if field is None else field.db_collation
        if collation is None:
            return dialect in _BINARY_BY_DEFAULT
        name = collation
    return name.lower() in _BY_CODE_POINTS


def merged(
    parts: Sequence[Sequence[Placed[T]]], keyset: Keyset, dialect: str, label: str
) -> list[T]:
    """The rows of all shards in the order of the keyset; equal ones in the order of the shards.

    Args:
        parts: each shard's rows in their order.
        label: the model's name, for errors.

    Raises:
        OxydeError: a shard's rows are not in this order: its collation is another one.
    """
    sort = _sort_by(keyset, dialect)
    for part in parts:
        again = sort(part)
        if any(one is not other for one, other in zip(part, again, strict=True)):
            raise OxydeError(
                f"a shard returned the rows of `{label}` in another order than that of their code "
                "points: the collations of its columns are not those of the model",
                hint='order_by(Collate("…", …)) by a binary collation',
            )
    placed = sort([each for part in parts for each in part])
    return [row for row, _ in placed]


def _sort_by(keyset: Keyset, dialect: str) -> Callable[[Sequence[Placed[T]]], list[Placed[T]]]:
    """A stable sort: by the last term first."""
    terms = list(enumerate(zip(keyset.order, keyset.types, strict=True)))

    def sort(rows: Sequence[Placed[T]]) -> list[Placed[T]]:
        found = list(rows)
        for at, (term, column_type) in reversed(terms):
            order = term.order
            assert order is not None
            # Before `reverse`, which turns NULLs, too.
            nulls_last = dialect in NULL_IS_LARGEST
            if order.nulls is not None:
                nulls_last = (order.nulls == "last") is not order.descending
            key = _key(column_type, 1 if nulls_last else -1)
            found.sort(key=_at(at, key), reverse=order.descending)
        return found

    return sort


def _at(
    place: int, key: Callable[[Any], tuple[Any, ...]]
) -> Callable[[tuple[object, tuple[Any, ...]]], tuple[Any, ...]]:
    return lambda placed: key(placed[1][place])


def _key(column_type: _ir.ColumnType, null: int) -> Callable[[Any], tuple[Any, ...]]:
    """What a value is compared by, with the rank of NULL."""
    kind = kind_of(column_type)
    if kind in ("double", "decimal"):
        # NaN is the largest number.
        return lambda value: (null,) if value is None else (0, value != value, value)
    if kind == "uuid":
        return lambda value: (null,) if value is None else (0, uuid.UUID(str(value)))
    return lambda value: (null,) if value is None else (0, value)
