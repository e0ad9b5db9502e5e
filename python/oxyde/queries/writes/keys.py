"""Rows by many keys, which may be composite."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from oxyde.db.slices import BETWEEN, in_slices
from oxyde.queries.compile.state import unscoped_query
from oxyde.queries.expressions.q import Q
from oxyde.queries.ir.nodes import column
from oxyde.queries.ir.predicates import Node
from oxyde.queries.ir.scope import Scope
from oxyde.queries.names import Names
from oxyde.queries.writes.insert import encoded

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.db.executor import Executor
    from oxyde.queries.query import Query

__all__ = ["among", "row_of_each_key", "rows_by_keys"]

# Maximum number of composite keys per query: each is a term of its WHERE.
_AT_ONCE = 500


class _Among(Node):
    __slots__ = ("fields", "label")

    def __init__(self, names: Names, rows: Sequence[Sequence[Any]]) -> None:
        self.fields = [names.meta.field_metadata[name] for name in names.primary_key]
        self.label = names.label
        self.shape = "keys"
        self.values = tuple(
            [
                [encoded(field, row[position]) for row in rows]
                for position, field in enumerate(self.fields)
            ]
        )

    def build(self, scope: Scope) -> _ir.Predicate:
        """The columns of the key equal one of the rows of the lists."""
        return {
            "in_rows": {
                "operands": [column(scope.alias, field) for field in self.fields],
                "lists": [
                    scope.builder.param(field.column_type, f"{self.label}.{field.name}", many=True)
                    for field in self.fields
                ],
            }
        }


def among(names: Names, rows: Sequence[Sequence[Any]]) -> Node:
    """The condition that the row's key is one of these."""
    return _Among(names, rows)


async def rows_by_keys(
    names: Names,
    key: Sequence[str],
    values: Sequence[tuple[Any, ...]],
    wanted: Sequence[str],
    executor: Executor,
    *,
    lock: bool = False,
) -> list[tuple[Any, ...]]:
    """Read fields of the rows with these keys.

    Args:
        names: the model.
        key: the fields of the key.
        values: the keys.
        wanted: the fields to read.
        executor: where.
        lock: whether to lock the rows, which also reads their latest version instead of the
            transaction's snapshot.
    """
    query = _query(names, lock=lock)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        if len(key) == 1:
            chosen = Q(**{f"{key[0]}__in": [each[0] for each in part]})
        else:
            chosen = Q()
            for each in part:
                chosen |= Q(**dict(zip(key, each, strict=True)))
        rows += await query.filter(chosen).values_list(*wanted).all(client=executor)
    return rows


def _query(names: Names, *, lock: bool) -> Query[Any, Any]:
    query = unscoped_query(names.model)
    return query.for_update() if lock else query


async def row_of_each_key(
    names: Names,
    key: Sequence[str],
    values: Sequence[tuple[Any, ...]],
    wanted: Sequence[str],
    executor: Executor,
    *,
    lock: bool = False,
) -> list[tuple[Any, ...]] | None:
    """Fields of the row of each key, in order; None if one is not found.

    Args: as for `rows_by_keys`; `wanted` begins with the key.
    """
    asked = list(dict.fromkeys(values))
    rows = await rows_by_keys(names, key, asked, wanted, executor, lock=lock)
    found = await in_slices(_by_key(rows, len(key)), len(rows))
    for each in asked:
        if each not in found:
            # The database may treat a differently written key as equal.
            one = _query(names, lock=lock).filter(**dict(zip(key, each, strict=True)))
            alike = await one.values_list(*wanted).all(client=executor)
            if len(alike) != 1:
                return None
            found[each] = alike[0]
    return [found[each] for each in values]


def _by_key(
    rows: list[tuple[Any, ...]], width: int
) -> Generator[None, None, dict[tuple[Any, ...], tuple[Any, ...]]]:
    found = {}
    for at, row in enumerate(rows):
        found[row[:width]] = row
        if at % BETWEEN == 0:
            yield
    return found
