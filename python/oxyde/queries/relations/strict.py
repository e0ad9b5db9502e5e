"""strict(): removes relations that were not loaded, so that accessing one raises an error."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from oxyde.db.slices import BETWEEN
from oxyde.queries.compile.select import join_tree
from oxyde.queries.names import Names, names_of

__all__ = ["forget_unloaded"]


def forget_unloaded(
    rows: list[Any], names: Names, joins: tuple[str, ...]
) -> Generator[None, None, None]:
    """Remove the relations that no join loaded from instances, and from those joined to them."""
    tree, done = join_tree(names, joins), set[int]()
    for at, row in enumerate(rows):
        _forget(row, names, tree, done)
        if at % BETWEEN == 0:
            yield


def _forget(row: Any, names: Names, tree: dict[str, Any], done: set[int]) -> None:
    if row is None or id(row) in done:
        return
    done.add(id(row))
    for name in names.meta.relations:
        if name not in tree:
            row.__dict__.pop(name, None)
            row.__pydantic_fields_set__.discard(name)
    for name, below in tree.items():
        _forget(row.__dict__.get(name), names_of(names.hop(name).target.model), below, done)
