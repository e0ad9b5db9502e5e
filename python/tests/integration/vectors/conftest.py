"""A database on the server that has pgvector, for the tests of vectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from support import passages
from support.servers import Postgres, unreachable

from oxyde import create_tables, db
from oxyde.db import AsyncDatabase


@pytest.fixture(scope="session")
def run_pgvector() -> Iterator[Postgres]:
    """The run's own database there."""
    reason = unreachable("pgvector")
    if reason:
        pytest.exit(reason, returncode=1)
    server = Postgres("pgvector")
    server.create()
    yield server
    server.drop()


@pytest.fixture
def pgvector(run_pgvector: Postgres) -> Iterator[Postgres]:
    """The run's database, empty and without the extension; another client to it."""
    yield run_pgvector
    run_pgvector.empty()


@pytest.fixture
async def vectors(pgvector: Postgres) -> AsyncIterator[AsyncDatabase]:
    """The same, open as the default database, with the tables of `passages`."""
    await db.init(pgvector.url)
    await create_tables(models=passages.MODELS)
    yield db.get_connection()
    await db.close()
