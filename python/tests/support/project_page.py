"""Pages of the documentation that make a project: blocks with a title are files, and `console`
blocks are commands with their output. They are followed word for word in a folder.

```python title="shop/models.py"        writes the file
```python title="shop/app.py (at the end)"   adds to it
```console                              `$ command` lines are run, what follows is their output

`…` stands for any text. `curl` asks the application of the page instead of a server.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a reader runs and a test cannot, or need not: other servers, networks, environments.
NOT_RUN = ("cd", "docker", "fastapi", "git", "mkdir", "pip", "source", "uvicorn", "export")
PROGRAMS = {"oxyde": ["-m", "oxyde"], "pytest": ["-m", "pytest"], "python": []}
AT_THE_END = " (at the end)"


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its title, and its lines."""

    language: str
    title: str | None
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for language, title, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        yield Block(language, title or None, text)


def write(block: Block, folder: Path) -> None:
    """Write the file of a block, or add to it."""
    assert block.title is not None
    path = folder / block.title.removesuffix(AT_THE_END)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if block.title.endswith(AT_THE_END) else ""
    path.write_text(before + ("\n\n" if before else "") + block.text, encoding="utf-8")


@dataclass
class Project:
    """A folder in which pages are followed, and the application that their `curl` asks."""

    folder: Path
    environment: dict[str, str]
    app: str | None = None

    def follow(self, page: Path) -> int:
        """Do what a page says; return how many commands were run.

        Raises:
            AssertionError: a command prints something else than the page shows.
        """
        count = 0
        for block in blocks(page):
            if block.title is not None:
                write(block, self.folder)
            elif block.language == "console":
                found = [each for each in commands(block.text) if each[0][0] not in NOT_RUN]
                for name, group in groupby(found, lambda each: each[0][0]):
                    count += self.run(name, list(group))
        return count

    def run(self, name: str, group: list[tuple[list[str], str]]) -> int:
        """Run commands of one program, and compare what they print."""
        if name == "curl":
            asked = json.dumps([arguments for (_, *arguments), _ in group])
            script = str(ROOT / "python/tests/support/curl.py")
            answers = self.python(script, str(self.app), stdin=asked)
            assert answers.startswith("["), answers
            printed = json.loads(answers)
        elif name == "rm":
            for (_, file), _ in group:
                (self.folder / file).unlink()
            printed = [""] * len(group)
        else:
            printed = [self.python(*PROGRAMS[name], *rest) for (_, *rest), _ in group]
        for (command, shown), text in zip(group, printed, strict=True):
            pattern = re.escape(steady(shown)).replace("…", ".*")
            told = f"$ {shlex.join(command)}\n{text}\n\nbut the page shows:\n{shown}"
            assert re.fullmatch(pattern, steady(text), re.DOTALL), told
        return len(group)

    def python(self, *arguments: str, stdin: str = "") -> str:
        """What Python prints with these arguments."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr


def commands(text: str) -> Iterator[tuple[list[str], str]]:
    """Each command, split, with its output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield shlex.split(command), shown


def steady(text: str) -> str:
    """Without what differs from run to run: times."""
    text = re.sub(r"\d+ ms", "N ms", text)
    text = re.sub(r"\d+\.\d+s", "N s", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
