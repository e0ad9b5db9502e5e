"""Tables with rows that the tests of several folders use."""

from __future__ import annotations

import pytest
from support import library, newsroom
from support.library import Library

from oxyde.db import AsyncDatabase


@pytest.fixture
async def books(database: AsyncDatabase) -> Library:
    """The library's rows."""
    return await library.fill()


@pytest.fixture
async def news(database: AsyncDatabase) -> AsyncDatabase:
    """The newsroom's tables with their rows."""
    await newsroom.fill()
    return database
