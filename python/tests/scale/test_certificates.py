"""TLS: the authorities that are trusted. The server's certificate is of one of these tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clusters.postgres import PostgresCluster
from support.clusters.processes import run_as, wait_until

pytestmark = pytest.mark.databases("postgres")

PROGRAM = """
import asyncio
import sys

from oxyde import db, execute_raw


async def main() -> None:
    async with db.connect(sys.argv[1]):
        print(await execute_raw("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))


asyncio.run(main())
"""
CONNECTED = "[{'ssl': True}]"


def make_certificates(folder: Path) -> Path:
    """Make an authority, which is returned, and a certificate of it for 127.0.0.1."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority, request = folder / "authority.pem", folder / "server.csr"
    names = folder / "names"
    names.write_text("subjectAltName = IP:127.0.0.1\n")
    for arguments in (
        [
            *("req", "-x509", "-days", "2", "-subj", "/CN=Authority of tests", *key),
            *("-keyout", folder / "authority.key", "-out", authority),
        ],
        [
            *("req", "-subj", "/CN=127.0.0.1", *key),
            *("-keyout", folder / "server.key", "-out", request),
        ],
        [
            *("x509", "-req", "-in", request, "-days", "2", "-extfile", names),
            *("-CA", authority, "-CAkey", folder / "authority.key", "-CAcreateserial"),
            *("-out", folder / "server.pem"),
        ],
    ):
        run_as("postgres", ["openssl", *arguments])
    return authority


@pytest.fixture(scope="module")
def encrypted() -> Iterator[tuple[int, Path]]:
    """The port of a server with TLS, and the certificate of its authority."""
    with PostgresCluster(0) as cluster:
        (node,) = cluster.nodes
        folder = node.data.parent
        authority = make_certificates(folder)
        for setting in (
            f"ssl_cert_file = '{folder / 'server.pem'}'",
            f"ssl_key_file = '{folder / 'server.key'}'",
            "ssl = on",
        ):
            node.execute(f"ALTER SYSTEM SET {setting}")
        node.execute("SELECT pg_reload_conf()")
        with_tls = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        wait_until(lambda: node.execute(with_tls)[0][0], "TLS", 20)
        yield node.port, authority


def connect(address: str, query: str, **variables: str) -> str:
    """Connect in a process of its own; return what it writes."""
    url = f"postgresql://postgres@{address}/postgres?{query}"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    return (done.stdout + done.stderr).strip()


def test_the_system_trusts_the_authority(encrypted: tuple[int, Path]) -> None:
    port, authority = encrypted
    here = f"127.0.0.1:{port}"
    for query in ("sslmode=verify-full", "sslrootcert=system", "sslmode=verify-ca"):
        assert connect(here, query, SSL_CERT_FILE=str(authority)) == CONNECTED
        assert "UnknownIssuer" in connect(here, query)
    # The certificate is not for this name.
    answer = connect(f"localhost:{port}", "sslmode=verify-full", SSL_CERT_FILE=str(authority))
    assert "localhost" in answer
    assert "not valid" in answer


def test_a_file_is_trusted_in_addition(encrypted: tuple[int, Path]) -> None:
    port, authority = encrypted
    here = f"127.0.0.1:{port}"
    assert connect(here, f"sslmode=verify-full&sslrootcert={authority}") == CONNECTED
    assert connect(here, "sslmode=require") == CONNECTED
    missing = connect(here, "sslmode=verify-full&sslrootcert=/missing/authority.pem")
    assert "No such file" in missing
