"""db.session(): settings of a transaction, for rows and schemas of tenants. Nothing of them reaches
others."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import Enum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from support.servers import Server

from oxyde import Field, Model, PoolSettings, atomic, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    DatabaseError,
    TransactionError,
    UnsupportedFeatureError,
)

POOLER = os.environ.get("OXYDE_TEST_PGBOUNCER_URL", "postgresql://postgres@127.0.0.1:6432")
ROLE = f"oxyde_tenant_user_{os.getpid()}"
postgres = pytest.mark.databases("postgres")


class Invoice(Model):
    class Meta:
        is_table = True
        table_name = "session_invoices"

    id: int | None = Field(default=None, db_pk=True)
    tenant: str
    text: str = ""


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Note(Model):
    """A row of a schema per tenant."""

    class Meta:
        is_table = True
        table_name = "session_notes"

    id: int | None = Field(default=None, db_pk=True)
    text: str
    mood: Mood = Mood.GOOD


POLICY = f"""
ALTER TABLE session_invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants ON session_invoices USING (tenant = current_setting('app.tenant', true));
DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON session_invoices TO {ROLE};
GRANT USAGE ON SEQUENCE session_invoices_id_seq TO {ROLE}
"""


def _at(server: Server, user: str | None = None, pooler: bool = False) -> str:
    parts = urlsplit(server.url)
    if pooler:
        parts = urlsplit(POOLER)._replace(path=parts.path)
    if user is not None:
        parts = parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts)


@pytest.fixture
async def protected(server: Server) -> AsyncIterator[Server]:
    """A table with a policy, rows of two tenants, and a role that is not a superuser."""
    async with db.connect(server.url):
        await db.create_tables(models=[Invoice])
        for statement in POLICY.split(";\n"):
            await execute_raw(statement)
        rows = [Invoice(tenant=name, text=str(n)) for name in "ab" for n in range(5)]
        await Invoice.objects.bulk_create(rows)
    yield server
    async with db.connect(server.url):
        await execute_raw(f"DROP OWNED BY {ROLE}")
        await execute_raw(f"DROP ROLE {ROLE}")


async def _tenants() -> set[str]:
    return set(await Invoice.objects.values_list("tenant", flat=True).all())


async def _work(name: str, settings: dict[str, Any]) -> None:
    """Read and write as a tenant, who must see only their own rows."""
    async with db.session(settings={**settings, "app.tenant": name}):
        assert await _tenants() == {name}
        await Invoice.objects.create(tenant=name, text="new")
        await asyncio.sleep(0)
        assert await Invoice.objects.filter(tenant="ab".replace(name, "")).update(text="!") == 0
        assert await _tenants() == {name}


@postgres
async def test_tenants_at_once_see_only_their_own_rows(protected: Server) -> None:
    settings = PoolSettings(max_connections=5)
    async with db.connect(_at(protected, ROLE), settings=settings):
        assert await Invoice.objects.count() == 0
        await asyncio.gather(*(_work("ab"[n % 2], {}) for n in range(50)))
        assert await Invoice.objects.count() == 0
        with pytest.raises(DatabaseError, match="row-level security"):
            async with db.session(settings={"app.tenant": "a"}):
                await Invoice.objects.create(tenant="b")
        many = [Invoice(tenant="a") for _ in range(1200)]
        async with db.session(settings={"app.tenant": "a"}):
            await Invoice.objects.bulk_create(many)
            assert await Invoice.objects.count() == 1200 + 5 + 25


@postgres
async def test_behind_a_pooler(protected: Server) -> None:
    async with db.connect(_at(protected, pooler=True), settings=PoolSettings(max_connections=12)):
        await asyncio.gather(*(_work("ab"[n % 2], {"role": ROLE}) for n in range(50)))
        for _ in range(10):
            found = await execute_raw(
                "SELECT current_setting('app.tenant', true) AS tenant, current_user::text AS who"
            )
            assert found[0]["tenant"] in (None, "")
            assert found[0]["who"] != ROLE
        with pytest.raises(UnsupportedFeatureError):
            await execute_raw("SET app.tenant = 'a'")
        with pytest.raises(UnsupportedFeatureError):
            await execute_raw("SELECT set_config('app.tenant', 'a', false)")


async def tenant() -> str | None:
    rows = await execute_raw("SELECT current_setting('app.tenant', true) AS tenant")
    return rows[0]["tenant"] or None


@postgres
async def test_it_ends_with_the_block(database: AsyncDatabase) -> None:
    async with db.session(settings={"app.tenant": "o'\\\"é", "app.on": True}) as block:
        assert await tenant() == "o'\\\"é"
        assert db.get_active_transaction() is block
        rows = await execute_raw("SELECT current_setting('app.on') AS it")
        assert rows[0]["it"] == "true"
    assert await tenant() is None
    with suppress(KeyError):
        async with db.session(settings={"app.tenant": "a"}):
            raise KeyError
    assert await tenant() is None
    with pytest.raises(DatabaseError, match="no_such_setting"):
        async with db.session(settings={"app.tenant": "a", "no_such_setting": "1"}):
            pytest.fail("entered")
    assert await tenant() is None
    assert db.get_active_transaction() is None


@postgres
async def test_inside_of_a_block(database: AsyncDatabase) -> None:
    """The outer settings are valid again behind it: committed, rolled back, or failed."""
    async with atomic():
        async with db.session(settings={"app.tenant": "a"}):
            async with db.session(settings={"app.tenant": "b"}):
                assert await tenant() == "b"
            assert await tenant() == "a"
            with suppress(KeyError):
                async with db.session(settings={"app.tenant": "c"}):
                    raise KeyError
            assert await tenant() == "a"
            with suppress(DatabaseError):
                async with db.session(settings={"app.tenant": "d"}):
                    await execute_raw("SELECT 1 / 0")
            assert await tenant() == "a"
            async with db.session(settings={"app.tenant": "e"}) as block:
                block.set_rollback(True)
            assert await tenant() == "a"
        assert await tenant() is None
    with pytest.raises(TransactionError, match="nested"):
        async with atomic(), db.session(settings={"app.tenant": "a"}, read_only=True):
            pytest.fail("entered")


@postgres
async def test_tasks_in_one_transaction_take_turns(database: AsyncDatabase) -> None:
    async def work(name: str) -> None:
        async with db.session(settings={"app.tenant": name}):
            for _ in range(3):
                assert await tenant() == name
                await asyncio.sleep(0)

    async with atomic():
        await asyncio.gather(*(work(f"t{n}") for n in range(10)))
        assert await tenant() is None


@postgres
async def test_detached_work_is_outside(database: AsyncDatabase) -> None:
    async with db.session(settings={"app.tenant": "a"}):
        with db.detached():
            assert await tenant() is None
        assert await tenant() == "a"


SCHEMAS = ("session_one", 'Session "two"')


@pytest.fixture
async def schemas(database: AsyncDatabase) -> AsyncIterator[AsyncDatabase]:
    """Two schemas with a table of the same name, and rows of their own."""
    for name in SCHEMAS:
        quoted = name.replace('"', '""')
        await execute_raw(f'CREATE SCHEMA "{quoted}"')
        async with db.session(search_path=[name]):
            await db.create_tables(models=[Note])
            await Note.objects.create(text=name)
    yield database
    for name in SCHEMAS:
        quoted = name.replace('"', '""')
        await execute_raw(f'DROP SCHEMA "{quoted}" CASCADE')


@postgres
async def test_a_schema_per_tenant(schemas: AsyncDatabase) -> None:
    async def work(name: str) -> None:
        async with db.session(search_path=[name, "public"]):
            texts = await Note.objects.values_list("text", flat=True).all()
            assert set(texts) == {name}
            await Note.objects.create(text=name, mood=Mood.BAD)
            assert await Note.objects.filter(mood=Mood.BAD, text=name).exists()

    await asyncio.gather(*(work(SCHEMAS[n % 2]) for n in range(40)))
    async with db.session(search_path="session_one , public", settings={"app.tenant": 1}):
        assert await Note.objects.count() == 21
        await Note.objects.bulk_create([Note(text="m", mood=Mood.BAD) for _ in range(1500)])
        assert await tenant() == "1"
        async with db.session(search_path=[SCHEMAS[1]]):
            assert await Note.objects.count() == 21
            await Note.objects.bulk_create([Note(text="m", mood=Mood.BAD) for _ in range(1500)])
        assert await Note.objects.count() == 1521
    with pytest.raises(DatabaseError, match="session_notes"):
        await Note.objects.count()


@postgres
async def test_a_schema_that_does_not_exist(schemas: AsyncDatabase) -> None:
    for path in (["session_none", "public"], "Session_One", ["session_one,public"]):
        with pytest.raises(TransactionError, match="no schema"):
            async with db.session(search_path=path):
                pytest.fail("entered")
    assert db.get_active_transaction() is None
    async with db.session(search_path=["$user", "session_one"]):
        assert await Note.objects.count() == 1


@pytest.mark.databases("mysql", "mariadb", "sqlite")
async def test_other_databases_have_none(database: AsyncDatabase) -> None:
    for options, what in (
        ({"settings": {"app.tenant": "a"}}, "no settings"),
        ({"search_path": "a"}, "no search_path"),
    ):
        with pytest.raises(UnsupportedFeatureError, match=what) as caught:
            async with db.session(**options):  # type: ignore[arg-type]
                pytest.fail("entered")
        assert "next user of its connection" in str(caught.value)
    assert db.get_active_transaction() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs settings"),
        ({"settings": {}}, "needs settings"),
        ({"settings": {"a b": "1"}}, "not the name of a setting"),
        ({"settings": {"a.b": None}}, "must be a string"),
        ({"settings": "a=1"}, "mapping"),
        ({"search_path": []}, "names of schemas"),
        ({"search_path": ""}, "names of schemas"),
        ({"search_path": "a,,b"}, "names of schemas"),
        ({"search_path": ["a", 1]}, "names of schemas"),
        ({"search_path": ["a\0"]}, "names of schemas"),
        ({"search_path": 7}, "names of schemas"),
        ({"search_path": '"a", b'}, "quotes"),
        ({"search_path": "a", "settings": {"search_path": "b"}}, "twice"),
    ],
)
def test_what_is_refused(options: Any, message: str) -> None:
    with pytest.raises(TransactionError, match=message):
        db.session(**options)
