"""The `oxyde` command of the installed package."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from oxyde._core import run_cli
from oxyde.migrations.host import Host

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    SIGINT and SIGTERM stop the running statement; the exit code is then 130 or 143.

    Args:
        arguments: the arguments after the command's name; None means those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["stubs"]:
        # It reads the classes of models, which only Python has.
        from oxyde.stubs.__main__ import main as stubs

        return stubs(given[1:])
    if given[:1] == ["studio"]:
        # It serves the rows of models, which only Python has.
        from oxyde.studio.__main__ import main as studio

        return studio(given[1:])
    if threading.current_thread() is not threading.main_thread():
        return run_cli(given, Host())
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run_cli(given, Host())
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
