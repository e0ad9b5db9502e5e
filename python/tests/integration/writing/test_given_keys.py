"""Keys that are given, whatever their value, and keys that are taken away: `row.id = None`."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from oxyde import Field, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, ManagerError, OxydeError


class Coin(Model):
    class Meta:
        is_table = True
        table_name = "keys_coin"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    worth: int = Field(default=1, db_default="5")
    tags: list[str] | None = None


class Token(Model):
    class Meta:
        is_table = True
        table_name = "keys_token"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)
    name: str


class Word(Model):
    class Meta:
        is_table = True
        table_name = "keys_word"

    word: str = Field(max_length=20, db_pk=True)
    count: int = 0


class Pair(Model):
    class Meta:
        is_table = True
        table_name = "keys_pair"

    left: int = Field(db_pk=True)
    right: int = Field(db_pk=True)
    text: str = ""


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Coin, Token, Word, Pair])
    return database


async def from_pair() -> None:
    await Pair.objects.create(left=0, right=1, text="zero")
    await Coin.objects.insert_from(Pair.objects.values("left", "text"), ["id", "name"])


async def changed_to_zero() -> None:
    coin = await Coin.objects.create(id=3, name="zero")
    coin.id = 0
    await coin.save()


ZERO: dict[str, Callable[[], Awaitable[Any]]] = {
    "create": lambda: Coin.objects.create(id=0, name="zero"),
    "create of an instance": lambda: Coin.objects.create(instance=Coin(id=0, name="zero")),
    "bulk_create": lambda: Coin.objects.bulk_create([Coin(id=0, name="zero")]),
    "bulk_create of a dict": lambda: Coin.objects.bulk_create([{"id": 0, "name": "zero"}]),
    "upsert": lambda: Coin.objects.upsert(id=0, name="zero"),
    "bulk upsert": lambda: Coin.objects.bulk_create(
        [Coin(id=0, name="zero")], update_conflicts=True, unique_fields=["id"]
    ),
    "ignoring": lambda: Coin.objects.bulk_create([Coin(id=0, name="zero")], ignore_conflicts=True),
    "get_or_create": lambda: Coin.objects.get_or_create(id=0, name="zero"),
    "update_or_create": lambda: Coin.objects.update_or_create({"name": "zero"}, id=0),
    "insert_from": from_pair,
    "update": changed_to_zero,
    "SQL": lambda: execute_raw("INSERT INTO keys_coin (id, name) VALUES (0, 'zero')"),
}


@pytest.mark.parametrize("way", ZERO)
async def test_zero_is_a_key_like_any_other(tables: AsyncDatabase, way: str) -> None:
    await ZERO[way]()
    assert await Coin.objects.values_list("id", "name") == [(0, "zero")]
    coin = await Coin.objects.get(id=0)
    coin.name = "nil"
    await coin.save()
    # Keys are counted as before.
    more, other = await Coin.objects.bulk_create([Coin(name="a"), Coin(name="b")])
    next_ = await Coin.objects.create(name="c")
    assert len({0, more.id, other.id, next_.id}) == 4
    assert await Coin.objects.filter(id=next_.id).values_list("name", flat=True) == ["c"]
    assert (await Coin.objects.get(id=0)).name == "nil"


async def test_keys_below_zero_and_at_the_ends(tables: AsyncDatabase) -> None:
    for key in (-1, -(2**63), 2**63 - 2):
        coin = await Coin.objects.create(id=key, name="edge")
        assert coin == await Coin.objects.get(id=key)
    for key in (2**63, -(2**63) - 1):
        with pytest.raises((OxydeError, ValidationError)):
            await Coin.objects.create(id=key, name="beyond")
        with pytest.raises((OxydeError, ValidationError)):
            await Coin.objects.bulk_create([Coin(name="a"), Coin(id=key, name="beyond")])
    assert await Coin.objects.count() == 3


async def test_a_key_that_is_taken_away_makes_a_copy(tables: AsyncDatabase) -> None:
    first = await Coin.objects.create(name="a", worth=9, tags=["x"])
    old = first.id
    first.id = None
    first.name = "copy"
    assert await first.save() is first
    assert first.id not in (None, old)
    assert await Coin.objects.order_by("id").values_list("id", "name", "worth") == [
        (old, "a", 9),
        (first.id, "copy", 9),
    ]
    assert (await Coin.objects.get(id=first.id)).tags == ["x"]
    # It is the new row from now on.
    first.worth = 1
    first.tags = ["x", "y"]
    await first.save()
    assert (await Coin.objects.get(id=old)).worth == 9
    assert (await Coin.objects.get(id=first.id)).tags == ["x", "y"]
    loaded = await Coin.objects.get(id=old)
    third = loaded.model_copy(update={"id": None})
    await third.save()
    assert third.id not in (None, old, first.id)
    assert loaded.id == old
    await loaded.save()
    assert await Coin.objects.count() == 3


async def test_a_key_that_python_makes_is_made_anew(tables: AsyncDatabase) -> None:
    token: Any = await Token.objects.create(name="a")
    old, token.id = token.id, None
    await token.save()
    assert token.id not in (None, old)
    assert await Token.objects.count() == 2
    with pytest.raises(ManagerError, match="not stored yet"):
        await token.model_copy(update={"id": None}).save(update_fields=["name"])


async def test_a_key_that_nothing_makes_is_refused(tables: AsyncDatabase) -> None:
    word: Any = await Word.objects.create(word="a")
    word.word = None
    with pytest.raises(ManagerError, match="whose word is None"):
        await word.save()
    pair: Any = await Pair.objects.create(left=1, right=2)
    pair.right = None
    with pytest.raises(ManagerError, match="whose right is None"):
        await pair.save()
    with pytest.raises(FieldError, match="cannot be None"):
        await Word.objects.update_or_create({"word": None}, word="a")
    coin = await Coin.objects.create(name="a")
    with pytest.raises(FieldError, match="cannot be None"):
        await Coin.objects.update_or_create({"id": None}, name="a")
    assert await Coin.objects.values_list("id", flat=True) == [coin.id]
    assert await Word.objects.values_list("word", flat=True) == ["a"]
    assert await Pair.objects.values_list("left", "right") == [(1, 2)]


async def test_a_part_of_a_row_makes_no_copy(tables: AsyncDatabase) -> None:
    await Coin.objects.create(name="a", worth=9)
    coin = await Coin.objects.only("id", "name").get(name="a")
    coin.id = None
    with pytest.raises(FieldError, match=r"Coin\.(worth|tags) was not loaded"):
        await coin.save()
    assert await Coin.objects.count() == 1


async def test_another_key_changes_the_row(tables: AsyncDatabase) -> None:
    coin = await Coin.objects.create(name="a")
    coin.id = 77
    await coin.save()
    assert await Coin.objects.values_list("id", "name") == [(77, "a")]


async def test_the_last_keys_of_64_bits(tables: None) -> None:
    keys = [2**63 - 1, -(2**63), 5]
    made = await Coin.objects.bulk_create([{"id": key, "name": "x"} for key in keys])
    assert [coin.id for coin in made] == keys
    assert sorted(await Coin.objects.values_list("id", flat=True)) == sorted(keys)
