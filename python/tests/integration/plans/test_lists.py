"""Lists of keys: a short one is read from the index, and locks no other row."""

from __future__ import annotations

import pytest

from oxyde import F, atomic, execute_raw

from .conftest import PlanOf, Post


async def test_a_short_list_of_keys_is_read_from_the_index(plan_of: PlanOf) -> None:
    for keys in ([5], [5, 6, 7], list(range(1, 65))):
        chosen = Post.objects.filter(id__in=keys)
        for call in (chosen.all(), chosen.update(views=F("views") + 1), chosen.delete()):
            plan = await plan_of(call)
            assert plan.whole() == set(), plan
            # SQLite shows the tables that a deletion cascades to.
            assert plan.tables()[0] == "plan_post", plan


async def test_a_long_list_of_keys_is_read_from_the_index(plan_of: PlanOf) -> None:
    keys = list(range(1, 200))
    chosen = Post.objects.filter(id__in=keys)
    for call in (chosen.all(), chosen.update(views=F("views") + 1), chosen.delete()):
        plan = await plan_of(call)
        assert plan.whole() == set(), plan


async def test_lists_of_several_lengths_share_a_statement(plan_of: PlanOf) -> None:
    texts = {
        (await plan_of(Post.objects.filter(id__in=list(range(length))).all())).sql
        for length in (5, 6, 7, 8)
    }
    assert len(texts) == 1


@pytest.mark.databases("mysql", "mariadb")
async def test_a_change_locks_only_the_rows_of_its_list(plan_of: PlanOf, server: object) -> None:
    for keys in ([5, 6, 7], list(range(1, 200))):
        async with atomic() as block:
            await Post.objects.filter(id__in=keys).update(views=1)
            locked = await execute_raw(
                "SELECT trx_rows_locked AS n FROM information_schema.innodb_trx "
                "WHERE trx_mysql_thread_id = CONNECTION_ID()",
                client=block,
            )
            assert 0 < locked[0]["n"] <= 2 * len(keys) + 1
