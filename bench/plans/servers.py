"""A database of this run's own on each server, created and dropped by the plain drivers."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import psycopg
import pymysql

from bench.plans.case import MARIADB, MYSQL, POSTGRES, SQLITE

DEFAULTS = {
    POSTGRES: "postgresql://postgres@127.0.0.1:5432/postgres",
    MYSQL: "mysql://root@127.0.0.1:3307/",
    MARIADB: "mysql://root@127.0.0.1:3306/",
}
TITLES = {POSTGRES: "PostgreSQL", SQLITE: "SQLite", MYSQL: "MySQL", MARIADB: "MariaDB"}


class Server:
    """A database that exists between `create` and `drop`.

    Attributes:
        kind: postgres, sqlite, mysql or mariadb.
        url: where Oxyde connects.
        copy: on SQLite, the file of the other ORMs. Two SQLite libraries in one process do not
            see each other's locks, so they must not share a file.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = f"oxyde_plans_{uuid.uuid4().hex[:10]}"
        self.address = urlsplit("")
        if kind == SQLITE:
            self._folder = Path(tempfile.mkdtemp(prefix="oxyde-plans-"))
            self.copy = self._folder / "copy.db"
            self.url = f"sqlite:///{self._folder / 'plans.db'}"
        else:
            server = os.environ.get(f"OXYDE_TEST_{kind.upper()}_URL", DEFAULTS[kind])
            self.address = urlsplit(server)
            self.url = urlunsplit(self.address._replace(path=f"/{self.name}"))

    def create(self) -> None:
        """Create the database.

        Raises:
            ConnectionError: the server cannot be reached.
        """
        try:
            self._create()
        except (psycopg.OperationalError, pymysql.OperationalError) as error:
            raise ConnectionError(f"{TITLES[self.kind]}: {error}") from error

    def _create(self) -> None:
        if self.kind == POSTGRES:
            self._run(f'CREATE DATABASE "{self.name}"')
            self._run(f'ALTER DATABASE "{self.name}" SET synchronous_commit = off')
            # The statistics of a session, which `effort` reads, lack those of its workers.
            self._run(f'ALTER DATABASE "{self.name}" SET max_parallel_workers_per_gather = 0')
        elif self.kind != SQLITE:
            self._run(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4")

    def drop(self) -> None:
        """Drop the database."""
        if self.kind == POSTGRES:
            self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        elif self.kind == SQLITE:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            self._run(f"DROP DATABASE IF EXISTS `{self.name}`")

    def _run(self, statement: str) -> None:
        if self.kind == POSTGRES:
            with psycopg.connect(urlunsplit(self.address), autocommit=True) as connection:
                connection.execute(statement.encode())
            return
        mysql = pymysql.connect(**mysql_login(self.address), autocommit=True)
        with mysql, mysql.cursor() as cursor:
            cursor.execute(statement)


def mysql_login(address: SplitResult) -> dict[str, Any]:
    """The arguments of PyMySQL."""
    return {
        "host": address.hostname,
        "port": address.port or 3306,
        "user": unquote(address.username or "root"),
        "password": unquote(address.password or ""),
    }


def limit_statement(kind: str, seconds: float) -> str | None:
    """The statement after which the server cancels what takes longer. (MySQL: only a SELECT.)"""
    return {
        POSTGRES: f"SET statement_timeout = {int(seconds * 1000)}",
        MYSQL: f"SET SESSION max_execution_time = {int(seconds * 1000)}",
        MARIADB: f"SET SESSION max_statement_time = {seconds}",
    }.get(kind)
