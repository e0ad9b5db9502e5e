"""The CPU time of processes, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """User and system seconds of a process, all threads; 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name before the last parenthesis may contain spaces.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def backends(database: str) -> list[int]:
    """PostgreSQL's processes for the connections to a database, if it runs on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_text(errors="replace")
        except OSError:  # it has just ended
            continue
        if title.startswith("postgres:") and f" {database} " in title:
            found.append(int(folder.name))
    return found
