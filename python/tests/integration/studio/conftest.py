"""The studio of the museum's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support import museum
from support.pages import Studio

from oxyde.db import AsyncDatabase


@pytest.fixture
async def museum_rows(database: AsyncDatabase) -> AsyncDatabase:
    """The museum's tables with their rows."""
    await museum.fill()
    return database


@pytest.fixture
async def studio(museum_rows: AsyncDatabase) -> AsyncIterator[Studio]:
    """A studio that only reads, logged in."""
    made = Studio(museum_rows, museum.MODELS)
    async with made.client:
        await made.log_in()
        yield made


@pytest.fixture
async def writer(museum_rows: AsyncDatabase) -> AsyncIterator[Studio]:
    """A studio that writes, logged in."""
    made = Studio(museum_rows, museum.MODELS, write=True)
    async with made.client:
        await made.log_in()
        yield made
