"""The `oxyde` command of the installed package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from oxyde.migrations.host import Host

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    Args:
        arguments: what stands after the command's name; those of the process when None.
    """
    from oxyde._core import run_cli

    return run_cli(list(sys.argv[1:] if arguments is None else arguments), Host())
