"""Compiled plans by shape: bounded, and shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack

from oxyde import _ir

if TYPE_CHECKING:
    from oxyde._core import Plan, Recipe
    from oxyde.queries.scope import Builder

__all__ = ["Entry", "Plans", "compile_plan", "entry_for", "plans"]


class Entry(NamedTuple):
    """A plan, and how its rows become Python values (None when it gives none)."""

    plan: Plan
    recipe: Recipe | None


class Plans:
    """At most about `size` plans: two generations, the older of which is dropped when the
    younger is full. A hit in the younger one takes no lock.

    Args:
        size: how many plans are kept.
    """

    def __init__(self, size: int = 2048) -> None:
        self._half = max(size // 2, 1)
        self._young: dict[Hashable, Entry] = {}
        self._old: dict[Hashable, Entry] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Entry | None:
        """The plan for a key, if it is kept."""
        entry = self._young.get(key)
        if entry is not None:
            return entry
        entry = self._old.get(key)
        if entry is not None:
            self.put(key, entry)
        return entry

    def put(self, key: Hashable, entry: Entry) -> None:
        """Keep a plan."""
        with self._lock:
            if len(self._young) >= self._half:
                self._old = self._young
                self._young = {}
            self._young[key] = entry

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._young = {}
            self._old = {}

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


plans = Plans()


def pack(statement: _ir.Statement) -> bytes:
    """The message that crosses the border."""
    message: _ir.Message = {"version": _ir.IR_VERSION, "statement": statement}
    packed: bytes = msgpack.packb(message)
    return packed


def compile_plan(
    statement: _ir.Statement, flavour: str, labels: Sequence[tuple[str, bool]]
) -> Plan:
    """Compile a statement.

    Raises:
        UnsupportedFeatureError: the database cannot do it.
    """
    from oxyde import _core

    return _core.compile(pack(statement), flavour, labels)


def entry_for(
    flavour: str,
    shape: Hashable,
    make: Callable[[], tuple[_ir.Statement, Builder, Recipe | None]],
) -> Entry:
    """The plan for a shape, compiled on the first call.

    Args:
        flavour: the SQL flavour.
        shape: with the flavour, the key; it holds no value of a user.
        make: gives the statement, its labels, and the recipe.
    """
    key: Any = (flavour, shape)
    entry = plans.get(key)
    if entry is None:
        statement, builder, recipe = make()
        entry = Entry(compile_plan(statement, flavour, builder.labels), recipe)
        plans.put(key, entry)
    return entry
