"""`unmanaged()`: databases that the plugin leaves alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["is_unmanaged", "unmanaged"]

_unmanaged: ContextVar[bool] = ContextVar("oxyde_unmanaged", default=False)


@contextlib.contextmanager
def unmanaged() -> Iterator[None]:
    """Open databases by their own URLs inside, also in a test that the plugin manages::

        with unmanaged():
            async with db.connect(scratch=f"sqlite:///{tmp_path}/scratch.db") as scratch:
                ...

    What is written there is not rolled back.
    """
    token = _unmanaged.set(True)
    try:
        yield
    finally:
        _unmanaged.reset(token)


def is_unmanaged() -> bool:
    """Whether the caller is inside `unmanaged()`."""
    return _unmanaged.get()
