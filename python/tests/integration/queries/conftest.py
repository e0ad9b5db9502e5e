"""The library, filled, for the tests of queries."""

from collections.abc import AsyncIterator

import library
import pytest
from library import Library

from oxyde.db import AsyncDatabase


@pytest.fixture
async def books(database: AsyncDatabase) -> AsyncIterator[Library]:
    """The library's rows."""
    return await library.fill()
