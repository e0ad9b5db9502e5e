"""db.tenant(): the tables of one tenant's schema, for the queries of a block."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw, sync
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseError,
    TenantNotFoundError,
    TransactionError,
    UnsupportedFeatureError,
)

POOLER = os.environ.get("OXYDE_TEST_PGBOUNCER_URL", "postgresql://postgres@127.0.0.1:6432")
postgres = pytest.mark.databases("postgres")
TENANTS = ("tenant_one", 'Tenant "two"')


class Order(Model):
    class Meta:
        is_table = True
        table_name = "tenant_orders"

    id: int | None = Field(default=None, db_pk=True)
    text: str


class Country(Model):
    """A table that tenants share."""

    class Meta:
        is_table = True
        table_name = "tenant_countries"

    id: int | None = Field(default=None, db_pk=True)
    name: str


@pytest.fixture
async def tenants(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    """Two schemas with a table of the same name, and a shared table."""
    await db.create_tables(models=[Country])
    await Country.objects.create(name="Norway")
    for name in TENANTS:
        quoted = name.replace('"', '""')
        await execute_raw(f'CREATE SCHEMA "{quoted}"')
        async with db.tenant(name):
            await db.create_tables(models=[Order])
            await Order.objects.create(text=name)
    yield database
    for name in TENANTS:
        quoted = name.replace('"', '""')
        await execute_raw(f'DROP SCHEMA "{quoted}" CASCADE')


async def texts() -> set[str]:
    return set(await Order.objects.values_list("text", flat=True).all())


async def work(name: str) -> None:
    async with db.tenant(name):
        assert await texts() == {name}
        await Order.objects.create(text=name)
        await asyncio.sleep(0)
        async with atomic():
            assert await texts() == {name}
            with suppress(LookupError):
                async with atomic():
                    await Order.objects.create(text="undone")
                    raise LookupError
            await Order.objects.bulk_create([Order(text=name) for _ in range(3)])


@postgres
async def test_each_has_its_own_tables(tenants: AsyncDatabase) -> None:
    await asyncio.gather(*(work(TENANTS[n % 2]) for n in range(40)))
    for name in TENANTS:
        async with db.tenant(name, read_only=True) as block:
            assert block.tenant == name
            assert await Order.objects.count() == 1 + 20 * 4
    with pytest.raises(DatabaseError, match="tenant_orders"):
        await Order.objects.count()


@postgres
async def test_behind_a_pooler(tenants: AsyncDatabase, server: Server) -> None:
    url = urlunsplit(urlsplit(POOLER)._replace(path=urlsplit(server.url).path))
    async with db.connect(pooled=url, settings=PoolSettings(max_connections=12)), db.use("pooled"):
        await asyncio.gather(*(work(TENANTS[n % 2]) for n in range(40)))
        paths = await execute_raw("SELECT current_setting('search_path') AS it")
        assert "tenant" not in paths[0]["it"]


@postgres
async def test_an_error_rolls_back(tenants: AsyncDatabase) -> None:
    with suppress(KeyError):
        async with db.tenant("tenant_one"):
            await Order.objects.create(text="undone")
            raise KeyError
    async with db.tenant("tenant_one"):
        assert await texts() == {"tenant_one"}


@postgres
async def test_shared_tables(tenants: AsyncDatabase) -> None:
    async with db.tenant("tenant_one"):
        with pytest.raises(DatabaseError, match="tenant_countries"):
            async with atomic():
                await Country.objects.count()
    async with db.tenant("tenant_one", shared="public", settings={"app.tenant": 1}):
        assert await Country.objects.count() == 1
        assert await texts() == {"tenant_one"}
        rows = await execute_raw("SELECT current_setting('app.tenant') AS it")
        assert rows[0]["it"] == "1"
    with pytest.raises(TransactionError, match="no schema 'tenant_none'"):
        async with db.tenant("tenant_one", shared=["tenant_none"]):
            pytest.fail("entered")


@postgres
async def test_inside_of_blocks(tenants: AsyncDatabase) -> None:
    one, two = TENANTS
    async with atomic():
        async with db.tenant(one):
            async with db.tenant(one):
                assert await texts() == {one}
            with pytest.raises(TransactionError, match=r"inside a block of tenant\('tenant_one'\)"):
                async with db.tenant(two):
                    pytest.fail("entered")
            with db.detached():
                await work(two)
            assert await texts() == {one}
            async with atomic():
                with pytest.raises(TransactionError, match="inside a block of tenant"):
                    async with db.tenant(two):
                        pytest.fail("entered")
        async with db.tenant(two) as block:
            assert block.tenant == two
            assert await texts() == {two}
        assert (await execute_raw("SELECT to_regclass('tenant_orders')::text AS it"))[0] == {
            "it": None
        }


@postgres
async def test_a_tenant_that_does_not_exist(tenants: AsyncDatabase) -> None:
    for name in ("tenant_none", "Tenant_One", "tenant_one,public", "tenant_one; DROP TABLE x"):
        with pytest.raises(TenantNotFoundError, match="no schema") as caught:
            async with db.tenant(name, shared="public"):
                pytest.fail("entered")
        assert caught.value.tenant == name
        assert f"oxyde migrate --schema {name}" in str(caught.value)
    assert db.get_active_transaction() is None
    assert await Country.objects.count() == 1


@postgres
async def test_without_await(tenants: AsyncDatabase) -> None:
    def ask() -> list[str]:
        with sync.db.tenant("tenant_one") as block:
            assert block.tenant == "tenant_one"
            rows = sync.execute_raw("SELECT text FROM tenant_orders")
            return [row["text"] for row in rows]

    assert await asyncio.to_thread(ask) == ["tenant_one"]


@pytest.mark.databases("mysql", "mariadb", "sqlite")
async def test_other_databases_have_pools(database: AsyncDatabase) -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"db\.Pools"):
        async with db.tenant("a"):
            pytest.fail("entered")
    assert db.get_active_transaction() is None


@pytest.mark.parametrize(
    "name", ["", "a\0b", "a" * 64, "é" * 32, "$user", "pg_catalog", "information_schema"]
)
def test_names_that_no_tenant_has(name: str) -> None:
    with pytest.raises(TenantNotFoundError, match="not the name of a tenant"):
        db.tenant(name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (None, {}, "named by its schema"),
        (["a"], {}, "named by its schema"),
        ("a", {"shared": [1]}, "names of schemas"),
        ("a", {"shared": "b,,c"}, "names of schemas"),
        ("a", {"settings": {"search_path": "b"}}, "shared="),
        ("a", {"settings": {"a b": "1"}}, "not the name of a setting"),
        ("a", {"timeout": 0}, "above zero"),
    ],
)
def test_what_is_refused(name: Any, options: Any, message: str) -> None:
    with pytest.raises(TransactionError, match=message):
        db.tenant(name, **options)
