"""Keys of several fields, of which the database counts one, and one is a foreign key."""

from __future__ import annotations

import pytest
from support.servers import Server

from oxyde import Field, ForeignKey, Index, Model, db
from oxyde.exceptions import FieldError, OxydeError, StaleObjectError, UniqueViolationError

COUNTING = pytest.mark.databases("postgres", "mysql", "mariadb")


class Shop(Model):
    class Meta:
        is_table = True
        table_name = "counted_shop"

    id: int = Field(db_pk=True)


class Sale(Model):
    class Meta:
        is_table = True
        table_name = "counted_sale"
        version = "version"

    shop: Shop = Field(db_pk=True, db_on_delete="CASCADE")
    id: int | None = Field(default=None, db_pk=True)
    total: int = 0
    state: str = Field(default="new", db_default="'new'", max_length=10)
    version: int = 0


class Item(Model):
    class Meta:
        is_table = True
        table_name = "counted_item"
        constraints = [ForeignKey(["shop_id", "sale_id"], "Sale", ["shop_id", "id"])]

    shop_id: int = Field(db_pk=True)
    id: int | None = Field(default=None, db_pk=True)
    sale_id: int


MODELS = [Shop, Sale, Item]


@pytest.fixture
async def shops(database: db.AsyncDatabase) -> list[Shop]:
    """Two shops."""
    await db.create_tables(models=MODELS)
    return [await Shop.objects.create(id=number) for number in (1, 2)]


@COUNTING
async def test_one_row(shops: list[Shop]) -> None:
    first, second = shops
    sale = await Sale.objects.create(shop=first, total=5)
    other = Sale(shop=second, total=7)
    await other.save()
    assert sale.id is not None
    assert other.id is not None
    assert sale.pk == (1, sale.id)
    assert other.pk == (2, other.id)
    assert (await Sale.objects.get(pk=(2, other.id))).total == 7
    await Sale.objects.filter(pk=sale.pk).update(total=6)
    await sale.refresh()
    assert sale.total == 6
    sale.total = 8
    await sale.save()
    assert (await Sale.objects.filter(shop=first).get()).total == 8
    stale = await Sale.objects.get(pk=sale.pk)
    sale.total = 9
    await sale.save()
    stale.total = 1
    with pytest.raises(StaleObjectError):
        await stale.save()
    await sale.delete()
    assert await Sale.objects.count() == 1
    given = await Sale.objects.create(shop=first, id=other.id)
    assert given.pk == (1, other.id)
    with pytest.raises(UniqueViolationError):
        await Sale.objects.create(shop_id=1, id=other.id)


@COUNTING
@pytest.mark.parametrize("count", [2, 900])
async def test_many_rows(shops: list[Shop], count: int) -> None:
    made = await Sale.objects.bulk_create(
        [Sale(shop=shops[number % 2], total=number) for number in range(count)]
    )
    stored = {sale.pk: sale.total for sale in await Sale.objects.all()}
    assert len(stored) == count
    assert [stored[sale.pk] for sale in made] == list(range(count))
    assert {sale.state for sale in made} == {"new"}
    for sale in made:
        sale.total += 1
    await Sale.objects.bulk_update(made, ["total"])
    assert sum([sale.total for sale in await Sale.objects.all()]) == sum(range(count)) + count
    found = await Sale.objects.in_bulk([made[0].pk, made[1].pk])
    assert [found[each.pk].total for each in made[:2]] == [1, 2]


@COUNTING
async def test_upserts(shops: list[Shop]) -> None:
    sale = await Sale.objects.create(shop=shops[0], total=1)
    rows = [Sale(shop_id=1, id=sale.id, total=2), Sale(shop_id=2, id=sale.id, total=3)]
    await Sale.objects.bulk_create(
        rows, update_fields=["total"], unique_fields=["shop_id", "id"], update_conflicts=True
    )
    totals = await Sale.objects.order_by("pk").values_list("total", flat=True)
    assert totals == [2, 3]
    same, is_new = await Sale.objects.get_or_create(shop_id=2, total=3)
    assert (same.pk, is_new) == ((2, sale.id), False)


@COUNTING
async def test_rows_that_refer_to_such_a_key(shops: list[Shop]) -> None:
    sale = await Sale.objects.create(shop=shops[0])
    assert sale.id is not None
    item = await Item.objects.create(shop_id=1, sale_id=sale.id)
    assert item.id is not None
    assert await Item.objects.filter(shop_id=1, sale_id=sale.id).count() == 1
    with pytest.raises(OxydeError):
        await Item.objects.create(shop_id=2, sale_id=sale.id)


@COUNTING
async def test_the_counted_part_has_an_index(shops: list[Shop], server: Server) -> None:
    (index,) = [each for each in Sale._db_meta.indexes if each.parts == (("column", "id"),)]
    assert index.name
    if server.flavour == "postgres":
        sql = "SELECT count(*) FROM pg_indexes WHERE indexname = %s"
        assert server.execute(sql, [index.name]) == [(1,)]


@pytest.mark.databases("sqlite")
async def test_sqlite_counts_a_whole_key_only(database: db.AsyncDatabase) -> None:
    with pytest.raises(OxydeError, match="SQLite cannot count column `id`") as caught:
        await db.create_tables(models=[Shop, Sale])
    assert "make it the key alone" in str(caught.value)


@pytest.mark.databases("mysql", "mariadb")
async def test_mysql_needs_an_index(database: db.AsyncDatabase) -> None:
    class Bare(Model):
        class Meta:
            is_table = True
            table_name = "counted_bare"

        shop: int = Field(db_pk=True)
        id: int | None = Field(default=None, db_pk=True, db_index=False)

    with pytest.raises(OxydeError, match="no key or index begins with it"):
        await db.create_tables(models=[Bare])


async def test_what_is_given_needs_no_counter(database: db.AsyncDatabase) -> None:
    class Given(Model):
        class Meta:
            is_table = True
            table_name = "counted_given"
            indexes = [Index("id")]

        shop: int = Field(db_pk=True)
        id: int = Field(db_pk=True)

    await db.create_tables(models=[Given])
    await Given.objects.bulk_create([Given(shop=1, id=n) for n in range(3)])
    assert await Given.objects.filter(pk=(1, 2)).exists()


def test_one_part_is_counted() -> None:
    with pytest.raises(FieldError, match="would count a and b"):

        class Two(Model):
            class Meta:
                is_table = True
                table_name = "counted_two"

            a: int | None = Field(default=None, db_pk=True)
            b: int | None = Field(default=None, db_pk=True)

    with pytest.raises(FieldError, match="nothing generates it"):

        class Text(Model):
            class Meta:
                is_table = True
                table_name = "counted_text"

            a: int = Field(db_pk=True)
            b: str | None = Field(default=None, db_pk=True)
