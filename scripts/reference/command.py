"""The help of each command, as it prints it."""

from __future__ import annotations

import contextlib
import io
import re

from oxyde.migrations.cli import main


def help_of(*arguments: str) -> str:
    """What a command prints with `-h`."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*arguments, "-h"])
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines()).strip()


def names() -> list[str]:
    """The commands, but those of the Python package, whose help differs between Pythons."""
    listed = help_of().split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return [name for name in re.findall(r"^  (\w[\w-]*)  ", listed, re.MULTILINE) if name != "help"]


def commands() -> str:
    """A section for each command."""
    sections = [f"## oxyde {name}\n\n```text\n{help_of(name)}\n```" for name in names()]
    return "\n\n".join(sections)
