"""The order by indexed dates and times on SQLite, in whatever format other programs wrote them."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime

from oxyde import F, Field, Model, OuterRef, Subquery, create_tables, execute_raw
from oxyde.db import AsyncDatabase

pytestmark = pytest.mark.databases("sqlite")

UTC = dt.timezone.utc
START = dt.datetime(2024, 1, 1)


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "moment_entries"

    id: int | None = Field(default=None, db_pk=True)
    at: dt.datetime | None = Field(default=None, db_index=True)
    seen: AwareDatetime | None = Field(default=None, db_index=True)
    rank: int = 0
    parent: Entry | None = None


@pytest.fixture
async def tables(database: AsyncDatabase) -> None:
    """The table."""
    await create_tables(models=[Entry])


def naive_text(moment: dt.datetime, style: int) -> str:
    """A format of a time without a zone."""
    text = moment.isoformat(" T"[style % 2])
    if style in (2, 3) and moment.microsecond == 0:
        return f"{text}.000000"
    if style in (4, 5) and (moment.second, moment.microsecond) == (0, 0):
        return text[:16]
    if style == 6 and moment.time() == dt.time():
        return text[:10]
    return text


def aware_text(moment: dt.datetime, style: int) -> str:
    """A format of a time with a zone."""
    if style >= 7:
        zone = dt.timezone(dt.timedelta(hours=(2, -5, 14, -12)[style % 4]))
        return moment.replace(tzinfo=UTC).astimezone(zone).isoformat(" T"[style % 2])
    return naive_text(moment, style % 6) + ("+00:00", "Z", "+00:00", "")[style % 4]


moments = st.one_of(
    st.none(),
    st.builds(
        lambda hours, micros: START + dt.timedelta(hours=hours, microseconds=micros),
        st.sampled_from([-25, -1, 0, 0, 1, 10, 23, 24, 30]),
        st.sampled_from([0, 0, 0, 1, 500_000, 60_000_000]),
    ),
)
rows = st.lists(
    st.tuples(moments, st.sampled_from([0, 0, 0, *range(11)]), st.integers(0, 2)), max_size=9
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=rows, limit=st.integers(0, 5), offset=st.integers(0, 5), back=st.booleans())
async def test_first_rows_by_time(
    tables: None, rows: list[tuple[Any, int, int]], limit: int, offset: int, back: bool
) -> None:
    await execute_raw("DELETE FROM moment_entries")
    for moment, style, rank in rows:
        texts = [None, None]
        if moment is not None:
            texts = [naive_text(moment, style % 7), aware_text(moment, style)]
        sql = "INSERT INTO moment_entries (at, seen, rank) VALUES (?, ?, ?)"
        await execute_raw(sql, [*texts, rank])
    for field, zone in (("at", None), ("seen", UTC)):
        held = [moment and moment.replace(tzinfo=zone) for moment, _, _ in rows]
        ids = await Entry.objects.order_by("id").values_list("id", flat=True)
        least = dt.datetime.min.replace(tzinfo=zone)
        wanted = [
            (moment, rank, id) for moment, (_, _, rank), id in zip(held, rows, ids, strict=True)
        ]
        wanted.sort(key=lambda row: (row[1], row[2]))
        wanted.sort(key=lambda row: row[0] or least, reverse=back)
        query = Entry.objects.order_by(f"-{field}" if back else field, "rank", "id")
        assert await query.values_list(field, "rank", "id") == wanted
        part = query[offset : offset + limit]
        assert await part.values_list(field, "rank", "id") == wanted[offset : offset + limit]
        assert [row.id for row in await part] == [row[2] for row in wanted[offset : offset + limit]]
        rest = query.offset(offset).limit(2**63 - 1)
        assert await rest.values_list(field, "rank", "id") == wanted[offset:]
        some = query.filter(rank__gte=1)[:limit]
        wanted = [row for row in wanted if row[1] >= 1]
        assert await some.values_list("id", flat=True) == [row[2] for row in wanted[:limit]]
        among = Entry.objects.filter(id__in=some.values("id")).order_by("id")
        assert [row.id for row in await among] == sorted(row[2] for row in wanted[:limit])


async def test_in_subqueries_and_joins(tables: None) -> None:
    day = START.date().isoformat()
    texts = [f"{day}T08:00:00", f"{day} 09:00:00", f"{day}T10:00:00Z"]
    parent = await Entry.objects.create(at=START)
    for text in texts[:2]:
        sql = "INSERT INTO moment_entries (at, rank, parent_id) VALUES (?, 1, ?)"
        await execute_raw(sql, [text, parent.id])
    newest = Entry.objects.filter(parent_id=OuterRef("id")).order_by("-at").values("at")[:1]
    found = await Entry.objects.filter(rank=0).annotate(last=Subquery(newest)).get()
    assert found.last == START.replace(hour=9)
    query = Entry.objects.filter(parent__rank=0).join("parent").order_by("at").limit(1)
    (first,) = await query
    assert first.at == START.replace(hour=8)
    assert first.parent is not None and first.parent.at == START
    nulls = Entry.objects.order_by(F("at").desc(nulls_first=True)).limit(2)
    assert [row.at for row in await nulls] == [START.replace(hour=9), START.replace(hour=8)]


@pytest.mark.alone
async def test_the_index_serves_the_first_rows(tables: None) -> None:
    """With rows in one format, the first rows cost no more than a look into the index."""
    await execute_raw(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
        "INSERT INTO moment_entries (at, seen, rank) SELECT "
        "datetime('2024-01-01', i || ' seconds'), "
        "datetime('2024-01-01', i || ' minutes') || '+00:00', 0 FROM n"
    )
    for field in ("at", "-at", "seen", "-seen"):
        query = Entry.objects.order_by(field).only("id").limit(10)
        plan = str(await query.explain())
        index = f"moment_entries_{field.strip('-')}_idx"
        assert f"SCAN moment_entries USING COVERING INDEX {index}" in plan, plan
        times = []
        for _ in range(5):
            start = time.perf_counter()
            await query.all()
            times.append(time.perf_counter() - start)
        start = time.perf_counter()
        await Entry.objects.order_by(F(field.strip("-")) + dt.timedelta()).only("id").limit(10)
        assert min(times) < (time.perf_counter() - start) / 4
