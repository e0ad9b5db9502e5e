"""Who wants to know of statements: hooks, the logger, and databases with a slow-query limit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from oxyde.observe.statement import Statement

__all__ = ["LOG", "Hooks", "Subscription", "is_logged", "query_hooks", "report", "watchers"]

T = TypeVar("T")

LOG = logging.getLogger("oxyde.sql")
_ERRORS = logging.getLogger("oxyde")

# Whether statements are logged: ``is_logged(DEBUG)``. Each statement asks, so it is bound once.
is_logged = LOG.isEnabledFor
# Everything that wants to know of statements, beside the logger. Each statement looks at it.
watchers: list[object] = []


class Subscription(Generic[T]):
    """A hook that is called until ``stop()``, or the end of a ``with`` block."""

    __slots__ = ("_hook", "_hooks")

    def __init__(self, hooks: Hooks[T], hook: Callable[[T], object]) -> None:
        self._hooks = hooks
        self._hook = hook

    def stop(self) -> None:
        """Call the hook no longer. Does nothing the second time."""
        self._hooks.remove(self)

    @property
    def hook(self) -> Callable[[T], object]:
        """The function that is called."""
        return self._hook

    def __enter__(self) -> Subscription[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Hooks(Generic[T]):
    """Functions that are called with something that happened, in the order of their subscription.

    Attributes:
        active: the subscriptions; empty if nobody asks.

    Args:
        noted: a list that contains the subscriptions, too.
    """

    __slots__ = ("_lock", "_noted", "active")

    def __init__(self, noted: list[object] | None = None) -> None:
        self._lock = threading.Lock()
        self._noted = [] if noted is None else noted
        self.active: tuple[Subscription[T], ...] = ()

    def add(self, hook: Callable[[T], object]) -> Subscription[T]:
        """Call a function from now on.

        Raises:
            TypeError: it cannot be called.
        """
        if not callable(hook):
            raise TypeError(f"a hook is a function, not {hook!r}")
        subscription = Subscription(self, hook)
        with self._lock:
            self.active = (*self.active, subscription)
            self._noted.append(subscription)
        return subscription

    def remove(self, subscription: Subscription[T]) -> None:
        """Call it no longer."""
        with self._lock:
            self.active = tuple(each for each in self.active if each is not subscription)
            self._noted[:] = [each for each in self._noted if each is not subscription]

    def call(self, what: T) -> None:
        """Call all of them. One that fails is logged: it must not change what the program does."""
        for subscription in self.active:
            try:
                subscription.hook(what)
            except Exception:
                _ERRORS.exception("a hook failed: %r", subscription.hook)


query_hooks: Hooks[Statement] = Hooks(watchers)


def report(statement: Statement, slow_query: float | None, *, parameters: bool) -> None:
    """Tell the logger and the hooks of a statement that ran.

    Args:
        slow_query: log a warning if it took longer, in seconds.
        parameters: whether the log has its values.
    """
    if slow_query is not None and statement.seconds >= slow_query:
        _log(logging.WARNING, "slow query: ", statement, parameters)
    elif is_logged(logging.DEBUG):
        _log(logging.DEBUG, "", statement, parameters)
    query_hooks.call(statement)


def _log(level: int, prefix: str, statement: Statement, parameters: bool) -> None:
    error = statement.error
    if error is not None:
        outcome = f"failed ({type(error).__name__})"
    elif statement.rows is None:
        outcome = "done"
    else:
        outcome = f"{statement.rows} row{'' if statement.rows == 1 else 's'}"
    values = f" {given!r}" if parameters and (given := statement.parameters) else ""
    batch = "" if statement.batch is None else f" [{statement.batch} rows given]"
    LOG.log(
        level,
        "%s%s %.2f ms (%.2f waiting for a connection), %s: %s%s%s [%s] at %s",
        prefix,
        statement.database,
        statement.seconds * 1000,
        statement.pool_wait * 1000,
        outcome,
        statement.sql,
        batch,
        values,
        statement.fingerprint,
        statement.place or "an unknown place",
        extra={"statement": statement},
    )
