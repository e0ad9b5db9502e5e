"""The indexes that docs/queries.md names for conditions that a plain index does not serve."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from support.server_plan import explained

from oxyde import Field, Index, Model, create_tables, execute_raw
from oxyde.db import AsyncDatabase

PARTS = {
    "postgres": (
        "LOWER(title)",
        "CAST(EXTRACT(WEEK FROM day) AS BIGINT)",
    ),
    "mysql": ("LOWER(title)", "CAST(WEEK(day, 3) AS SIGNED)"),
    "sqlite": (
        "oxyde_casefold(title)",
        "CAST(strftime('%V', substr(day, 1, 10)) AS INTEGER)",
        """CASE WHEN json_type(data, '$."kind"') = 'text' THEN data ->> '$."kind"' END""",
    ),
}
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"title__iexact": "TITLE77"},
    {"day__week": 20},
    {"data__kind": "kind7"},
)


def _model(flavour: str) -> type[Model]:
    class Page(Model):
        class Meta:
            is_table = True
            table_name = f"plan_page_{flavour}"
            indexes = tuple(
                Index(part, name=f"page_{number}") for number, part in enumerate(PARTS[flavour])
            )

        id: int | None = Field(default=None, db_pk=True)
        title: str = Field(max_length=80)
        day: dt.date
        data: dict[str, Any] = Field(default_factory=dict)

    return Page


PAGES = {flavour: _model(flavour) for flavour in PARTS}


@pytest.mark.databases("postgres", "mysql", "sqlite")
async def test_an_index_over_the_expression_is_read(database: AsyncDatabase, flavour: str) -> None:
    pages = PAGES[flavour]
    await create_tables(models=[pages])
    begin = dt.date(2000, 1, 1)
    await pages.objects.bulk_create(
        [
            {
                "title": f"Title{n}",
                "day": begin + dt.timedelta(days=n),
                "data": {"kind": f"kind{n}"},
            }
            for n in range(5000)
        ]
    )
    analyze = "ANALYZE TABLE" if flavour == "mysql" else "ANALYZE"
    await execute_raw(f"{analyze} plan_page_{flavour}")
    for number, condition in enumerate(CONDITIONS[: len(PARTS[flavour])]):
        query = pages.objects.filter(**condition)
        plan = await explained(flavour, *query.sql())
        assert [each.index for each in plan.accesses] == [f"page_{number}"], plan
    assert await pages.objects.filter(title__iexact="TITLE77").count() == 1
