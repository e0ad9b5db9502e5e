"""Patroni with etcd: it starts PostgreSQL, and elects another primary when one is gone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from support.clusters.processes import (
    Process,
    free_ports,
    new_folder,
    programs,
    remove,
    wait_until,
)

__all__ = ["Patroni"]

_CONF = """
scope: oxyde
name: {name}
restapi: {{listen: '127.0.0.1:{api}', connect_address: '127.0.0.1:{api}'}}
etcd3: {{host: '127.0.0.1:{etcd}'}}
bootstrap:
  dcs: {{ttl: 20, loop_wait: 1, retry_timeout: 3, maximum_lag_on_failover: 1048576,
         synchronous_mode: {synchronous}}}
  initdb: [no-sync, {{encoding: UTF8}}, {{locale: C.UTF-8}}, {{auth: trust}}]
postgresql:
  listen: '127.0.0.1:{port}'
  connect_address: '127.0.0.1:{port}'
  data_dir: {folder}/{name}
  bin_dir: {bin}
  pgpass: {folder}/{name}.pgpass
  authentication:
    superuser: {{username: postgres}}
    replication: {{username: postgres}}
  pg_hba: ['host all all 127.0.0.1/32 trust', 'local all all trust',
           'host replication all 127.0.0.1/32 trust']
  parameters: {{unix_socket_directories: '{folder}', fsync: 'off', max_connections: 60}}
"""


class Patroni:
    """``with Patroni(2) as patroni: …patroni.url("primary")``

    Args:
        members: the number of PostgreSQL servers.
        synchronous: whether a COMMIT waits for a standby, which is then the one to be elected.
    """

    def __init__(self, members: int = 2, *, synchronous: bool = False) -> None:
        self._folder = new_folder("postgres", "patroni-run")
        etcd, peer, *ports = free_ports(2 + 2 * members)
        self._etcd = Process(
            [
                programs("etcd")["etcd"],
                *("--data-dir", self._folder / "etcd"),
                *("--listen-client-urls", f"http://127.0.0.1:{etcd}"),
                *("--advertise-client-urls", f"http://127.0.0.1:{etcd}"),
                *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
                *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
                *("--initial-cluster", f"default=http://127.0.0.1:{peer}"),
                "--unsafe-no-fsync",
            ],
            "postgres",
            self._folder / "etcd.log",
        )
        known = programs("patroni")
        self.processes: list[Process] = []
        self._apis = ports[:members]
        self._ports = ports[members:]
        for number, (api, port) in enumerate(zip(self._apis, self._ports, strict=True)):
            conf = self._folder / f"n{number}.yaml"
            conf.write_text(
                _CONF.format(
                    name=f"n{number}",
                    api=api,
                    port=port,
                    etcd=etcd,
                    folder=self._folder,
                    bin=Path(programs("postgres")["bin"]),
                    synchronous=str(synchronous).lower(),
                )
            )
            self.processes.append(
                Process(
                    [known["python"], "-m", "patroni", conf],
                    "postgres",
                    self._folder / f"n{number}.log",
                    PYTHONPATH=known["patroni"],
                )
            )

    def url(self, target: str = "primary") -> str:
        """The address of all servers."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"postgresql://postgres@{hosts}/postgres?target_session_attrs={target}"

    def __enter__(self) -> Patroni:
        try:
            self._etcd.start()
            for process in self.processes:
                process.start()
                wait_until(lambda: self.leader() is not None, "a leader", 40)
            wait_until(lambda: self._running() == len(self.processes), "all members")
        except BaseException as error:
            logs = "\n".join(process.tail() for process in [self._etcd, *self.processes])
            self._end()
            raise RuntimeError(f"Patroni does not start: {error}\n{logs}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        # Patroni stops its server when it is told to, not when it is killed.
        for process in self.processes:
            process.stop(seconds=10)
        for number in range(len(self.processes)):
            self.crash(number)
        self._etcd.kill()
        remove(self._folder)

    def leader(self) -> int | None:
        """The number of the member that is the primary, or None."""
        for number, api in enumerate(self._apis):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{api}/primary", timeout=1):
                    return number
            except (urllib.error.URLError, OSError):
                continue
        return None

    def has_synchronous_standby(self) -> bool:
        """Whether the primary has a standby for which each COMMIT waits."""
        leader = self.leader()
        if leader is None:
            return False
        return any(member["role"] == "sync_standby" for member in self._members(leader))

    def _running(self) -> int:
        members = self._members(0)
        return sum(member["state"] in ("running", "streaming") for member in members)

    def _members(self, asked: int) -> list[dict[str, str]]:
        api = self._apis[asked]
        with urllib.request.urlopen(f"http://127.0.0.1:{api}/cluster", timeout=1) as got:
            members: list[dict[str, str]] = json.load(got)["members"]
        return members

    def crash(self, number: int) -> None:
        """End a member and its PostgreSQL, which is in a process group of its own, without
        warning."""
        self.processes[number].kill()
        with contextlib.suppress(OSError):
            postmaster = (self._folder / f"n{number}" / "postmaster.pid").read_text()
            os.kill(int(postmaster.split()[0]), signal.SIGKILL)
