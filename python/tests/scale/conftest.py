"""Clusters of these tests. They are started by the first test that needs them, and stopped after
the last one of its file. The quick ones run with all tests; `--scale all` (`make test-scale ALL=1`)
adds those that are marked `cluster`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from support.clusters.mysql import Galera, GroupReplication, Replication
from support.clusters.postgres import PostgresCluster

from oxyde import db


@pytest.fixture(scope="module")
def replicas() -> Iterator[PostgresCluster]:
    """A PostgreSQL primary with two hot standbys."""
    with PostgresCluster(2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def galera() -> Iterator[Galera]:
    """Three nodes of MariaDB with Galera."""
    with Galera(3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def source_and_replica() -> Iterator[Replication]:
    """A MySQL source and its replica."""
    with Replication(1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def group() -> Iterator[GroupReplication]:
    """Three members of MySQL's Group Replication, of which each accepts writes."""
    with GroupReplication(3) as cluster:
        yield cluster


@pytest.fixture
async def closing() -> AsyncIterator[None]:
    """Close what a test opened."""
    yield
    await db.close()
