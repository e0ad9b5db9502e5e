"""`await migrate(...)` inside a running event loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from support.servers import Server

from oxyde.migrations import MigrationError, migrate


@pytest.mark.alone
async def test_the_loop_goes_on_meanwhile(server: Server, shop: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    config = shop / "oxyde.toml"
    began = time.monotonic()
    done = await migrate(server.url, config=config)
    took = time.monotonic() - began
    ticking.cancel()
    assert len(done) == 10
    assert done[0] == "0001_initial"
    assert ticks > took * 20
    assert await migrate(server.url, config=config) == []
    assert await migrate(server.url, config=config, target="0009") == ["0010_slugs_for_all"]


async def test_four_at_the_same_time(server: Server, shop: Path) -> None:
    config = shop / "oxyde.toml"
    runs = await asyncio.gather(*(migrate(server.url, config=config) for _ in range(4)))
    assert sorted(name for run in runs for name in run) == sorted(
        file.stem for file in (shop / "migrations").glob("*.toml")
    )


async def test_what_is_wrong_is_an_error(shop: Path) -> None:
    with pytest.raises(MigrationError, match="cannot connect") as caught:
        await migrate("postgresql://me:secret@127.0.0.1:1/app", config=shop / "oxyde.toml")
    assert caught.value.hint is not None
    assert "secret" not in str(caught.value)
