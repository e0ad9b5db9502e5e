"""Makes projects for the plugin, and runs their tests in processes of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.servers import Server, SqliteFile

__all__ = ["Project"]

_FILES = Path(__file__).parent
_INI = """\
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider -p no:randomly
filterwarnings = error
"""
_ASYNCIO = """\
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
markers = anyio: is a mark of the other plugin
"""


class Project:
    """A folder with a project.

    Args:
        pytester: pytest's own fixture.
        server: the database server of the test.
    """

    def __init__(self, pytester: pytest.Pytester, server: Server) -> None:
        self._pytester = pytester
        self._server = server
        self._flags = ["-p", "no:anyio"]
        self.folder = pytester.path
        self.url = f"sqlite:///{self.folder}/shop.db" if self._is_file() else server.url

    def write(
        self, *tests: str, ini: str = "", url: str | None = None, runner: str = "asyncio"
    ) -> None:
        """Write the application, the configuration and the named files of tests.

        Args:
            tests: names of files in this folder.
            ini: further lines of the configuration.
            url: what `oxyde_database_url` says; the server's database when None.
            runner: the plugin that runs asynchronous tests, "asyncio" or "anyio".
        """
        if runner == "anyio":
            self._flags = ["-p", "no:asyncio"]
        for name in ("journal.py", "web.py"):
            shutil.copy(_FILES / name, self.folder)
        for name in tests:
            shutil.copy(_FILES / f"{name}.py", self.folder / f"test_{name}.py")
        place = f"oxyde_database_url = {self.url if url is None else url}\n"
        mode = _ASYNCIO if runner == "asyncio" else ""
        (self.folder / "pytest.ini").write_text(f"{_INI}{place}{mode}{ini}")

    def add(self, name: str, source: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(source)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run the tests."""
        return self._pytester.runpytest_subprocess(*self._flags, *arguments, timeout=150)

    def databases(self) -> list[str]:
        """The test databases that are there."""
        if self._is_file():
            return sorted(path.name for path in self.folder.glob("*test_*.db"))
        name = urlsplit(self.url).path.lstrip("/")
        if self._server.flavour == "postgres":
            sql = "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY datname"
        else:
            sql = (
                "SELECT schema_name FROM information_schema.schemata"
                " WHERE schema_name LIKE %s ORDER BY schema_name"
            )
        return [row[0] for row in self._server.execute(sql, [f"test_{name}%"])]

    def _is_file(self) -> bool:
        return isinstance(self._server, SqliteFile)
