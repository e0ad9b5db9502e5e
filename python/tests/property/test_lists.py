"""Random lists of every type of value, of the lengths around those at which the statement changes:
`in` against one comparison for each value, and against Python."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime
from support.collated import MODELS, compared
from support.examples import examples
from support.reference import UTC

from oxyde import F, Field, Model, Q, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldLookupValueError

Row = dict[str, Any]


class Mood(Enum):
    GOOD = "good"
    BAD = "Bad"
    MIXED = "mixed"


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "list_owner"

    code: str = Field(db_pk=True, max_length=40)
    items: list[Item] = Field(db_reverse_fk="owner")


class Item(Model):
    class Meta:
        is_table = True
        table_name = "list_item"

    id: int = Field(db_pk=True)
    owner: Owner | None = Field(default=None, db_on_delete="SET NULL")
    count: int = 0
    name: str = Field(default="", max_length=20)
    small: int | None = Field(default=None, db_type="SMALLINT")
    text: str | None = None
    real: float | None = None
    money: Decimal | None = Field(default=None, max_digits=12, decimal_places=3)
    flag: bool | None = None
    day: dt.date | None = None
    moment: dt.datetime | None = None
    aware: AwareDatetime | None = None
    clock: dt.time | None = None
    span: dt.timedelta | None = None
    key: uuid.UUID | None = None
    blob: bytes | None = None
    mood: Mood | None = None
    found: bool = False


_TEXTS = st.sampled_from(
    ["", "a", "A", "á", "Á", "a ", " a", "aa", "aA", "%", "\\", "'", "\U0001f600"]
)
_BIG = st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63)])
_MOMENTS = st.sampled_from(
    [
        dt.datetime.min,
        dt.datetime(2024, 3, 31, 1),
        dt.datetime(2024, 3, 31, 1, 0, 0, 1),
        dt.datetime(2024, 10, 27, 0, 59, 59, 999_999),
        dt.datetime.max,
    ]
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "owner_id": _TEXTS,
    "count": _BIG,
    "name": _TEXTS,
    "small": st.integers(-2, 2) | st.sampled_from([2**15 - 1, -(2**15)]),
    "text": _TEXTS,
    "real": st.sampled_from([0.0, -0.5, 0.1, 1 / 3, 1e300, 5e-324, 2.0**53]),
    "money": st.integers(-3, 3).map(lambda number: Decimal(number) / 8),
    "flag": st.booleans(),
    "day": _MOMENTS.map(dt.datetime.date),
    "moment": _MOMENTS,
    "aware": _MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "clock": _MOMENTS.map(dt.datetime.time),
    "span": st.integers(-2, 2).map(lambda n: dt.timedelta(days=31 * n, microseconds=n)),
    "key": st.integers(0, 4).map(lambda number: uuid.UUID(int=number << 62)),
    "blob": st.binary(max_size=1),
    "mood": st.sampled_from(Mood),
}
_REQUIRED = {"count", "name"}
_ROWS = st.lists(
    st.fixed_dictionaries(
        {name: each if name in _REQUIRED else st.none() | each for name, each in _VALUES.items()}
    ),
    min_size=1,
    max_size=10,
)


@st.composite
def _lists(draw: st.DrawFn, column: str, rows: list[Row]) -> list[Any]:
    """Values of rows and others, once or several times."""
    there = [row[column] for row in rows if row[column] is not None]
    value = _VALUES[column]
    some = draw(st.lists(value | st.sampled_from(there) if there else value, max_size=20))
    length = draw(st.sampled_from([0, 1, 2, 3, 5, 8, 9, 16, 17, 33, 64, 65, 130, 130]))
    return (some * (length // max(len(some), 1) + 1))[:length]


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Owner, Item])
    return database


async def _store(rows: list[Row]) -> None:
    """Put the items in place of those before, with their owners and one more."""
    await Item.objects.delete()
    await Owner.objects.delete()
    codes = {row["owner_id"] for row in rows} - {None} | {"other"}
    await Owner.objects.bulk_create([{"code": code} for code in sorted(codes)])
    await Item.objects.bulk_create([{"id": n, **row} for n, row in enumerate(rows, 1)])


@examples(15)
@given(data=st.data(), rows=_ROWS)
async def test_in_a_list(tables: AsyncDatabase, data: st.DataObject, rows: list[Row]) -> None:
    await _store(rows)
    every = range(1, len(rows) + 1)
    for column in data.draw(st.permutations(sorted(_VALUES)))[:8]:
        values = data.draw(_lists(column, rows))
        case = (column, values, rows)
        expected = [n for n in every if rows[n - 1][column] in values]
        others = [n for n in every if n not in expected]
        chosen = Item.objects.filter(**{f"{column}__in": values})
        assert await _ids(chosen) == expected, case
        assert await _ids(Item.objects.exclude(**{f"{column}__in": tuple(values)})) == others, case
        one_by_one = reduce(or_, [Q(**{column: value}) for value in values], Q(id__in=[]))
        assert await _ids(Item.objects.filter(one_by_one)) == expected, case
        assert await _ids(Item.objects.exclude(one_by_one)) == others, case
        same = Item.objects.annotate(same=F(column))
        assert await _ids(same.filter(same__in=iter(values))) == expected, case
        owned = Owner.objects.filter(**{f"items__{column}__in": values}).order_by("code")
        assert await owned.values_list("code", flat=True) == sorted(
            {rows[n - 1]["owner_id"] for n in expected} - {None}
        ), case
        assert await Owner.objects.exclude(**{f"items__{column}__in": values}).count() == (
            await Owner.objects.count() - await owned.count()
        ), case
        assert await chosen.update(found=True) == len(expected), case
        marked = Item.objects.filter(found=True)
        assert await _ids(marked) == expected, case
        await marked.update(found=False)
    column = data.draw(st.sampled_from(sorted(_VALUES)))
    values = data.draw(_lists(column, rows))
    gone = [n for n in every if rows[n - 1][column] in values]
    assert await Item.objects.filter(**{f"{column}__in": values}).delete() == len(gone)
    assert await _ids(Item.objects) == [n for n in every if n not in gone], (column, values, rows)


@examples(15)
@given(owners=st.lists(st.none() | _TEXTS, max_size=70))
async def test_prefetched_rows_of_a_list_of_keys(
    tables: AsyncDatabase, owners: list[str | None]
) -> None:
    await _store([{"owner_id": owner, "count": 0, "name": ""} for owner in owners])
    loaded = await Owner.objects.prefetch("items").order_by("code").all()
    assert {owner.code: sorted(item.id for item in owner.items) for owner in loaded} == {
        code: [n for n, owner in enumerate(owners, 1) if owner == code]
        for code in {*owners, "other"} - {None}
    }
    items = await Item.objects.prefetch("owner").order_by("id").all()
    assert [item.owner and item.owner.code for item in items] == owners


@examples(15)
@given(data=st.data(), texts=st.lists(st.text("aAbBéÉ ", max_size=3), min_size=1, max_size=12))
async def test_a_list_is_compared_by_the_collation_of_the_column(
    database: AsyncDatabase, flavour: str, data: st.DataObject, texts: list[str]
) -> None:
    model = MODELS[flavour]
    await db.create_tables(models=[model])
    await model.objects.delete()
    numbered = list(enumerate(texts, 1))
    await model.objects.bulk_create([{"id": n, "text": text} for n, text in numbered])
    given = data.draw(st.lists(st.sampled_from(texts) | _TEXTS, min_size=1, max_size=3))
    equal = {compared(flavour, text) for text in given}
    expected = [n for n, text in numbered if compared(flavour, text) in equal]
    for length in (3, 64, 65, 100):
        values = [*given, *given[:1] * (length - len(given))]
        chosen = model.objects.filter(text__in=values)
        assert await _ids(chosen) == expected, (values, texts)
        assert await model.objects.exclude(text__in=values).count() == len(texts) - len(expected)


async def test_a_hundred_thousand_items(tables: AsyncDatabase) -> None:
    many = 100_000
    codes = [f"{'aA'[n % 2]}{n // 2}" for n in range(many)]
    await Owner.objects.bulk_create([{"code": code} for code in codes[: many // 2]])
    # Some before, in and after the lists.
    ids = [-(2**63), -1, *range(0, many, 1000), many, 2**63 - 1]
    await Item.objects.bulk_create(
        [{"id": n, "count": n, "owner_id": codes[n] if 0 <= n < many // 2 else None} for n in ids]
    )
    within = [n for n in ids if 0 <= n < many]
    owned = [n for n in ids if 0 <= n < many // 2]
    for column in ("id", "count"):
        listed = {f"{column}__in": [*range(many), *range(100)]}
        assert await _ids(Item.objects.filter(**listed)) == within
        assert await _ids(Item.objects.exclude(**listed)) == [n for n in ids if n not in within]
        assert await Item.objects.filter(**listed).update(found=True) == len(within)
        assert await Item.objects.filter(found=True).update(found=False) == len(within)
    assert await _ids(Item.objects.filter(owner_id__in=codes)) == owned
    assert await _ids(Item.objects.exclude(owner__in=codes)) == [n for n in ids if n not in owned]
    swapped = [code.swapcase() for code in codes if code in ("a0", "A0")]
    assert await Owner.objects.filter(code__in=[*swapped, *codes[2:]]).count() == many // 2
    owners = await Owner.objects.prefetch("items").all()
    assert {item.id: owner.code for owner in owners for item in owner.items} == {
        n: codes[n] for n in owned
    }
    loaded = await Item.objects.prefetch("owner").order_by("id").all()
    assert [item.owner and item.owner.code for item in loaded] == [
        codes[n] if n in owned else None for n in ids
    ]
    assert await Item.objects.filter(count__in=range(many)).delete() == len(within)
    assert await Owner.objects.filter(code__in=codes).delete() == many // 2
    assert await _ids(Item.objects) == [n for n in ids if n not in within]


async def test_values_that_no_list_takes(tables: AsyncDatabase) -> None:
    conditions: list[Row] = [
        {"name__in": ["a", None]},
        {"owner__in": [None]},
        {"count__in": [0, 2**63]},
        {"count__in": [*range(100), -(2**63) - 1]},
        {"small__in": [2**15]},
        {"count__in": ["1"]},
        {"name__in": [1, "1"]},
        {"money__in": [True]},
        {"day__in": [dt.datetime(2024, 1, 1)]},
        {"aware__in": [dt.datetime(2024, 1, 1)]},
        {"name__in": "ab"},
    ]
    for condition in conditions:
        for chosen in (Item.objects.filter, Item.objects.exclude):
            with pytest.raises(FieldLookupValueError, match=r"`Item\."):
                await chosen(**condition).count()
