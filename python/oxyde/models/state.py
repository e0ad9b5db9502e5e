"""What an instance knows of its row: where it is from, what was loaded, what changed since."""

from __future__ import annotations

import functools
from collections.abc import Set
from typing import Any, Final

__all__ = ["UNTOUCHED", "State", "is_stored", "set_state", "state_of", "whole_row"]


class State:
    """The state of an instance that was loaded from, or written to, a database.

    Attributes:
        database: name of the database, or None when it is not known.
        loaded: the fields that were loaded, or None for all.
        changed: the fields that were assigned since.
        originals: for columns whose values can change in place, what the row held: the raw
            JSON text, or a copy of the list of an array; for a key that was assigned, the
            key that the row still has.
        shared: whether many instances hold this object. It must not be changed then: take
            `private()` first.
        given: the names of `model_fields_set`, which instances that were loaded make when it
            is first asked for; None where it is there from the start.
    """

    __slots__ = ("changed", "database", "given", "loaded", "originals", "shared")

    def __init__(
        self,
        database: str | None = None,
        loaded: frozenset[str] | None = None,
        *,
        originals: dict[str, Any] | None = None,
        shared: bool = False,
        given: frozenset[str] | None = None,
    ) -> None:
        self.database = database
        self.given = given
        self.loaded = loaded
        self.changed: set[str] = set()
        self.originals: dict[str, Any] = {} if originals is None else originals
        self.shared = shared

    def private(self) -> State:
        """A copy that belongs to one instance."""
        copy = State(self.database, self.loaded, originals=dict(self.originals), given=self.given)
        copy.changed = set(self.changed)
        return copy

    def with_given(self, name: str) -> State:
        """The same, with one more given field, where instances make their set of them late."""
        given = None if self.given is None else self.given | {name}
        copy = State(
            self.database, self.loaded, originals=self.originals, shared=self.shared, given=given
        )
        copy.changed = self.changed
        return copy

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.database, self.loaded, self.changed, self.originals)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.database, self.loaded, self.changed, self.originals = state
        self.shared = False
        self.given = None

    def __repr__(self) -> str:
        changed = ", ".join(sorted(self.changed)) or "nothing"
        return f"State({self.database!r}, changed: {changed})"


class _Slots:
    """The accessors of the slots of `Model`, which bypass Pydantic's `__setattr__`."""

    get_state: Any
    set_state: Any
    get_touched: Any
    set_touched: Any


_slots: Final = _Slots()


def bind_slots(model: type[Any]) -> None:
    """Called once, with `Model`."""
    state = model.__dict__["_oxyde_state"]
    touched = model.__dict__["_oxyde_touched"]
    _slots.get_state, _slots.set_state = state.__get__, state.__set__
    _slots.get_touched, _slots.set_touched = touched.__get__, touched.__set__


def state_of(instance: Any) -> State | None:
    """The state of an instance; None when it was never stored."""
    try:
        state: State | None = _slots.get_state(instance)
    except AttributeError:
        return None
    return state


def set_state(instance: Any, state: State | None) -> None:
    """Give an instance its state (a shared one, or one of its own)."""
    before = state_of(instance)
    if before is not None and before.given is not None:
        _ = instance.__pydantic_fields_set__  # made from `before`, while it is there
    _slots.set_state(instance, state)


def late_fields_set(instance: Any) -> set[str] | None:
    """Make the `__pydantic_fields_set__` of a loaded instance; None where it cannot be."""
    state = state_of(instance)
    if state is None or state.given is None:
        return None
    names = set(state.given)
    object.__setattr__(instance, "__pydantic_fields_set__", names)
    return names


def is_stored(instance: Any) -> bool:
    """Whether an instance was loaded from, or written to, a database."""
    return state_of(instance) is not None


def mark_changed(instance: Any, name: str, old: Any) -> None:
    """Note that a field was assigned. The old value of a key is kept: it finds the row."""
    state = state_of(instance)
    if state is None:
        _touch(instance, name)
        return
    if state.shared:
        state = state.private()
        set_state(instance, state)
    if name not in state.changed:
        state.changed.add(name)
        if name in type(instance)._db_meta.primary_key:
            state.originals[name] = old


UNTOUCHED: Final[frozenset[str]] = frozenset()


def _touch(instance: Any, name: str) -> None:
    names = touched(instance)
    if names:
        names.add(name)  # type: ignore[attr-defined]
    else:
        _slots.set_touched(instance, {name})


def touched(instance: Any) -> Set[str]:
    """The fields that were assigned after construction to an instance never stored."""
    try:
        names: Set[str] = _slots.get_touched(instance)
    except AttributeError:
        return UNTOUCHED
    return names


def mark_stored(instance: Any, database: str | None, originals: dict[str, Any]) -> None:
    """Give an instance the state of a row that was just written. (Its set of given fields is made
    already, so that the state before is not needed any more.)"""
    _slots.set_state(
        instance, State(database, originals=originals) if originals else whole_row(database)
    )
    _slots.set_touched(instance, UNTOUCHED)


@functools.lru_cache(maxsize=64)
def whole_row(database: str | None) -> State:
    """The state of rows that were written whole, which they share."""
    return State(database, shared=True)


def copy_state(source: Any, copy: Any, memo: dict[int, Any] | None = None) -> None:
    """Give a copy of an instance a state of its own."""
    state = state_of(source)
    if state is None:
        _slots.set_touched(copy, set(touched(source)))
    else:
        set_state(copy, state if state.shared else state.private())


def restore_state(instance: Any, state: State | None, names: Set[str] | None) -> None:
    """After unpickling."""
    if state is not None:
        set_state(instance, state)
    elif names:
        _slots.set_touched(instance, set(names))
