"""Models that these tests share: accounts with a secret, and their letters."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from support.correspondence import MODELS, Account, Letter, Stamp

from oxyde import db
from oxyde.db import AsyncDatabase


@pytest.fixture
async def letters(database: AsyncDatabase) -> AsyncDatabase:
    """Three accounts with three letters each, and two stamps on each letter."""
    await db.create_tables(models=MODELS)
    accounts = [
        await Account.objects.create(name=name, password=f"secret of {name}")
        for name in ("Ann", "Bob", "Cy")
    ]
    stamps = [await Stamp.objects.create(name=name) for name in ("red", "blue")]
    for account in accounts:
        for number in range(3):
            letter = await Letter.objects.create(title=f"{account.name} {number}", account=account)
            await letter.stamps_set.add(*stamps)
    return database


@pytest.fixture
def sql_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log with every statement."""
    with caplog.at_level(logging.DEBUG, logger="oxyde.sql"):
        yield caplog
