"""HAProxy before a PostgreSQL cluster: a port for the primary, and one for the standbys."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
from types import TracebackType

from support.clusters.postgres import PostgresCluster, PostgresNode
from support.clusters.processes import (
    Process,
    free_ports,
    new_folder,
    programs,
    remove,
    wait_until,
)

__all__ = ["HAProxy"]

_CONF = """
global
    maxconn 500
    stats socket {folder}/admin level admin
defaults
    mode tcp
    timeout connect 2s
    timeout client 5m
    timeout server 5m
    timeout check 1s
listen writes
    bind 127.0.0.1:{writes}
    option httpchk GET /primary
    default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
listen reads
    bind 127.0.0.1:{reads}
    balance roundrobin
    option httpchk GET /replica
    default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


class _RoleCheck(http.server.ThreadingHTTPServer):
    """Answers /primary and /replica with 200 or 503, as Patroni does for its server."""

    daemon_threads = True

    def __init__(self, node: PostgresNode) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.node = node


class _Answers(http.server.BaseHTTPRequestHandler):
    server: _RoleCheck

    def do_GET(self) -> None:
        code = 503
        with contextlib.suppress(Exception):
            standby = self.server.node.execute("SELECT pg_is_in_recovery()")[0][0]
            code = 200 if standby == (self.path == "/replica") else 503
        self.send_response(code)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Not logged."""


class HAProxy:
    """``with HAProxy(cluster) as proxy: …proxy.url``

    Attributes:
        url: the address of the primary.
        reads_url: the address of the standbys.
    """

    def __init__(self, cluster: PostgresCluster) -> None:
        self._folder = new_folder("postgres", "haproxy")
        self._checks = [_RoleCheck(node) for node in cluster.nodes]
        self._writes, self._reads = free_ports(2)
        servers = "\n".join(
            f"    server {check.node.name} {check.node.address} check port {check.server_port}"
            for check in self._checks
        )
        conf = self._folder / "haproxy.cfg"
        conf.write_text(
            _CONF.format(
                folder=self._folder, writes=self._writes, reads=self._reads, servers=servers
            )
        )
        program = programs("haproxy")["haproxy"]
        self.process = Process([program, "-db", "-f", conf], "postgres", self._folder / "log")
        self.url = f"postgresql://postgres@127.0.0.1:{self._writes}/postgres"
        self.reads_url = f"postgresql://postgres@127.0.0.1:{self._reads}/postgres"

    def __enter__(self) -> HAProxy:
        for check in self._checks:
            threading.Thread(target=check.serve_forever, daemon=True).start()
        self.process.start()
        try:
            wait_until(self._answers, "HAProxy")
        except BaseException:
            self._end()
            raise
        return self

    def _answers(self) -> bool:
        import psycopg

        # At the start, all servers count as up.
        for url, standby in [(self.url, False), (self.reads_url, True)] * len(self._checks):
            with psycopg.connect(url, connect_timeout=2) as connection:
                row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if row != (standby,):
                return False
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self.process.kill()
        for check in self._checks:
            check.shutdown()
            check.server_close()
        remove(self._folder)

    def tell(self, command: str) -> str:
        """Send a command to its admin socket; its answer."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self._folder / "admin"))
            admin.sendall(f"{command}\n".encode())
            return admin.makefile().read()
