"""A database that calls of `oxyde.sync` have opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oxyde import AsyncDatabase, sync


@pytest.fixture
def opened(url: str) -> Iterator[AsyncDatabase]:
    with sync.db.connect(url) as database:
        yield database
