"""Finds statements that fetch one row at a time where one statement would fetch them all."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal

from oxyde.exceptions import NPlusOneError, OxydeError
from oxyde.observe.hooks import watchers
from oxyde.observe.statement import Statement

__all__ = ["Action", "NPlusOneWarning", "RepeatDetector", "advise_by", "detectors", "notice"]

Action = Literal["warn", "raise", "log"]
# Statements belong together if less time, in seconds, lies between them.
_APART = 1.0
# Bound of what one task remembers.
_MANY = 1024

_LOG = logging.getLogger("oxyde.sql")

# Per task, and shared with the tasks that it starts: the number of runs and the last time, by
# statement and line.
_Seen = dict[tuple[str, str], tuple[int, float]]
_seen: ContextVar[_Seen] = ContextVar("oxyde_seen_statements")


class NPlusOneWarning(UserWarning):
    """A statement ran again and again, with another key each time."""


def _no_advice(statement: Statement) -> str | None:
    return None


_advise: Callable[[Statement], str | None] = _no_advice


def advise_by(advise: Callable[[Statement], str | None]) -> None:
    """Set the function that knows the models: what to call instead of repeating a statement; None
    if the statement does not look up rows by a key."""
    global _advise
    _advise = advise


class RepeatDetector:
    """Reports a statement that one task runs `threshold` times from the same line.

    It acts until ``stop()``, or the end of its ``with`` block.
    """

    def __init__(self, threshold: int, action: Action) -> None:
        if type(threshold) is not int or threshold < 2:
            raise OxydeError(f"threshold is a whole number from 2 up, not {threshold!r}")
        if action not in ("warn", "raise", "log"):
            raise OxydeError(f"action is 'warn', 'raise' or 'log', not {action!r}")
        self._threshold = threshold
        self._action = action
        self._token: Token[_Seen] | None = None

    def start(self) -> None:
        """Begin to count."""
        global detectors
        detectors = (*detectors, self)
        watchers.append(self)

    def stop(self) -> None:
        """End. Does nothing the second time."""
        global detectors
        detectors = tuple(each for each in detectors if each is not self)
        watchers[:] = [each for each in watchers if each is not self]

    def __enter__(self) -> RepeatDetector:
        # Tasks that are started in the block count together.
        self._token = _seen.set({})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        token, self._token = self._token, None
        if token is not None:
            _seen.reset(token)

    def check(self, statement: Statement, runs: int) -> None:
        """Report a statement that ran for the `runs`-th time.

        Raises:
            NPlusOneError: the action is "raise".
        """
        if runs != self._threshold:
            return
        advice = _advise(statement)
        if advice is None:
            return
        message = (
            f"{statement.place or 'one place'} ran a query of `{statement.model}` {runs} times, "
            f"with another key each time: {statement.sql}"
        )
        if self._action == "raise":
            raise NPlusOneError(message, hint=advice)
        if self._action == "warn":
            warnings.warn(f"{message}\nhint: {advice}", NPlusOneWarning, stacklevel=2)
        else:
            _LOG.warning("%s\nhint: %s", message, advice)


detectors: tuple[RepeatDetector, ...] = ()


def notice(statement: Statement) -> None:
    """Count a statement that succeeded, for the detectors.

    Raises:
        NPlusOneError: a detector raises it.
    """
    if statement.model is None or statement.kind != "select":
        return
    seen = _seen.get(None)
    if seen is None:
        _seen.set(seen := {})
    if len(seen) >= _MANY:
        seen.clear()
    key = (statement.sql, str(statement.place))
    now = time.monotonic()
    runs, last = seen.get(key, (0, now))
    runs = runs + 1 if now - last < _APART else 1
    seen[key] = (runs, now)
    for detector in detectors:
        detector.check(statement, runs)
