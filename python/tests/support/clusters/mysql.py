"""MySQL and MariaDB in several servers: a source with a replica, Group Replication, Galera."""

from __future__ import annotations

import contextlib
import os
import shutil
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

__all__ = ["Galera", "GroupReplication", "MariadbReplication", "MysqlNode", "Replication"]

DATABASE = "shop"
_LOCK_WAIT_TIMEOUT = 1205


class MysqlNode:
    """A server.

    Attributes:
        port: its port.
        process: its process.
    """

    def __init__(self, name: str, folder: Path, port: int, command: list[str | Path], user: str):
        self.name = name
        self.port = port
        self.folder = folder
        common = [
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={folder / f'{name}.sock'}",
            f"--pid-file={folder / f'{name}.pid'}",
            f"--datadir={folder / name}",
            "--max-connections=60",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
        ]
        self.process = Process([*command, *common], user, folder / f"{name}.log")

    @property
    def address(self) -> str:
        """The host and the port, as they stand in a URL."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"mysql://root@{self.address}/{DATABASE}"

    def start(self, *arguments: str) -> None:
        """Start it, and wait until it answers."""
        self.begin(*arguments)
        self.wait()

    def begin(self, *arguments: str) -> None:
        """Start it."""
        self.process.start(*arguments)

    def wait(self, *, until: str = "SELECT 1", is_: str = "1") -> None:
        """Wait until the last value of the answer to a statement is this one."""
        try:
            wait_until(lambda: str(self.execute(until, database=None)[0][-1]) == is_, self.name)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.process.tail()}") from error

    def execute(
        self,
        sql: str,
        values: Sequence[Any] = (),
        *,
        database: str | None = DATABASE,
        before: str | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run one statement as another client, and commit; its rows. `before` sets its session."""
        import pymysql

        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True,
            connect_timeout=5, read_timeout=30, init_command=before,
        )  # fmt: skip
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def refuse_writes(self) -> None:
        """Make it read-only. That waits for statements which wait for row locks of transactions,
        whose next statements wait for it: it is given up after a second, and tried again."""
        import pymysql

        impatient = "SET lock_wait_timeout = 1"
        for _ in range(20):
            try:
                self.execute("SET GLOBAL super_read_only = ON", database=None, before=impatient)
            except pymysql.err.OperationalError as error:
                if error.args[0] != _LOCK_WAIT_TIMEOUT:
                    raise
            else:
                return
        raise TimeoutError(f"{self.name} does not become read-only")

    def status(self, name: str) -> str:
        """A status variable."""
        return str(self.execute(f"SHOW STATUS LIKE '{name}'", database=None)[0][1])


class _Cluster:
    """Servers that are started together.

    Attributes:
        nodes: the servers; the first one accepts writes at the start.
    """

    nodes: list[MysqlNode]
    _folder: Path

    @property
    def hosts(self) -> str:
        """All hosts, as they stand in a URL."""
        return ",".join(node.address for node in self.nodes)

    def url(self, target: str | None = None) -> str:
        """The address of all hosts."""
        query = f"?target_session_attrs={target}" if target else ""
        return f"mysql://root@{self.hosts}/{DATABASE}{query}"

    def __enter__(self) -> Any:
        try:
            self._begin()
        except BaseException:
            self._end()
            raise
        return self

    def _begin(self) -> None:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        for node in self.nodes:
            node.process.kill()
        remove(self._folder)


class Galera(_Cluster):
    """MariaDB with Galera: every node accepts writes.

    Args:
        nodes: their number.
    """

    def __init__(self, nodes: int = 3) -> None:
        known = programs("galera")
        self._install = known["mariadb-install-db"]
        self._folder = new_folder("mysql", "galera")
        ports = free_ports(3 * nodes)
        names = [f"g{number}" for number in range(nodes)]
        groups = [f"127.0.0.1:{port}" for port in ports[nodes : 2 * nodes]]
        self.nodes = []
        for number, name in enumerate(names):
            at = groups[number]
            provider = [
                f"base_port={ports[nodes + number]}",
                f"ist.recv_addr=127.0.0.1:{ports[2 * nodes + number]}",
                "gcache.size=16M",
                "gmcast.peer_timeout=PT1S",
                "evs.keepalive_period=PT0.2S",
                "evs.suspect_timeout=PT1S",
                "evs.inactive_timeout=PT2S",
                "evs.install_timeout=PT2S",
                "pc.announce_timeout=PT1S",
            ]
            command: list[str | Path] = [
                known["mariadbd"],
                "--no-defaults",
                "--binlog-format=ROW",
                "--default-storage-engine=InnoDB",
                "--innodb-autoinc-lock-mode=2",
                "--innodb-log-file-size=16M",
                "--wsrep-on=ON",
                f"--wsrep-provider={known['galera']}",
                "--wsrep-cluster-name=oxyde",
                f"--wsrep-cluster-address=gcomm://{','.join(groups)}",
                f"--wsrep-node-name={name}",
                f"--wsrep-node-address={at}",
                f"--wsrep-provider-options={';'.join(provider)}",
                "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address=127.0.0.1:{free_ports(1)[0]}",
                "--wsrep-slave-threads=2",
            ]
            self.nodes.append(MysqlNode(name, self._folder, ports[number], command, "mysql"))

    def _begin(self) -> None:
        first, *others = self.nodes
        _install_mariadb(self._install, self._folder, self.nodes)
        first.start("--wsrep-new-cluster")
        first.execute(f"CREATE DATABASE {DATABASE}", database=None)
        for node in others:
            node.begin()
            self.wait_for(node)

    def wait_for(self, node: MysqlNode) -> None:
        """Wait until a node belongs to the cluster."""
        node.wait(until="SHOW STATUS LIKE 'wsrep_ready'", is_="ON")


class Replication(_Cluster):
    """A MySQL source and its replicas, by GTID.

    Args:
        replicas: their number.
    """

    def __init__(self, replicas: int = 1) -> None:
        self._folder = new_folder("root", "mysql")
        ports = free_ports(replicas + 1)
        self.nodes = [
            MysqlNode(
                f"m{number}",
                self._folder,
                port,
                [
                    *_mysqld(),
                    "--mysqlx=OFF",
                    f"--server-id={number + 1}",
                    "--gtid-mode=ON",
                    "--enforce-gtid-consistency=ON",
                    "--innodb-redo-log-capacity=16M",
                    "--relay-log=relay",
                ],
                "root",
            )
            for number, port in enumerate(ports)
        ]

    def _begin(self) -> None:
        _initialise(self._folder, self.nodes)
        source, *replicas = self.nodes
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait()
        source.execute(f"CREATE DATABASE {DATABASE}", database=None)
        for replica in replicas:
            self.follow(replica, source)
        self.wait()

    @staticmethod
    def follow(replica: MysqlNode, source: MysqlNode) -> None:
        """Let a server be the replica of another one."""
        change = (
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_USER = 'root', "
            f"SOURCE_PORT = {source.port}, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1, "
            "SOURCE_CONNECT_RETRY = 1"
        )
        read_only = "SET GLOBAL super_read_only = ON"
        for sql in ("STOP REPLICA", read_only, change, "START REPLICA"):
            replica.execute(sql, database=None)

    def wait(self) -> None:
        """Wait until the replicas have what the source has."""
        (position,) = self.nodes[0].execute("SELECT @@global.gtid_executed", database=None)[0]
        for replica in self.nodes[1:]:
            replica.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 20)", [position], database=None)

    def switch(self) -> None:
        """Make the replica the source, as an administrator does who loses no transaction: both run
        on, with their connections."""
        old, new = self.nodes[0], self.nodes[1]
        old.refuse_writes()
        self.wait()
        for sql in ("STOP REPLICA", "RESET REPLICA ALL", "SET GLOBAL super_read_only = OFF",
                    "SET GLOBAL read_only = OFF"):  # fmt: skip
            new.execute(sql, database=None)
        for node in [old, *self.nodes[2:]]:
            self.follow(node, new)
        self.nodes = [new, *self.nodes[2:], old]


class MariadbReplication(_Cluster):
    """A MariaDB primary and its replica, by GTID."""

    def __init__(self) -> None:
        known = programs("galera")
        self._install = known["mariadb-install-db"]
        self._folder = new_folder("mysql", "mariadb")
        self.nodes = [
            MysqlNode(
                f"d{number}",
                self._folder,
                port,
                [
                    known["mariadbd"],
                    "--no-defaults",
                    f"--server-id={number + 1}",
                    "--log-bin=binlog",
                    "--relay-log=relay",
                    "--innodb-log-file-size=16M",
                ],
                "mysql",
            )
            for number, port in enumerate(free_ports(2))
        ]

    def _begin(self) -> None:
        _install_mariadb(self._install, self._folder, self.nodes)
        primary, replica = self.nodes
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait()
        replica.execute(
            f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port}, "
            "MASTER_USER = 'root', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1",
            database=None,
        )
        for sql in ("SET GLOBAL read_only = ON", "START REPLICA"):
            replica.execute(sql, database=None)
        primary.execute(f"CREATE DATABASE {DATABASE}", database=None)
        self.wait()

    def wait(self) -> None:
        """Wait until the replica has what the primary has."""
        primary, replica = self.nodes
        (position,) = primary.execute("SELECT @@global.gtid_binlog_pos", database=None)[0]
        replica.execute("SELECT MASTER_GTID_WAIT(%s, 20)", [position], database=None)


class GroupReplication(_Cluster):
    """MySQL with Group Replication: every member accepts writes.

    Args:
        members: their number.
    """

    def __init__(self, members: int = 3) -> None:
        self._folder = new_folder("root", "group")
        ports = free_ports(2 * members)
        seeds = [f"127.0.0.1:{port}" for port in ports[members:]]
        plugins = Path(programs("mysql")["root"]) / "usr/lib/mysql/plugin"
        self.nodes = [
            MysqlNode(
                f"r{number}",
                self._folder,
                ports[number],
                [
                    *_mysqld(),
                    f"--plugin-dir={plugins}",
                    "--mysqlx=OFF",
                    f"--server-id={number + 1}",
                    "--gtid-mode=ON",
                    "--enforce-gtid-consistency=ON",
                    "--innodb-redo-log-capacity=16M",
                    "--report-host=127.0.0.1",
                    "--relay-log=relay",
                    "--plugin-load-add=group_replication.so",
                    "--loose-group-replication-group-name=0f0f0f0f-0000-4000-8000-000000000001",
                    "--loose-group-replication-start-on-boot=OFF",
                    "--loose-group-replication-recovery-get-public-key=ON",
                    f"--loose-group-replication-local-address={seeds[number]}",
                    f"--loose-group-replication-group-seeds={','.join(seeds)}",
                    "--loose-group-replication-single-primary-mode=OFF",
                    "--loose-group-replication-unreachable-majority-timeout=2",
                    "--loose-group-replication-member-expel-timeout=0",
                ],
                "root",
            )
            for number in range(members)
        ]

    def _begin(self) -> None:
        _initialise(self._folder, self.nodes)
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait()
        first, *others = self.nodes
        first.execute("SET GLOBAL group_replication_bootstrap_group = ON", database=None)
        first.execute("START GROUP_REPLICATION USER='root'", database=None)
        first.execute("SET GLOBAL group_replication_bootstrap_group = OFF", database=None)
        for node in others:
            node.execute("START GROUP_REPLICATION USER='root'", database=None)
            node.wait(
                until="SELECT member_state FROM performance_schema.replication_group_members "
                "WHERE member_id = @@server_uuid",
                is_="ONLINE",
            )
        first.execute(f"CREATE DATABASE {DATABASE}", database=None)
        for node in others:
            node.wait(until=f"SHOW DATABASES LIKE '{DATABASE}'", is_=DATABASE)


def _mysqld() -> list[str | Path]:
    """MySQL of the unstable suite, with the libc that it was built for."""
    root = Path(programs("mysql")["root"])
    libs = root / "usr/lib/x86_64-linux-gnu"
    return [
        libs / "ld-linux-x86-64.so.2",
        "--library-path",
        f"{libs}:{libs / 'mysql'}",
        root / "usr/sbin/mysqld",
        "--no-defaults",
        f"--user={'root' if os.getuid() == 0 else os.environ.get('USER', '')}",
        f"--basedir={root / 'usr'}",
        f"--lc-messages-dir={root / 'usr/share/mysql'}",
        "--secure-file-priv=NULL",
    ]


def _initialise(folder: Path, nodes: list[MysqlNode]) -> None:
    """Make the data of the first server, and copies of it, each with an id of its own."""
    first, *others = nodes
    data = folder / first.name
    small = ["--innodb-redo-log-capacity=16M", "--initialize-insecure"]
    run_as("root", [*_mysqld(), f"--datadir={data}", *small])
    (data / "auto.cnf").unlink()
    for node in others:
        shutil.copytree(data, folder / node.name)


def _install_mariadb(program: str, folder: Path, nodes: list[MysqlNode]) -> None:
    """Make the data of the first server, and copies of it."""
    first, *others = nodes
    options = [
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--innodb-log-file-size=16M",
        f"--datadir={folder / first.name}",
    ]
    run_as("mysql", [program, *options])
    for node in others:
        shutil.copytree(folder / first.name, folder / node.name)
        _own(folder / node.name, "mysql")


def _own(folder: Path, user: str) -> None:
    if os.getuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            with contextlib.suppress(FileNotFoundError):
                shutil.chown(path, user, user)
