"""Event: something that happened in a pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from oxyde.observe.hooks import Hooks

__all__ = ["Event", "EventKind", "event_hooks", "event_of"]

EventKind = Literal["connect", "acquire", "release", "error", "retry"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a pool.

    Attributes:
        kind: ``connect`` (a connection was opened), ``acquire`` and ``release`` (one was leased,
            and given back or closed), ``error`` (a statement or a connection failed) or ``retry``
            (a statement is repeated on another connection).
        database: the name of the database.
        seconds: how long opening a connection, waiting for one, or using one took; None for the
            other kinds.
        message: the error's message, or None.
    """

    kind: EventKind
    database: str
    seconds: float | None = None
    message: str | None = None


event_hooks: Hooks[Event] = Hooks()


def event_of(database: str, found: tuple[str, float | None, str | None]) -> Event:
    """An event as the pool reports it."""
    kind, seconds, message = found
    return Event(cast(EventKind, kind), database, seconds, message)
