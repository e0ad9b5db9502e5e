"""The library, filled, for the tests of expressions."""

import library
import pytest
from library import Library

from oxyde.db import AsyncDatabase


@pytest.fixture
async def books(database: AsyncDatabase) -> Library:
    """The library's rows."""
    return await library.fill()
