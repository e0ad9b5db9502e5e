"""When the related rows of a condition are better found once, as a set of keys, than row by row.

`EXISTS` is a join to most servers. SQLite runs it for each row; there, `key IN (SELECT …)` is one
pass, or a search from the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from oxyde import _ir
    from oxyde.queries.ir.scope import Scope

__all__ = ["aliases_in", "as_set", "is_of_row", "reads_table_of", "refers_outside", "tables_of"]

# Nodes that read nothing.
_VALUES = frozenset({"param", "literal", "type"})


def as_set(
    scope: Scope, select: _ir.Select, conditions: list[_ir.Predicate], *, indexed: bool
) -> bool:
    """Whether the rows of a SELECT, for which conditions hold, are to be found without the row of
    `scope`.

    Args:
        indexed: whether an index finds the rows of one row of `scope`.
    """
    features = scope.builder.features
    if features is None or not features.exists_per_row:
        return False
    if scope.narrowing.few or (indexed and scope.narrowing.narrow):
        return False
    return not refers_outside([conditions], select)


def refers_outside(parts: list[object], select: _ir.Select) -> bool:
    """Whether parts of a SELECT, or its joins, name a table that is not in it."""
    read = _read([select["from"], select["joins"], parts])
    return read.raw or not read.named <= read.aliases


def reads_table_of(part: object, tables: Callable[[], Collection[str]]) -> bool:
    """Whether a query in a part of a statement reads one of the tables, which are asked for only
    if there is a query."""
    read = _read(part).tables
    return bool(read) and not read.isdisjoint(tables())


def is_of_row(part: object) -> bool:
    """Whether a condition reads nothing but columns of one table."""
    read = _read(part)
    return not read.raw and not read.tables and not read.aliases and len(read.named) <= 1


def aliases_in(part: object) -> set[str] | None:
    """The aliases of the tables whose columns a part of a statement names; None where raw SQL may
    name any."""
    read = _read(part)
    return None if read.raw else read.named


def tables_of(select: _ir.Select) -> set[str]:
    """The aliases of the tables that a SELECT joins."""
    return _read([select["from"], select["joins"]]).aliases


class _Read(NamedTuple):
    """What a part of a statement reads.

    Attributes:
        named: the aliases that its columns name.
        raw: whether raw SQL in it may name others.
        aliases: those of the tables and derived tables in it.
        tables: the names of the tables in it.
    """

    named: set[str]
    raw: bool
    aliases: set[str]
    tables: set[str]


def _read(part: object) -> _Read:
    named: set[str] = set()
    raw = False
    aliases: set[str] = set()
    tables: set[str] = set()
    left = [part]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            for kind, inner in node.items():
                if isinstance(inner, list):
                    left += inner
                elif isinstance(inner, dict):
                    if kind in _VALUES:
                        continue
                    if kind == "column" and "table" in inner:
                        named.add(inner["table"])
                    elif kind == "table":
                        aliases.add(inner["alias"])
                        tables.add(inner["name"])
                    else:
                        if kind == "subquery" and "alias" in inner:
                            aliases.add(inner["alias"])
                        elif kind == "raw":
                            raw = True
                        left.append(inner)
    return _Read(named, raw, aliases, tables)
