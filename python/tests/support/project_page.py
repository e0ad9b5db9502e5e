"""Pages of the documentation that make a project: blocks with a title are files, and `console`
blocks are commands with their output. They are followed word for word in a folder.

```python title="shop/models.py"        writes the file
```python title="shop/app.py (at the end)"   adds to it
```console                              `$ command` lines are run, what follows is their output

`…` stands for any text. `curl` asks the application of the page instead of a server. What a page
presupposes without showing it is in a module of its name in `page_setups`:

    FILES       files of the project, by name
    def data_steps(project):    a generator for the section "Data steps", with a `yield` for each of
                                its `console` blocks: what stands before it is done first
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from .fences import Fence, fences
from .shown import OUTPUT, agrees

if TYPE_CHECKING:
    from .servers import Server

ROOT = Path(__file__).resolve().parents[3]
# What a reader runs and a test cannot, or need not: other servers, networks, environments.
NOT_RUN = ("cd", "docker", "fastapi", "git", "make", "pip", "source", "uvicorn", "export")
PROGRAMS = {
    "mypy": ["-m", "mypy"],
    "oxyde": ["-m", "oxyde"],
    "pytest": ["-m", "pytest"],
    "python": [],
}
AT_THE_END = " (at the end)"


@dataclass(frozen=True)
class Command:
    """A command of a page.

    Attributes:
        words: the program and its arguments.
        file: the file to which its output goes, or None.
        shown: the output on the page.
    """

    words: list[str]
    file: str | None
    shown: str

    @property
    def program(self) -> str:
        """The name of the program."""
        return self.words[0]


def is_file(fence: Fence) -> bool:
    """Whether a block is a file of a project."""
    return fence.title is not None and fence.title != OUTPUT


def setup_of(page: Path) -> ModuleType | None:
    """The module with what a page presupposes."""
    name = page.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")
    module = name.replace("/", "_").lower()
    if not (ROOT / f"python/tests/support/page_setups/{module}.py").exists():
        return None
    return importlib.import_module(f"{__package__}.page_setups.{module}")


def write(fence: Fence, folder: Path, urls: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the file of a block, or add to it, with other addresses."""
    assert fence.title is not None
    path = folder / fence.title.removesuffix(AT_THE_END)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if fence.title.endswith(AT_THE_END) else ""
    text = before + ("\n\n" if before else "") + replaced(fence.text, urls)
    path.write_text(text, encoding="utf-8")


def replaced(text: str, urls: Mapping[str, str]) -> str:
    """A text with other addresses."""
    for shown, real in urls.items():
        text = text.replace(shown, real)
    return text


def write_files(page: Path, folder: Path) -> None:
    """Write the files that a page presupposes."""
    for name, text in getattr(setup_of(page), "FILES", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@dataclass
class Project:
    """A folder in which pages are followed.

    Attributes:
        folder: where it is.
        environment: the variables of its commands.
        app: the application that `curl` asks, `module:name`.
        urls: addresses of the pages, and those that files and commands get instead.
        server: the database that `DATABASE_URL` names, or None.
    """

    folder: Path
    environment: dict[str, str]
    app: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    server: Server | None = None

    def follow(self, page: Path, sections: Sequence[str] = (), without: Sequence[str] = ()) -> int:
        """Do what a page says; return how many commands were run.

        Args:
            page: the page.
            sections: do only what stands in these; in all if there are none.
            without: leave these out.

        Raises:
            AssertionError: a command prints something else than the page shows.
        """
        count = 0
        write_files(page, self.folder)
        setup = setup_of(page)
        for section, group in groupby(fences(page), lambda each: each.section):
            if section in without or (sections and section not in sections):
                continue
            steps = getattr(setup, section)(self) if hasattr(setup, section) else None
            for fence in group:
                if is_file(fence):
                    write(fence, self.folder, self.urls)
                elif fence.language == "console":
                    if steps is not None:
                        next(steps)
                    count += self.session(fence)
            assert steps is None or next(steps, None) is None, f"{page}: {section} has fewer blocks"
        return count

    def session(self, fence: Fence) -> int:
        """Run the commands of a block; return how many."""
        found = [each for each in commands(fence.text) if each.program not in NOT_RUN]
        for program, group in groupby(found, lambda each: each.program):
            self.run(program, list(group))
        return len(found)

    def run(self, program: str, group: list[Command]) -> None:
        """Run commands of one program, and compare what they print."""
        if program == "curl":
            asked = json.dumps([each.words[1:] for each in group])
            script = str(ROOT / "python/tests/support/curl.py")
            answers = self.python(script, str(self.app), stdin=asked)
            assert answers.startswith("["), answers
            printed = json.loads(answers)
        else:
            printed = [self.printed(each) for each in group]
        for command, text in zip(group, printed, strict=True):
            told = f"$ {shlex.join(command.words)}\n{text}\n\nbut the page shows:\n{command.shown}"
            assert agrees(command.shown, text), told

    def printed(self, command: Command) -> str:
        """What a command prints."""
        program, *arguments = command.words
        if program == "rm":
            for name in arguments:
                (self.folder / name).unlink()
            return ""
        if program == "mkdir":
            for name in arguments:
                if name != "-p":
                    (self.folder / name).mkdir(parents=True)
            return ""
        if program == "cat":
            return "".join((self.folder / name).read_text(encoding="utf-8") for name in arguments)
        text = self.python(*PROGRAMS[program], *(replaced(each, self.urls) for each in arguments))
        if command.file is None:
            return text
        (self.folder / command.file).write_text(text, encoding="utf-8")
        return ""

    def read(self, name: str) -> str:
        """A file of the project."""
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a passage of a file.

        Raises:
            AssertionError: the file does not have it once.
        """
        text = self.read(name)
        assert text.count(old) == 1, f"{name}: {old!r}"
        self.write(name, text.replace(old, new))

    def sql(self, statement: str) -> None:
        """Run a statement as another client, on the server or else on the file `shop.db`."""
        if self.server is not None:
            self.server.execute(statement)
            return
        connection = sqlite3.connect(self.folder / "shop.db")
        connection.execute(statement)
        connection.commit()
        connection.close()

    def oxyde(self, *arguments: str) -> None:
        """Run the command, which must succeed without a warning."""
        done = subprocess.run(
            [sys.executable, "-m", "oxyde", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert done.stderr == "", done.stderr

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


def commands(text: str) -> Iterator[Command]:
    """Each command of a `console` block, split, with its output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        words = shlex.split(command, comments=True)
        file = None
        if ">" in words:
            file = words[-1]
            words = words[: words.index(">")]
        yield Command(words, file, shown)
