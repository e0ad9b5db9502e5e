"""A PostgreSQL primary with hot standbys."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from support.clusters.processes import (
    Process,
    free_ports,
    new_folder,
    programs,
    remove,
    run_as,
    wait_until,
)

__all__ = ["PostgresCluster", "PostgresNode"]

_SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 60
fsync = off
shared_buffers = 16MB
max_wal_size = 256MB
wal_log_hints = on
hot_standby = on
wal_keep_size = 64MB
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 100ms
autovacuum = off
"""


class PostgresNode:
    """A server of the cluster.

    Attributes:
        port: its port.
        process: its process.
    """

    def __init__(self, name: str, folder: Path, port: int) -> None:
        self._bin = Path(programs("postgres")["bin"])
        self.name = name
        self.data = folder / name
        self.port = port
        self.process = Process(
            [self._bin / "postgres", "-D", self.data, "-p", str(port), "-k", folder],
            "postgres",
            folder / f"{name}.log",
        )

    @property
    def address(self) -> str:
        """The host and the port, as they stand in a URL."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of its only database."""
        return f"postgresql://postgres@{self.address}/postgres"

    def initialise(self) -> None:
        """Make the data folder of a primary."""
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        run_as("postgres", [self._bin / "initdb", "-D", self.data, *options])
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(_SETTINGS)

    def copy(self, primary: PostgresNode) -> None:
        """Make the data folder of a standby of `primary`."""
        run_as(
            "postgres",
            [
                *(self._bin / "pg_basebackup", "-D", self.data, "-X", "stream", "-c", "fast", "-N"),
                *("-d", primary._connection_string("base")),
            ],
        )
        self.follow(primary)

    def follow(self, primary: PostgresNode) -> None:
        """Be a standby of `primary` from now on, or from the next start on."""
        (self.data / "standby.signal").touch(mode=0o600)
        setting = f"primary_conninfo = '{primary._connection_string(self.name)}'\n"
        with (self.data / "postgresql.auto.conf").open("a") as conf:
            conf.write(setting)
        if self.process.is_running:
            self.execute("SELECT pg_reload_conf()")

    def _connection_string(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres application_name={name}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process.start()
        try:
            wait_until(lambda: self.execute("SELECT 1"), f"PostgreSQL {self.name}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.process.tail()}") from error

    def stop(self) -> None:
        """End its connections and stop it."""
        self.process.stop(signal.SIGINT)

    def promote(self) -> None:
        """Make the standby a primary."""
        self.execute("SELECT pg_promote()")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement as another client."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
            cursor = connection.execute(sql, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def until(self, sql: str) -> None:
        """Wait until a statement answers true."""
        wait_until(lambda: self.execute(sql)[0][0], f"{self.name}: {sql}", 20)

    def has_replayed(self, other: PostgresNode) -> bool:
        """Whether it has all that `other` has written."""
        (position,) = other.execute("SELECT pg_current_wal_insert_lsn()::text")[0]
        return bool(self.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position])[0][0])


class PostgresCluster:
    """A primary and hot standbys: ``with PostgresCluster(2) as cluster: …``.

    Args:
        standbys: their number.

    Attributes:
        nodes: the servers; the first one is the primary at the start.
    """

    def __init__(self, standbys: int = 2) -> None:
        self._folder = new_folder("postgres", "replicas")
        names = ["p", *(f"s{number + 1}" for number in range(standbys))]
        ports = free_ports(len(names))
        self.nodes = [
            PostgresNode(*each)
            for each in zip(names, [self._folder] * len(names), ports, strict=True)
        ]

    @property
    def hosts(self) -> str:
        """All hosts, as they stand in a URL."""
        return ",".join(node.address for node in self.nodes)

    def url(self, target: str | None = None) -> str:
        """The address of all hosts."""
        query = f"?target_session_attrs={target}" if target else ""
        return f"postgresql://postgres@{self.hosts}/postgres{query}"

    def __enter__(self) -> PostgresCluster:
        try:
            primary, *standbys = self.nodes
            primary.initialise()
            primary.start()
            for standby in standbys:
                standby.copy(primary)
                standby.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        for node in reversed(self.nodes):
            node.process.kill()
        remove(self._folder)

    def synchronise(self, *, wanted: bool) -> None:
        """Let each COMMIT wait until the standbys show its changes (`remote_apply`), or not."""
        primary, *standbys = self.nodes
        names = f"ANY {len(standbys)} ({', '.join(node.name for node in standbys)})"
        for setting in (
            f"synchronous_standby_names = '{names if wanted else ''}'",
            f"synchronous_commit = '{'remote_apply' if wanted else 'local'}'",
        ):
            primary.execute(f"ALTER SYSTEM SET {setting}")
        primary.execute("SELECT pg_reload_conf()")

    def wait(self) -> None:
        """Wait until all standbys have what the primary has."""
        for standby in self.nodes[1:]:
            self.wait_for(standby)

    def wait_for(self, standby: PostgresNode) -> None:
        """Wait until a standby has what the primary has."""
        try:
            wait_until(lambda: standby.has_replayed(self.nodes[0]), "the replay", 20)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{standby.process.tail()}") from error

    def rebuild(self, node: PostgresNode) -> None:
        """Make a server that crashed a standby, from a copy of the primary."""
        node.process.kill()
        remove(node.data)
        node.copy(self.nodes[0])
        node.start()

    def switch(self, number: int = 1, *, crash: bool = False) -> None:
        """Make a standby the primary; it becomes the first node. The old one follows it, unless it
        crashed and stays away."""
        old, new = self.nodes[0], self.nodes[number]
        if crash:
            old.process.kill()
        else:
            old.stop()
        new.promote()
        others = [node for node in self.nodes if node not in (old, new)]
        for node in others:
            node.follow(new)
        if not crash:
            old.follow(new)
            old.start()
        self.nodes = [new, *others, old]
