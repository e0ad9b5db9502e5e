"""load(): a relation of an instance, and of all instances that came with it in one result."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from oxyde.db.slices import BETWEEN
from oxyde.exceptions import FieldError
from oxyde.hydration.state import state_of
from oxyde.queries.compile.select import join_tree
from oxyde.queries.expressions.recorder import record_paths
from oxyde.queries.names import Names, names_of
from oxyde.queries.relations.prefetch import prefetch_related

if TYPE_CHECKING:
    from oxyde.db.executor import Executor

__all__ = ["have_peers", "load", "note_peers"]

M = TypeVar("M")
T = TypeVar("T")


@overload
async def load(
    instance: M,
    relation: Callable[[M], T],
    *,
    using: str | None = None,
    client: Executor | None = None,
) -> T: ...
@overload
async def load(
    instance: object, relation: str, *, using: str | None = None, client: Executor | None = None
) -> Any: ...
async def load(
    instance: Any,
    relation: str | Callable[[Any], Any],
    *,
    using: str | None = None,
    client: Executor | None = None,
) -> Any:
    """A relation of an instance, loaded if it is not: ``await load(post, lambda p: p.author)``.

    If the model has ``unloaded = "peers"`` in its `Meta`, one statement loads it for all instances
    that came in the same result and still exist, so that a loop costs one statement, not one per
    row. For other models it loads the relation of this instance.

    Args:
        instance: a stored instance.
        relation: the attribute, by a function or by name.
        using: the database's name.
        client: a database or transaction, instead of a name. With neither, the database of the
            instance is used.

    Raises:
        FieldError: the attribute is not a relation, or the instance was never stored.
    """
    if not hasattr(type(instance), "_db_meta"):
        raise FieldError(f"load() takes an instance of a model, not {instance!r:.80}")
    names = names_of(type(instance))
    [name] = record_paths(names, (relation,))
    if name not in names.meta.relations:
        raise FieldError(
            f"load() takes a relation of `{names.label}`, not {name!r}",
            hint=f"one of {', '.join(names.meta.relations) or 'none'}",
        )
    if _is_loaded(instance, names, name):
        return getattr(instance, name)
    rows = [row for row in _peers(instance) if not _is_loaded(row, names, name)]
    await prefetch_related(rows, name, using=using, client=client)
    return getattr(instance, name)


def _is_loaded(instance: Any, names: Names, name: str) -> bool:
    relation = names.meta.relations[name]
    if name not in vars(instance):
        return False
    # An unloaded foreign key may read as None although its column has a value.
    return vars(instance)[name] is not None or (
        relation.column is not None and vars(instance).get(relation.column) is None
    )


def _peers(instance: Any) -> list[Any]:
    state = state_of(instance)
    if state is None:
        raise FieldError(
            f"load() takes a stored instance, and this `{type(instance).__name__}` is new",
            hint="save it first",
        )
    rows = [] if state.peers is None else [row for ref in state.peers if (row := ref()) is not None]
    return rows if any(row is instance for row in rows) else [instance]


def have_peers(names: Names, joins: tuple[str, ...]) -> bool:
    """Whether the instances of a result, or some of those joined to them, know each other."""
    known = names.peers.get(joins)
    if known is None:
        known = names.peers[joins] = _has_peers(names, join_tree(names, joins))
    return known


def _has_peers(names: Names, tree: dict[str, Any]) -> bool:
    return names.meta.unloaded == "peers" or any(
        _has_peers(names_of(names.hop(name).target.model), below) for name, below in tree.items()
    )


def note_peers(
    rows: list[Any], names: Names, joins: tuple[str, ...]
) -> Generator[None, None, None]:
    """Let the instances of a result, and those joined to them, know each other."""
    yield from _note(rows, names, join_tree(names, joins))


def _note(rows: list[Any], names: Names, tree: dict[str, Any]) -> Generator[None, None, None]:
    if names.meta.unloaded == "peers":
        peers = [weakref.ref(row) for row in rows]
        for at, row in enumerate(rows):
            state = state_of(row)
            if state is not None:
                state.peers = peers
            if at % BETWEEN == 0:
                yield
    for name, below in tree.items():
        joined = {id(other): other for row in rows if (other := vars(row).get(name)) is not None}
        yield
        yield from _note(list(joined.values()), names_of(names.hop(name).target.model), below)
