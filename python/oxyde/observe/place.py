"""The line of user code that entered a block, or asked for a statement."""

from __future__ import annotations

import sys
from types import CodeType

__all__ = ["Place", "place_of_caller"]

# Files between the user's `async with` and the block.
_BETWEEN = ("oxyde.", "contextlib")


class Place:
    """A line of code, formatted only when an error needs it."""

    __slots__ = ("_code", "_line")

    def __init__(self, code: CodeType, line: int) -> None:
        self._code = code
        self._line = line

    @property
    def filename(self) -> str:
        """The path of the file."""
        return self._code.co_filename

    @property
    def line(self) -> int:
        """The number of the line, from 1 up."""
        return self._line

    @property
    def function(self) -> str:
        """The name of the function."""
        return self._code.co_name

    def __str__(self) -> str:
        return f"{self._code.co_filename}:{self._line} ({self._code.co_name})"


def place_of_caller() -> Place | None:
    """The current line of the innermost function outside Oxyde."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lineno)
