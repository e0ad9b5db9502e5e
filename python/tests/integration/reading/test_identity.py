"""`pk`, equality and hashes of instances."""

from __future__ import annotations

import copy
import pickle

import pytest
from pydantic import ConfigDict

from oxyde import AsyncDatabase, Field, Model, create_tables


class Coin(Model):
    class Meta:
        is_table = True
        table_name = "identity_coin"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)


class SameCoin(Model):
    class Meta:
        is_table = True
        table_name = "identity_coin"
        shares_table = True

    id: int | None = Field(default=None, db_pk=True)


class Stamp(Model):
    class Meta:
        is_table = True
        table_name = "identity_stamp"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(default="", max_length=20)


class Frozen(Model):
    model_config = ConfigDict(frozen=True)

    class Meta:
        is_table = True
        table_name = "identity_frozen"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(default="", max_length=20)


class Named(Model):
    class Meta:
        is_table = True
        table_name = "identity_named"

    pk: int = Field(db_pk=True)
    name: str = Field(default="", max_length=20)


class View(Model):
    class Meta:
        is_table = True
        read_only = True
        table_name = "identity_view"

    total: int


class Plain(Model):
    name: str


@pytest.mark.databases("sqlite")
async def test_stored_instances_are_equal_by_their_keys(database: AsyncDatabase) -> None:
    await create_tables(models=[Coin, Stamp])
    coin = await Coin.objects.create(name="penny")
    other = await Coin.objects.create(name="penny")
    stamp = await Stamp.objects.create(id=coin.id, name="penny")
    loaded = await Coin.objects.get(id=coin.pk)
    loaded.name = "cent"
    part = await Coin.objects.only("id").get(id=coin.pk)
    assert coin == loaded == part
    assert hash(coin) == hash(loaded) == hash(part)
    assert coin != other
    assert coin != stamp
    assert {coin, loaded, part, other} == {coin, other}
    assert loaded in [other, coin]
    # Another model of the same table.
    assert hash(SameCoin(id=coin.id)) == hash(coin)
    assert pickle.loads(pickle.dumps(loaded)) == coin
    again = copy.deepcopy(loaded)
    assert again == coin
    again.id = None
    assert again != coin


@pytest.mark.databases("sqlite")
async def test_others_are_equal_by_their_fields(database: AsyncDatabase) -> None:
    await create_tables(models=[Coin])
    coin = await Coin.objects.create(name="penny")
    assert Coin(name="x") == Coin(name="x")
    assert Coin(id=3, name="x") != Coin(id=3, name="y")
    assert Coin(id=coin.id, name="penny") == coin
    assert Coin(id=coin.id, name="cent") != coin
    assert hash(Coin(id=coin.id, name="cent")) == hash(coin)
    assert coin != "penny"
    await coin.delete()
    assert coin == Coin(id=coin.id, name="penny")


def test_without_a_key_there_is_no_hash() -> None:
    with pytest.raises(TypeError, match="a Coin without a key has no hash"):
        hash(Coin(name="x"))
    with pytest.raises(TypeError, match="unhashable type: 'View', since it has no primary key"):
        hash(View(total=1))
    with pytest.raises(TypeError, match="unhashable type: 'Plain'"):
        hash(Plain(name="x"))
    assert len({Frozen(name="x"), Frozen(name="x"), Frozen(id=1), Frozen(id=1)}) == 2


def test_the_key_of_an_instance() -> None:
    coin = Coin(name="x")
    assert coin.pk is None
    coin.pk = 4
    assert (coin.id, coin.pk) == (4, 4)
    # A field of that name is a field.
    named = Named(pk=3)
    named.pk = 5
    assert named.model_dump() == {"pk": 5, "name": ""}
    for keyless in (View(total=1), Plain(name="x")):
        assert not hasattr(keyless, "pk")
        with pytest.raises(AttributeError, match="has no primary key"):
            keyless.pk = 3
