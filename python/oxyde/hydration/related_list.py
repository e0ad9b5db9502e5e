"""A list of the rows of a to-many relation that remembers which of them are stored."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from oxyde.exceptions import FieldError

if TYPE_CHECKING:
    from oxyde._meta import Relation

__all__ = ["RelatedList", "RelatedPart", "no_column", "same_rows"]


class RelatedList(list[Any]):
    """The rows that a query loaded for a relation; empty for a new row. It behaves like any list.
    No column of the owner stores it, so `save()` does not write changes of it, but refuses them.
    """

    # The stored rows after the first change; None before that.
    _before: list[Any] | None = None

    @property
    def stored(self) -> list[Any]:
        """The rows that belong to the owner in the database."""
        return self if self._before is None else self._before

    def is_as_stored(self) -> bool:
        """Whether it holds the rows that are stored."""
        return self._before is None or same_rows(self, self._before)

    def follow(self, change: Callable[[list[Any]], list[Any]]) -> None:
        """Apply a change in the database to the list."""
        before, self._before = self._before, None
        list.__setitem__(self, slice(None), change(list(self)))
        if before is not None:
            after = change(list(before))
            self._before = None if same_rows(self, after) else after

    def __copy__(self) -> RelatedList:
        made = type(self)(self)
        made._before = self._before
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> RelatedList:
        made = memo[id(self)] = type(self)()
        list.extend(made, [copy.deepcopy(row, memo) for row in self])
        made._before = copy.deepcopy(self._before, memo)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        # The state is set after the rows are appended, which marks the list as changed.
        return type(self), (), {"_before": self._before}, iter(self)


class RelatedPart(RelatedList):
    """Rows that a custom query selected and ordered: after a change only the database knows the new
    list."""


def _noting(name: str) -> Callable[..., object]:
    change = getattr(list, name)

    @functools.wraps(change)
    def method(self: RelatedList, *args: object, **kwargs: object) -> object:
        if self._before is None:
            self._before = list(self)
        return change(self, *args, **kwargs)

    return method


for _name in (
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "__setitem__",
    "__delitem__",
    "__iadd__",
    "__imul__",
):
    setattr(RelatedList, _name, _noting(_name))


def same_rows(some: Iterable[Any], others: Iterable[Any]) -> bool:
    """Whether both contain the same stored rows, in any order."""
    mine, theirs = _keys(some), _keys(others)
    return mine == theirs and all(len(key) > 1 and None not in key for key in mine)


def _keys(rows: Iterable[Any]) -> set[tuple[Any, ...]]:
    return {
        (type(row), *[vars(row).get(name) for name in type(row)._db_meta.primary_key])
        for row in rows
    }


def no_column(label: str, relation: Relation) -> FieldError:
    """The error for related rows passed with a row, which are not written with it."""
    name, target = relation.name, relation.target
    kind = relation.kind.replace("_", " ")
    hint = f"save the row, then the `{target}` that refers to it"
    if relation.many:
        verbs = f"await row.{name}_set.add(…), .create(…) or .set([…])"
        hint = f"save the row, and then those of `{target}`: {verbs}"
    return FieldError(
        f"`{label}.{name}` is a {kind} relation without a column, so its rows are not "
        "written with the row",
        hint=hint,
    )
