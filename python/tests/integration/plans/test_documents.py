"""Conditions on parts of a document: PostgreSQL finds them in an index of documents."""

from __future__ import annotations

import pytest

from oxyde import execute_raw
from oxyde.db import AsyncDatabase

from .conftest import Post


@pytest.mark.databases("postgres")
async def test_a_part_is_found_by_an_index_of_documents(filled: AsyncDatabase) -> None:
    await execute_raw("CREATE INDEX by_data ON plan_post USING gin (data)")
    await Post.objects.filter(id__in=[3, 4]).update(data={"a": {"b": "x"}, "c": True})
    for condition, expected in (
        ({"data__a__b": 77}, 12),
        ({"data__a__b": "x"}, 2),
        ({"data__c": True}, 2),
        ({"data__a": {"b": 77}}, 12),
    ):
        chosen = Post.objects.filter(**condition)
        plan = await chosen.explain()
        assert "Bitmap Index Scan on by_data" in plan, plan
        assert await chosen.count() == expected
    assert await Post.objects.filter(data__a__b="77").count() == 0
