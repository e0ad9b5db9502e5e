"""Sentry's breadcrumbs come from the logger."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from support.correspondence import Letter

from oxyde.db import AsyncDatabase


@pytest.fixture
def sent() -> Iterator[list[Any]]:
    """The events that Sentry's client would send."""
    events: list[Any] = []

    def keep(event: Any, hint: object) -> None:
        events.append(event)

    sentry_sdk.init(
        dsn="https://key@localhost/1",
        before_send=keep,
        default_integrations=False,
        integrations=[LoggingIntegration(level=logging.DEBUG)],
    )
    log = logging.getLogger("oxyde.sql")
    log.setLevel(logging.DEBUG)
    yield events
    log.setLevel(logging.NOTSET)
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)


async def test_breadcrumbs(letters: AsyncDatabase, sent: list[Any]) -> None:
    await Letter.objects.filter(title="private").all()
    sentry_sdk.capture_message("it broke")
    [event] = sent
    crumbs = [each for each in event["breadcrumbs"]["values"] if each["category"] == "oxyde.sql"]
    assert "SELECT " in crumbs[-1]["message"]
    assert "mail_letter" in crumbs[-1]["message"]
    assert "private" not in crumbs[-1]["message"]
