"""At a terminal the command asks, and colours what it says."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.oxyde_command import ROOT, Command, native_binary, write_models
from support.servers import Server

pytestmark = pytest.mark.databases("sqlite")

MODEL = """
from oxyde import Field, Model


class User(Model):
    id: int | None = Field(default=None, db_pk=True)
    {name}: str

    class Meta:
        is_table = True
        table_name = "users"
"""


def at_a_terminal(host: str, folder: Path, url: str, answer: str, *arguments: str) -> str:
    """Run the command with a terminal as its input and output; what it shows."""
    start = [str(native_binary())] if host == "native" else [sys.executable, "-m", "oxyde"]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "OXYDE_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT / "python"),
    }
    environment.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*start, *arguments],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    process.wait(60)
    os.close(ours)
    return shown.decode()


@pytest.mark.parametrize(
    ("answer", "operation"), [("y\n", "rename column"), ("n\ny\n", "drop column")]
)
def test_a_rename_is_asked_about(
    server: Server, project: Path, host: str, answer: str, operation: str
) -> None:
    write_models(project, MODEL.format(name="name"))
    Command(host, project, server.url).ok("makemigrations")
    write_models(project, MODEL.format(name="full_name"))
    shown = at_a_terminal(host, project, server.url, answer, "makemigrations")
    assert "Was the column users.name renamed to users.full_name? [y/N] " in shown
    assert operation in shown
    assert "\x1b[32mwrote\x1b[0m" in shown


def test_colour_is_taken_away(server: Server, project: Path, host: str) -> None:
    write_models(project, MODEL.format(name="name"))
    shown = at_a_terminal(host, project, server.url, "", "makemigrations", "--color", "never")
    assert "\x1b" not in shown
    assert "wrote migrations/0001_initial.toml" in shown
