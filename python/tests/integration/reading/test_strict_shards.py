"""strict() of a model whose rows are divided by a column asks for the values of the column."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import F, Field, Model, Q, db
from oxyde.exceptions import FieldError


class Owner(Model):
    class Meta:
        is_table = True
        shard_by = "id"
        table_name = "strict_owner"

    id: int = Field(db_pk=True)
    things: list[Thing] = Field(db_reverse_fk="owner")


class Thing(Model):
    class Meta:
        is_table = True
        shard_by = "owner"
        table_name = "strict_thing"

    owner: Owner = Field(db_pk=True, db_on_delete="CASCADE")
    id: int = Field(db_pk=True)
    size: int = 0


@pytest.fixture
async def things(database: db.AsyncDatabase) -> None:
    """Two owners with three things each."""
    await db.create_tables(models=[Owner, Thing])
    for owner in (1, 2):
        await Owner.objects.create(id=owner)
    await Thing.objects.bulk_create(
        [Thing(owner_id=owner, id=number) for owner in (1, 2) for number in range(3)]
    )


ASKED: dict[str, Any] = {
    "column": lambda rows: rows.filter(owner_id=1),
    "instance": lambda rows: rows.filter(owner=Owner(id=1)),
    "list": lambda rows: rows.filter(owner_id__in=[1]),
    "with others": lambda rows: rows.filter(owner_id=1, id__gte=0),
    "each side": lambda rows: rows.filter(Q(owner_id=1, id=0) | Q(owner_id=1, id__gt=0)),
    "keys": lambda rows: rows.filter(pk__in=[(1, 0), (1, 1), (1, 2)]),
    "lambda": lambda rows: rows.filter(lambda thing: thing.owner_id == 1),
}
UNASKED: dict[str, Any] = {
    "nothing": lambda rows: rows,
    "another column": lambda rows: rows.filter(id=1),
    "a range": lambda rows: rows.filter(owner_id__gt=0),
    "not": lambda rows: rows.exclude(owner_id=1),
    "one side": lambda rows: rows.filter(Q(owner_id=1) | Q(id=1)),
}


@pytest.mark.parametrize("case", [*ASKED])
async def test_a_query_with_the_column_runs(things: None, case: str) -> None:
    rows = ASKED[case](Thing.objects.strict())
    assert len(await rows.all()) == 3
    assert await rows.count() == 3
    assert await rows.exists()
    assert await rows.sum("id") == 3
    assert (await rows.order_by("id").first()).id == 0
    assert await rows.update(size=F("size") + 1) == 3
    assert await rows.delete() == 3


@pytest.mark.parametrize("case", [*UNASKED])
async def test_one_without_it_is_refused(things: None, case: str) -> None:
    rows = UNASKED[case](Thing.objects.strict())
    for run in (
        lambda: rows.all(),
        lambda: rows.count(),
        lambda: rows.exists(),
        lambda: rows.first(),
        lambda: rows.sum("id"),
        lambda: rows.update(size=1),
        lambda: rows.delete(),
    ):
        with pytest.raises(FieldError, match=r"does not filter by `owner_id`.*Meta\.shard_by"):
            await run()
    assert await UNASKED[case](Thing.objects).count() > 0
    assert await Thing.objects.filter(size=1).count() == 0


async def test_prefetched_rows_need_not_name_it(things: None) -> None:
    (owner,) = await Owner.objects.strict().filter(id=1).prefetch("things").all()
    assert len(owner.things) == 3
    joined = await Thing.objects.strict().filter(owner_id=1).join("owner").all()
    assert {thing.owner.id for thing in joined} == {1}


def test_what_meta_refuses() -> None:
    with pytest.raises(FieldError, match="names `unknown`, which is not a field"):

        class Unknown(Model):
            class Meta:
                is_table = True
                shard_by = "unknown"
                table_name = "strict_unknown"

            id: int = Field(db_pk=True)

    with pytest.raises(FieldError, match="may be NULL"):

        class Nullable(Model):
            class Meta:
                is_table = True
                shard_by = "tenant"
                table_name = "strict_nullable"

            id: int = Field(db_pk=True)
            tenant: int | None = None

    with pytest.raises(FieldError, match="shard_by and reference"):

        class Either(Model):
            class Meta:
                is_table = True
                shard_by = "id"
                reference = True

            id: int = Field(db_pk=True)
