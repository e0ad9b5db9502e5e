"""The newsroom, filled, for the tests of relations."""

import newsroom
import pytest

from oxyde.db import AsyncDatabase


@pytest.fixture
async def news(database: AsyncDatabase) -> AsyncDatabase:
    """The newsroom's tables with their rows."""
    await newsroom.fill()
    return database
