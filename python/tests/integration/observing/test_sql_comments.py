"""`PoolSettings(sql_comments=True)`: tags at the end of statements, for the database's own logs."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from support.correspondence import MODELS, Account, Letter
from support.servers import Server

from oxyde import PoolSettings, atomic, db
from oxyde.contrib.opentelemetry import instrument
from oxyde.db import AsyncDatabase
from oxyde.observe import Statement

COMMENTED = PoolSettings(sql_comments=True, max_connections=1)
LAST = (
    "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%tag%%'"
)


def last_of(server: Server) -> list[str]:
    """The last statements with the word "tag" of the other sessions."""
    found = [str(row[0]) for row in server.execute(LAST)]
    return [text for text in found if "pg_stat_activity" not in text]


@pytest.mark.databases("postgres")
async def test_the_server_sees_them(server: Server) -> None:
    async with db.connect(server.url, settings=COMMENTED):
        await db.create_tables(models=MODELS)
        with db.sql_comment(route="/tag/{id}", app="it's"):
            await Letter.objects.all()
            [text] = last_of(server)
            assert text.endswith("/*app='it%27s',route='%2Ftag%2F%7Bid%7D'*/")
            await Account.objects.create(name="Ann", password="x")
            assert last_of(server)[0].startswith("INSERT")
            new = [{"name": f"n{n}", "password": "x"} for n in range(1200)]
            await Account.objects.bulk_create(new)
            async with atomic():
                await Letter.objects.filter(id=0).update(title="x")
                [text] = last_of(server)
                assert text.startswith("UPDATE")
        tracing = TracerProvider()
        with instrument(tracer_provider=tracing):
            tracer = tracing.get_tracer("test")
            with tracer.start_as_current_span("tag") as span, db.sql_comment(tag="1"):
                await Letter.objects.all()
                trace = f"{span.get_span_context().trace_id:032x}"
                assert f"traceparent='00-{trace}-" in last_of(server)[0]
        tracing.shutdown()


async def test_answers_are_the_same(url: str) -> None:
    seen: list[Statement] = []
    async with db.connect(url, settings=COMMENTED):
        await db.create_tables(models=MODELS)
        with db.sql_comment(route="/accounts?page=1", tag="*/ DROP TABLE mail_account; /*"):
            new = [{"name": f"n{n}", "password": "x"} for n in range(1200)]
            await Account.objects.bulk_create(new)
            for _ in range(3):
                found = await Account.objects.filter(name__in=["n1", "n2"]).order_by("id")
                assert [account.name for account in found] == ["n1", "n2"]
            with db.on_query(seen.append):
                assert await Account.objects.count() == 1200
            async with atomic():
                assert await Account.objects.filter(name="n3").update(name="m3") == 1
            names = [each.name async for each in Account.objects.order_by("id").iterate()]
            assert len(names) == 1200
            counted = await asyncio.gather(*[Account.objects.count() for _ in range(3)])
            assert counted == [1200] * 3
    # The record has the statement itself, so that equal statements are equal.
    assert "/*" not in seen[0].sql


async def test_off_by_default(database: AsyncDatabase) -> None:
    await db.create_tables(models=MODELS)
    with db.sql_comment(tag="1"):
        assert await Account.objects.count() == 0


@pytest.mark.databases("postgres")
async def test_no_comment_without_the_setting(server: Server) -> None:
    async with db.connect(server.url):
        await db.create_tables(models=MODELS)
        with db.sql_comment(tag="1"):
            await Letter.objects.all()
        assert last_of(server) == []
