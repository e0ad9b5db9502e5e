"""What a method returned: the result of its coroutine, if it is one."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any, TypeVar

from oxyde._core import drive

__all__ = ["finished"]

T = TypeVar("T")


def finished(result: Coroutine[Any, Any, T]) -> T:
    """The result of a method of an instance. It is a coroutine, unless the instance's model is one
    of `oxyde.sync`."""
    return drive(result) if inspect.iscoroutine(result) else result  # type: ignore[return-value]
