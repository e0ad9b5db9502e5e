"""use(): the database of all queries in a block of code that name none."""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING

from oxyde.db.active import innermost
from oxyde.db.both_forms import BothForms
from oxyde.exceptions import OxydeError

if TYPE_CHECKING:
    from oxyde.db.block import Block

__all__ = ["Use", "entered", "used"]

# The name, and the innermost transaction where it was entered.
_used: ContextVar[tuple[str, Block | None] | None] = ContextVar("oxyde_used", default=None)
# Not empty if it was ever entered, or if there are shards: otherwise no query looks.
entered: list[object] = []


def used() -> str | None:
    """The name of the database for a query of this task; None if there is none, or a transaction on
    another one was entered after it."""
    found = _used.get()
    if found is None:
        return None
    name, outer = found
    block = innermost()
    return name if block is None or block is outer or block.name == name else None


class Use(BothForms):
    """The result of `oxyde.db.use`: a context manager, synchronous or asynchronous."""

    __slots__ = ("_name", "_token")

    def __init__(self, name: str) -> None:
        self._name = name
        self._token: Token[tuple[str, Block | None] | None] | None = None

    def __enter__(self) -> None:
        if self._token is not None:
            raise OxydeError("this use() is already open", hint="call use() for each block")
        if not entered:
            entered.append(self)
        self._token = _used.set((self._name, innermost()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            _used.reset(token)
