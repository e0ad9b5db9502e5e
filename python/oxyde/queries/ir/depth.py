"""The maximum nesting depth of a statement.

The compiler enforces the limit (`oxyde._core.MAX_DEPTH`), so that it fits on a usual stack. Far
deeper statements exceed Python's recursion limit first, and give the same error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from oxyde import _core
from oxyde.exceptions import FieldError

__all__ = ["MAX_DEPTH", "bounded", "brief", "too_deep"]

MAX_DEPTH = _core.MAX_DEPTH

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def bounded(function: Callable[P, T]) -> Callable[P, T]:
    """Wrap a function so that a RecursionError becomes `too_deep()`."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except RecursionError:
            raise too_deep() from None

    return call


def brief(function: Callable[[S], str]) -> Callable[[S], str]:
    """Wrap a ``__repr__`` so that what is nested too deep is shown as an ellipsis."""

    @wraps(function)
    def call(shown: S) -> str:
        try:
            return function(shown)
        except RecursionError:
            return "…"

    return call


def too_deep() -> FieldError:
    """The error for a statement that is nested too deep."""
    return FieldError(
        f"the statement is nested more than {MAX_DEPTH} levels deep",
        hint="split it, or use `in` with a list; a loop of `|` alone, `&` alone or `^` alone does "
        "not nest",
    )
