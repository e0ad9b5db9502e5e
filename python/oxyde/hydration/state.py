"""The state of an instance: its database, loaded fields and changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

if TYPE_CHECKING:
    from weakref import ReferenceType

    from oxyde._meta import ModelMeta
    from oxyde.db.journal import Journal

__all__ = ["UNTOUCHED", "State", "is_stored", "set_state", "state_of", "whole_row"]


class State:
    """The state of an instance that was loaded from, or written to, a database.

    Attributes:
        database: name of the database, or None when it is not known.
        loaded: the fields that were loaded, or None for all.
        changed: the fields that were assigned since.
        originals: loaded values: for columns that can change in place the raw JSON text, or a copy
            of an array's list; for an assigned primary key, the stored key; for a relation without
            a column, its previous value.
        shared: whether several instances share this object; then it must not be changed, only
            copied by `private()`.
        seen_in: the journal of the block in which the row was inserted, or read after the block had
            written: if that is rolled back, the row may never have been stored.
        peers: the instances of the same result, if the model's relations are loaded for all of them
            at once (see `oxyde.load`).
        given: the names of `model_fields_set`, which loaded instances create on first access; None
            if it exists from the start.
    """

    __slots__ = (
        "changed",
        "database",
        "given",
        "loaded",
        "originals",
        "peers",
        "seen_in",
        "shared",
    )

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
        self.seen_in: Journal | None = None
        self.peers: Sequence[ReferenceType[Any]] | None = None

    def private(self) -> State:
        """A copy that belongs to one instance."""
        copy = State(self.database, self.loaded, originals=dict(self.originals), given=self.given)
        copy.changed = set(self.changed)
        copy.seen_in = self.seen_in
        copy.peers = self.peers
        return copy

    def with_given(self, name: str) -> State:
        """A copy with one more given field, for instances that create `model_fields_set` lazily."""
        given = None if self.given is None else self.given | {name}
        copy = State(
            self.database, self.loaded, originals=self.originals, shared=self.shared, given=given
        )
        copy.changed = self.changed
        copy.seen_in = self.seen_in
        copy.peers = self.peers
        return copy

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.database, self.loaded, self.changed, self.originals)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.database, self.loaded, self.changed, self.originals = state
        self.shared = False
        self.given = None
        self.seen_in = None
        self.peers = None

    def __repr__(self) -> str:
        changed = ", ".join(sorted(self.changed)) or "nothing"
        return f"State({self.database!r}, changed: {changed})"


class Instance(Protocol):
    """An instance of `Model`, which this package cannot import."""

    _db_meta: ClassVar[ModelMeta]

    @property
    def __pydantic_fields_set__(self) -> set[str]:
        """The fields that were given."""
        ...


class _Slots:
    """The accessors of the slots of `Model`, which bypass Pydantic's `__setattr__`."""

    get_state: Callable[[object], State | None]
    set_state: Callable[[object, State | None], None]
    get_touched: Callable[[object], Set[str]]
    set_touched: Callable[[object, Set[str]], None]


_slots: Final = _Slots()


def bind_slots(model: type[Any]) -> None:
    """Bind the slot accessors; called once, with `Model`."""
    state = model.__dict__["_oxyde_state"]
    touched = model.__dict__["_oxyde_touched"]
    _slots.get_state, _slots.set_state = state.__get__, state.__set__
    _slots.get_touched, _slots.set_touched = touched.__get__, touched.__set__


def state_of(instance: object) -> State | None:
    """The state of an instance; None if it was never stored."""
    try:
        return _slots.get_state(instance)
    except AttributeError:
        return None


def set_state(instance: Instance, state: State | None) -> None:
    """Set the state of an instance (shared or private)."""
    before = state_of(instance)
    if before is not None and before.given is not None:
        _ = instance.__pydantic_fields_set__  # creates the set from `before` before it is replaced
    _slots.set_state(instance, state)


def late_fields_set(instance: object) -> set[str] | None:
    """Create the `__pydantic_fields_set__` of a loaded instance; None if it has no given fields."""
    state = state_of(instance)
    if state is None or state.given is None:
        return None
    names = set(state.given)
    object.__setattr__(instance, "__pydantic_fields_set__", names)
    return names


def is_stored(instance: object) -> bool:
    """Whether an instance was loaded from, or written to, a database."""
    return state_of(instance) is not None


def mark_changed(instance: Instance, name: str, old: object) -> None:
    """Mark a field as changed. The old value of a primary key is kept, to find the row."""
    state = state_of(instance)
    if state is None:
        _touch(instance, name)
        return
    if state.shared:
        state = state.private()
        set_state(instance, state)
    if name not in state.changed:
        state.changed.add(name)
        meta = type(instance)._db_meta
        if name in meta.primary_key or name in meta.far:
            state.originals[name] = old


UNTOUCHED: Final[frozenset[str]] = frozenset()


def _touch(instance: object, name: str) -> None:
    names = touched(instance)
    if names:
        names.add(name)  # type: ignore[attr-defined]
    else:
        _slots.set_touched(instance, {name})


def touched(instance: object) -> Set[str]:
    """The fields assigned after construction on an instance that was never stored."""
    try:
        return _slots.get_touched(instance)
    except AttributeError:
        return UNTOUCHED


def set_touched(instance: object, names: Set[str]) -> None:
    """Set the fields assigned after construction on an instance that was never stored."""
    _slots.set_touched(instance, names)


def mark_assigned(instance: Instance, names: Set[str]) -> None:
    """Mark fields as changed that were assigned while the row was being written."""
    for name in names:
        mark_changed(instance, name, vars(instance).get(name))


def mark_stored(
    instance: Instance,
    database: str | None,
    originals: dict[str, Any],
    journal: Journal | None = None,
) -> None:
    """Set the state of an instance whose row was just written. (Its set of given fields already
    exists, so the previous state is not needed.)

    Args:
        journal: the block's journal, for copies of a new row.
    """
    assigned = touched(instance)
    if originals or journal is not None:
        state = State(database, originals=originals)
        state.seen_in = journal
    else:
        state = whole_row(database)
    _slots.set_state(instance, state)
    _slots.set_touched(instance, UNTOUCHED)
    if assigned:
        mark_assigned(instance, assigned)


def mark_read(instance: object, names: Set[str]) -> None:
    """Mark assignments to these fields as being written; later assignments are not."""
    _slots.set_touched(instance, set(touched(instance) - names) or UNTOUCHED)


@functools.lru_cache(maxsize=64)
def whole_row(database: str | None) -> State:
    """The shared state of rows that were written completely."""
    return State(database, shared=True)


def copy_state(source: object, copy: Instance, memo: dict[int, Any] | None = None) -> None:
    """Give a copy of an instance its own state."""
    state = state_of(source)
    if state is None:
        _slots.set_touched(copy, set(touched(source)))
    else:
        set_state(copy, state if state.shared else state.private())


def restore_state(instance: Instance, state: State | None, names: Set[str] | None) -> None:
    """Restore the state after unpickling."""
    if state is not None:
        set_state(instance, state)
    elif names:
        _slots.set_touched(instance, set(names))
