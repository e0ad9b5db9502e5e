"""The `oxyde` command of the installed package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from oxyde._core import run_cli
from oxyde.migrations.host import Host

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the arguments after the command's name; None means those of the process.
    """
    return run_cli(list(sys.argv[1:] if arguments is None else arguments), Host())
