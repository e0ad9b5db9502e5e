"""db.Pools: a database per tenant, opened when it is asked for, within bounds."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, db, sync
from oxyde.contrib.fastapi import install
from oxyde.exceptions import OxydeError, PoolTimeoutError, TenantNotFoundError

PREFIX = f"oxyde_pools_{os.getpid()}_"
TENANTS = ("a", "b-2", "C_3")


class Order(Model):
    class Meta:
        is_table = True
        table_name = "pools_orders"

    id: int | None = Field(default=None, db_pk=True)
    tenant: str


@pytest.fixture
def template(server: Server, tmp_path: Path) -> Iterator[str]:
    """The URL of the databases of three tenants."""
    if server.flavour == "sqlite":
        for name in TENANTS:
            (tmp_path / f"{name}.db").touch()
        yield f"sqlite:///{tmp_path}/{{tenant}}.db"
        return
    quote = '"' if server.flavour == "postgres" else "`"
    names = [f"{quote}{PREFIX}{name}{quote}" for name in TENANTS]
    for name in names:
        server.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(server.url)._replace(path=f"/{PREFIX}{{tenant}}"))
    for name in names:
        server.execute(f"DROP DATABASE {name}")


async def until(done: Callable[[], bool]) -> None:
    """Let other tasks and the pools work until this is so."""
    for _ in range(500):
        if done():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it takes too long")


async def names() -> list[str]:
    return await Order.objects.values_list("tenant", flat=True).all()


async def test_each_tenant_has_a_database(template: str) -> None:
    async def work(name: str) -> None:
        async with pools.tenant(name) as database:
            assert database.name == f"tenant/{name}"
            async with atomic():
                await Order.objects.create(tenant=name)
            assert set(await names()) == {name}

    async with db.Pools(template, max_pools=2) as pools:
        for name in TENANTS:
            async with pools.tenant(name):
                await db.create_tables(models=[Order])
        await asyncio.gather(*(work(TENANTS[n % 3]) for n in range(60)))
        for name in TENANTS:
            async with pools.tenant(name):
                assert await names() == [name] * 20
        stats = pools.stats()
        assert (stats.max, stats.open, stats.busy, stats.waiting) == (2, 2, 0, 0)
        assert stats.opened == stats.closed + 2
        assert set(db.stats()) == {"tenant/b-2", "tenant/C_3"}
        assert all(each.max == 50 for each in db.stats().values())
    assert db.stats() == {}
    assert pools.stats().open == 0


async def test_blocks_of_blocks(template: str) -> None:
    async with db.Pools(template) as pools:
        for name in TENANTS:
            async with pools.tenant(name):
                await db.create_tables(models=[Order])
        async with pools.tenant("a"), atomic():
            await Order.objects.create(tenant="a")
            async with pools.tenant("b-2"):
                await Order.objects.create(tenant="b-2")
                async with atomic():
                    assert await names() == ["b-2"]
                async with pools.tenant("a"):
                    assert await names() == ["a"]
            assert await names() == ["a"]
        with pytest.raises(OxydeError, match="no database is named 'default'"):
            await names()


async def test_rows_know_their_tenant(template: str) -> None:
    async with db.Pools(template) as pools:
        async with pools.tenant("a"):
            await db.create_tables(models=[Order])
            order = await Order.objects.create(tenant="a")
        async with pools.tenant("b-2"):
            order.tenant = "changed"
            await order.save()
        async with pools.tenant("a"):
            assert await names() == ["changed"]


async def test_an_unknown_tenant(template: str) -> None:
    async with db.Pools(template, max_pools=1) as pools:
        for _ in range(2):
            with pytest.raises(TenantNotFoundError, match="no database of tenant 'none'") as caught:
                async with pools.tenant("none"):
                    pytest.fail("entered")
            assert caught.value.tenant == "none"
            assert caught.value.hint is not None
        found = await asyncio.gather(
            *(pools.tenant("none").__aenter__() for _ in range(5)), return_exceptions=True
        )
        assert [type(each) for each in found] == [TenantNotFoundError] * 5
        stats = pools.stats()
        assert (stats.open, stats.busy, stats.waiting) == (0, 0, 0)
        async with pools.tenant("a"):
            assert list(db.stats()) == ["tenant/a"]


async def test_they_wait_for_a_free_pool(template: str) -> None:
    entered: list[str] = []

    async def enter(name: str, leave: asyncio.Event) -> None:
        async with pools.tenant(name):
            entered.append(name)
            await leave.wait()

    async with db.Pools(template, max_pools=1, timeout=30) as pools:
        events = [asyncio.Event() for _ in range(4)]
        wanted = ["a", "b-2", "C_3", "b-2"]
        tasks = [asyncio.create_task(enter(*each)) for each in zip(wanted, events, strict=True)]
        await until(lambda: pools.stats().waiting == 3 and entered == ["a"])
        tasks[2].cancel()
        events[0].set()
        await until(lambda: len(entered) == 3)
        # Both blocks of a tenant share its pool.
        assert entered == ["a", "b-2", "b-2"]
        for event in events:
            event.set()
        await asyncio.wait(tasks)
        async with pools.tenant("C_3"):
            pass
        assert pools.stats().opened == 3


async def test_the_wait_is_bounded(template: str) -> None:
    async with db.Pools(template, max_pools=1, timeout=0.2) as pools, pools.tenant("a"):
        with pytest.raises(PoolTimeoutError, match=r"tenant 'b-2' within 0\.2 s: all 1 are in use"):
            async with pools.tenant("b-2"):
                pytest.fail("entered")
        stats = pools.stats()
        assert (stats.timeouts, stats.waiting, stats.busy) == (1, 0, 1)


async def test_a_cancelled_opening_is_done_by_the_next(template: str) -> None:
    async def enter() -> str:
        async with pools.tenant("a") as database:
            return database.name

    async with db.Pools(template, max_pools=1) as pools:
        for _ in range(5):
            first, *others = [asyncio.create_task(enter()) for _ in range(3)]
            await asyncio.sleep(0)
            first.cancel()
            assert await asyncio.gather(*others) == ["tenant/a"] * 2
            await asyncio.wait([first])
            async with pools.tenant("b-2"):
                assert pools.stats().busy == 1
            assert pools.stats().busy == 0


async def test_idle_pools_are_closed(template: str) -> None:
    async with db.Pools(template, idle=0.2) as pools:
        async with pools.tenant("a"):
            assert db.stats()["tenant/a"].size == 1
        await until(lambda: db.stats()["tenant/a"].size == 0)
        await asyncio.sleep(0.2)  # since its block was left
        async with pools.tenant("b-2"):
            assert list(db.stats()) == ["tenant/b-2"]


async def test_close_and_begin_again(template: str) -> None:
    pools = db.Pools(SecretStr(template))
    async with pools.tenant("a"):
        pass
    await db.close()
    assert db.stats() == {}
    async with pools.tenant("a"):
        await db.create_tables(models=[Order])
        assert await names() == []
        await pools.close()
        with pytest.raises(OxydeError, match="tenant/a"):
            await names()
    app = FastAPI(lifespan=pools.lifespan)
    async with app.router.lifespan_context(app), pools.tenant("a"):
        assert await names() == []
    assert db.stats() == {}


async def test_threads_without_a_loop(template: str) -> None:
    """They wait for each other's pools."""
    pools = sync.db.Pools(template, max_pools=1)
    for name in TENANTS:
        await asyncio.to_thread(_made, pools, name)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for _ in range(5):
                with pools.tenant(name):
                    sync.execute_raw(f"INSERT INTO pools_orders (tenant) VALUES ('{name}')")
                    rows = sync.execute_raw("SELECT DISTINCT tenant FROM pools_orders")
                    assert rows == [{"tenant": name}]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in TENANTS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert failures == []
    assert pools.stats().open == 1
    await asyncio.to_thread(pools.close)
    assert db.stats() == {}


def _made(pools: sync.db.Pools, name: str) -> None:
    with pools.tenant(name):
        sync.create_tables(models=[Order])


async def test_an_unknown_tenant_is_404(template: str) -> None:
    pools = db.Pools(template)
    app = FastAPI(lifespan=pools.lifespan)
    install(app)

    @app.get("/{tenant}")
    async def show(tenant: str) -> str:
        async with pools.tenant(tenant) as database:
            return database.name

    transport = httpx.ASGITransport(app)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    async with app.router.lifespan_context(app), client:
        assert (await client.get("/a")).json() == "tenant/a"
        answer = await client.get("/none")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Tenant not found"})


async def test_connections_are_shared_out() -> None:
    def most(**options: Any) -> int:
        return db.Pools("postgresql://db/{tenant}", **options).stats().max

    assert most() == 50
    assert most(max_pools=10, max_connections=5) == 5
    assert most(settings=PoolSettings(max_connections=10)) == 10
    assert most(max_pools=3, settings=PoolSettings(max_connections=10)) == 3


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("postgresql://db/shop", {}, r"has no \{tenant\}"),
        ("postgresql://u:secret@db/{name}", {}, r"u:\*\*\*@db"),
        ("", {}, "the address of database"),
        (5, {}, "must be a string"),
        ("sqlite:///{tenant}.db", {"max_pools": 0}, "max_pools"),
        ("sqlite:///{tenant}.db", {"max_connections": 1.5}, "max_connections"),
        ("sqlite:///{tenant}.db", {"idle": 0}, "idle is above zero"),
        ("sqlite:///{tenant}.db", {"timeout": -1}, "timeout is above zero"),
        ("sqlite:///{tenant}.db", {"settings": {}}, "takes a PoolSettings"),
        (
            "sqlite:///{tenant}.db",
            {"max_connections": 5, "settings": PoolSettings(max_connections=6)},
            "all together 5",
        ),
    ],
)
def test_what_is_refused(url: Any, options: Any, message: str) -> None:
    with pytest.raises(OxydeError, match=message):
        db.Pools(url, **options)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        "../a",
        "..",
        ".a",
        "-a",
        "a@b",
        "a?b=c",
        "a#b",
        "a%2F",
        "a b",
        "a\n",
        "é",
        "a" * 64,
    ],
)
def test_names_that_would_change_the_url(name: str) -> None:
    pools = db.Pools("postgresql://db/{tenant}")
    with pytest.raises(TenantNotFoundError, match="not the name of a tenant"):
        pools.tenant(name)


def test_a_name_that_is_not_a_string() -> None:
    with pytest.raises(OxydeError, match="named by a string"):
        db.Pools("postgresql://db/{tenant}").tenant(5)  # type: ignore[arg-type]
