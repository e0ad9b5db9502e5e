"""Notifications without `await`. PostgreSQL only."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from oxyde._core import drive
from oxyde.db.listening import listen as _listen

if TYPE_CHECKING:
    from typing_extensions import Self

    from oxyde.db.listening import Gap, Notification
    from oxyde.db.listening import Listening as AsyncListening

__all__ = ["Listening", "listen"]


class Listening:
    """Notifications on some channels, as an iterator that waits; created by `listen`."""

    __slots__ = ("_listening",)

    def __init__(self, listening: AsyncListening) -> None:
        self._listening = listening

    def __repr__(self) -> str:
        return repr(self._listening)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification | Gap:
        try:
            return drive(self._listening.__anext__(), "listen()")
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Stop listening and close the connection. Does nothing if it is already closed."""
        drive(self._listening.aclose(), "close()")

    def __enter__(self) -> Self:
        drive(self._listening.__aenter__(), "listen()")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def listen(*channels: str, using: str = "default") -> Listening:
    """Listen to channels: ``for note in db.listen("orders"): …`` waits for each `Notification`; a
    `Gap` follows a lost connection. ``with db.listen("orders") as notes:`` begins at once, and
    closes it.

    Args: as for `oxyde.db.listen`.

    Raises: as `oxyde.db.listen`.
    """
    return Listening(_listen(*channels, using=using))
