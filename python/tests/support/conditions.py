"""Trees of conditions, and what they mean by the rule of docs/queries.md ("Conditions across
relations"), in plain Python.

A row is a dict: a to-one relation is a row or None, a to-many one is a list of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_, xor
from typing import Any

from oxyde import F, Q
from support.reference import holds

Row = dict[str, Any]
# The rows that a condition is about, by the paths of to-many relations; None for no row.
Rows = Mapping[tuple[str, ...], Row | None]


@dataclass(frozen=True)
class Same:
    """As a value: another column of the row that the path of the condition ends in."""

    column: str


@dataclass(frozen=True)
class Leaf:
    """`path__lookup=value`; `path` ends on a column, or on a relation that is asked for."""

    path: tuple[str, ...]
    lookup: str
    value: Any

    def q(self) -> Q:
        name = "__".join(self.path)
        value = self.value
        if isinstance(value, Same):
            value = F("__".join((*self.path[:-1], value.column)))
        return Q(**{name if self.lookup == "exact" else f"{name}__{self.lookup}": value})


@dataclass(frozen=True)
class Branch:
    """Conditions put together by "&", "|" or "^", or one of them negated."""

    operator: str
    children: tuple[Leaf | Branch, ...]

    def q(self) -> Q:
        parts = [child.q() for child in self.children]
        if self.operator == "~":
            return ~parts[0]
        return reduce({"&": and_, "|": or_, "^": xor}[self.operator], parts)


def evaluate(tree: Leaf | Branch, row: Row, pinned: Rows | None = None) -> bool:
    """Whether a condition holds for a row: for some choice of one related row (or none, where there
    is none) for each to-many path that it has outside of a negation.

    Args:
        tree: the condition.
        row: the row.
        pinned: rows that are chosen already, also for what is negated.
    """
    chosen: Rows = {} if pinned is None else pinned
    paths = sorted(set(_paths(tree)) - set(chosen), key=len)
    return any(_holds(tree, row, rows, chosen) for rows in _choices(row, paths, chosen))


def _choices(row: Row, paths: list[tuple[str, ...]], rows: Rows) -> Iterator[Rows]:
    if not paths:
        yield rows
        return
    path, *others = paths
    for each in _value(row, path, rows) or [None]:
        yield from _choices(row, others, {**rows, path: each})


def _paths(tree: Leaf | Branch) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, Branch):
        if tree.operator != "~":
            for child in tree.children:
                yield from _paths(child)
        return
    for end in range(1, len(tree.path) + 1):
        if tree.path[end - 1] in TO_MANY:
            yield tree.path[:end]


def _value(row: Row, path: tuple[str, ...], rows: Rows) -> Any:
    """What lies at the end of a path, from the nearest row that was chosen."""
    here: Any = row
    first = 0
    for end in range(len(path) - 1, 0, -1):
        if path[:end] in rows:
            here, first = rows[path[:end]], end
            break
    for name in path[first:]:
        if here is None:
            return None
        here = here[name]
    return here


def _holds(tree: Leaf | Branch, row: Row, rows: Rows, pinned: Rows) -> bool:
    if isinstance(tree, Leaf):
        if tree.path in rows:
            value: Any = rows[tree.path]
        else:
            value = _value(row, tree.path, rows)
        argument = tree.value
        if isinstance(argument, Same):
            argument = _value(row, (*tree.path[:-1], argument.column), rows)
            if argument is None:
                return False
        if tree.lookup == "isnull":
            return (value is None) is argument
        return holds(tree.lookup, value, argument)
    if tree.operator == "~":
        return not evaluate(tree.children[0], row, pinned)
    found = [_holds(child, row, rows, pinned) for child in tree.children]
    if tree.operator == "^":
        return sum(found) % 2 == 1
    return all(found) if tree.operator == "&" else any(found)


# The names of to-many relations in the models of the tests.
TO_MANY = frozenset({"posts", "members", "badges", "owners", "books", "tags", "clubs", "authors"})
