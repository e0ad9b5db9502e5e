"""strict(): relations that were not loaded are not there, so that touching one is an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oxyde.queries.build_ir import join_tree
from oxyde.queries.names import Names, names_of

__all__ = ["forget_unloaded"]


def forget_unloaded(rows: Iterable[Any], names: Names, joins: tuple[str, ...]) -> None:
    """Take the relations that no join loaded off instances, and off those joined to them."""
    _forget(rows, names, join_tree(joins), set())


def _forget(rows: Iterable[Any], names: Names, tree: dict[str, Any], done: set[int]) -> None:
    unloaded = [name for name in names.meta.relations if name not in tree]
    for row in rows:
        if row is None or id(row) in done:
            continue
        done.add(id(row))
        for name in unloaded:
            row.__dict__.pop(name, None)
            row.__pydantic_fields_set__.discard(name)
        for name, below in tree.items():
            _forget([row.__dict__.get(name)], names_of(names.hop(name).target.model), below, done)
