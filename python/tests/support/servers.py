"""The databases of one test run: made under a name of their own, emptied after each test, dropped.

Here only other clients are used (psycopg, PyMySQL, sqlite3), so that a test can look at what Oxyde
did with other eyes.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

FLAVOURS = ("postgres", "mysql", "mariadb", "sqlite")
DEFAULTS = {
    "postgres": "postgresql://postgres@127.0.0.1:5432/postgres",
    "mysql": "mysql://root@127.0.0.1:3307",
    "mariadb": "mysql://root@127.0.0.1:3306",
    # Another PostgreSQL, for the tests of vectors.
    "pgvector": "postgresql://postgres@127.0.0.1:5434/postgres",
}


class Server(ABC):
    """A database of this run.

    Attributes:
        flavour: postgres, mysql, mariadb or sqlite.
        url: its address.
    """

    flavour: str
    url: str

    @abstractmethod
    def create(self) -> None:
        """Make the database."""

    @abstractmethod
    def empty(self) -> None:
        """Remove every table and type that a test left."""

    @abstractmethod
    def drop(self) -> None:
        """Remove the database."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement as another client (placeholders: %s) and commit; its rows."""


def server_url(name: str) -> str:
    """Where the server is, by the environment or by default."""
    return os.environ.get(f"OXYDE_TEST_{name.upper()}_URL", DEFAULTS[name])


def unreachable(name: str) -> str | None:
    """Why the server cannot be used and what starts it, or None."""
    if name == "sqlite":
        return None
    parts = urlsplit(server_url(name))
    port = parts.port or (5432 if parts.scheme.startswith("postgres") else 3306)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=5).close()
    except OSError as error:
        return (
            f"no {name} server at {parts.hostname}:{port} ({error.strerror or error}); "
            f"start it with: scripts/services start {name}"
        )
    return None


def make_server(flavour: str, folder: Path) -> Server:
    """The database of this run for one flavour."""
    if flavour == "sqlite":
        return SqliteFile(folder)
    return Postgres() if flavour == "postgres" else Mysql(flavour)


def _new_name() -> str:
    return f"oxyde_test_{uuid.uuid4().hex[:12]}"


class Postgres(Server):
    """A database on a PostgreSQL server.

    Args:
        server: which one, "postgres" or "pgvector".
    """

    flavour = "postgres"

    def __init__(self, server: str = "postgres") -> None:
        self._server = server_url(server)
        self._name = _new_name()
        self.url = urlunsplit(urlsplit(self._server)._replace(path=f"/{self._name}"))

    def create(self) -> None:
        self._run(self._server, f'CREATE DATABASE "{self._name}"')
        # Tests make many tables; none must survive a crash of the server.
        self._run(self._server, f'ALTER DATABASE "{self._name}" SET synchronous_commit = off')

    def empty(self) -> None:
        left = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        types = "SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
        own = "WHERE n.nspname !~ '^(pg_|information_schema)'"
        rows = self.execute(f"SELECT ({left} {own}) + ({types} {own})")
        if rows[0][0] == 0:
            return
        # A connection that a test left open must not hold the locks that the drop needs.
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        schemas = self.execute(f"SELECT nspname FROM pg_namespace n {own}")
        for (schema,) in schemas:
            self.execute(f'DROP SCHEMA "{schema}" CASCADE')
        self.execute("CREATE SCHEMA public")

    def drop(self) -> None:
        self._run(self._server, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._run(self.url, sql, values)

    def _run(self, url: str, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []


# The other connections to a database. MySQL's information_schema.processlist fails while one of
# them runs a statement with bytes that are not text.
_OTHERS = {
    "mysql": "SELECT processlist_id FROM performance_schema.threads"
    " WHERE processlist_db = %s AND processlist_id <> connection_id()",
    "mariadb": "SELECT id FROM information_schema.processlist"
    " WHERE db = %s AND id <> connection_id()",
}


class Mysql(Server):
    """A database on a MySQL or MariaDB server."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self._server = urlsplit(server_url(flavour))
        self._name = _new_name()
        self.url = urlunsplit(self._server._replace(path=f"/{self._name}"))

    def create(self) -> None:
        self._run(None, f"CREATE DATABASE `{self._name}` CHARACTER SET utf8mb4")

    def empty(self) -> None:
        sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s"
        if self._run(None, sql, [self._name])[0][0] == 0:
            return
        # A connection that a test left open must not hold the locks that the drop needs.
        for (number,) in self._run(None, _OTHERS[self.flavour], [self._name]):
            self._kill(number)
        self.drop()
        self.create()

    def drop(self) -> None:
        import pymysql

        for attempt in range(20):
            try:
                self._run(None, f"DROP DATABASE IF EXISTS `{self._name}`")
            except pymysql.err.MySQLError:
                # A session that was killed still undoes its work in the dictionary.
                if attempt == 19:
                    raise
                time.sleep(0.1)
            else:
                return

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._run(self._name, sql, values)

    def _kill(self, number: int) -> None:
        import contextlib

        import pymysql

        with contextlib.suppress(pymysql.err.OperationalError):  # it is gone already
            self._run(None, f"KILL {int(number)}")

    def _run(
        self, database: str | None, sql: str, values: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        import pymysql

        connection = pymysql.connect(
            host=self._server.hostname,
            port=self._server.port or 3306,
            user=unquote(self._server.username or "root"),
            password=unquote(self._server.password or ""),
            database=database,
            autocommit=True,
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall())
        finally:
            connection.close()


class SqliteFile(Server):
    """A SQLite file, a new one for each test."""

    flavour = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._use_next()

    def _use_next(self) -> None:
        self._number += 1
        self.path = self._folder / f"test{self._number}.db"
        self.url = f"sqlite:///{self.path}"

    def create(self) -> None:
        """The first connection makes the file."""

    def empty(self) -> None:
        for name in self._folder.glob(f"{self.path.name}*"):
            name.unlink()
        self._use_next()

    def drop(self) -> None:
        """The folder is pytest's, which removes it."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        # In a process of its own: two SQLite libraries in one process do not see each other's
        # locks, and closing a file drops the locks that the other one holds on it.
        code = (
            "import json, sqlite3, sys\n"
            "path, sql, values = json.load(sys.stdin)\n"
            "connection = sqlite3.connect(path)\n"
            "connection.text_factory = lambda raw: raw.decode('utf-8', 'surrogateescape')\n"
            "rows = connection.execute(sql, values).fetchall()\n"
            "connection.commit()\n"
            "print(json.dumps(rows, default=lambda raw: {'bytes': raw.hex()}))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps([str(self.path), sql.replace("%s", "?"), list(values)]),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [
            tuple(bytes.fromhex(v["bytes"]) if isinstance(v, dict) else v for v in row)
            for row in json.loads(done.stdout)
        ]
