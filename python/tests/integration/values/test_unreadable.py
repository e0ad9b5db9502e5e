"""Rows that are stored, and that their model refuses: named, loaded for repair, or left out."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import ValidationError, model_validator
from typing_extensions import Self

from oxyde import F, Field, Model, Q, atomic, create_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, OxydeError, RowValidationError


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "unread_owners"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(min_length=2)
    accounts: list[Account] = Field(db_reverse_fk="owner")
    tags: list[Label] = Field(db_m2m=True)


class Label(Model):
    class Meta:
        is_table = True
        table_name = "unread_labels"

    id: int | None = Field(default=None, db_pk=True)
    size: int = Field(default=1, ge=0)


class Account(Model):
    class Meta:
        is_table = True
        table_name = "unread_accounts"

    id: int | None = Field(default=None, db_pk=True)
    balance: int = Field(default=0, ge=0)
    level: Literal[1, 2] = 1
    price: Decimal = Field(default=Decimal("1.00"), max_digits=6, decimal_places=2, gt=0)
    note: str | None = None
    owner: Owner | None = None


class Span(Model):
    class Meta:
        is_table = True
        table_name = "unread_spans"

    id: int | None = Field(default=None, db_pk=True)
    first: int
    last: int

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the last is before the first")
        return self


@pytest.fixture
async def rows(database: AsyncDatabase) -> list[Account]:
    """Five accounts of two owners, the second and the fourth of which are not valid."""
    await create_tables(models=[Owner, Account, Label, Span])
    ann, bob = await Owner.objects.bulk_create([{"name": "Ann"}, {"name": "Bob"}])
    labels = await Label.objects.bulk_create([{"size": 1}, {"size": 2}])
    await ann.tags_set.add(*labels)
    accounts = await Account.objects.bulk_create(
        [{"balance": n, "owner": ann if n < 4 else bob} for n in range(1, 6)]
    )
    await execute_raw("UPDATE unread_accounts SET balance = -7 WHERE balance = 2")
    await execute_raw("UPDATE unread_accounts SET level = 9, price = -1 WHERE balance = 4")
    await execute_raw("UPDATE unread_labels SET size = -2 WHERE size = 2")
    return accounts


async def test_the_error_names_the_row(rows: list[Account]) -> None:
    with pytest.raises(RowValidationError) as caught:
        await Account.objects.order_by("id").all()
    error = caught.value
    assert isinstance(error, OxydeError)
    assert isinstance(error, ValueError)
    assert error.model is Account
    assert error.key == {"id": rows[1].id}
    assert isinstance(error.__cause__, ValidationError)
    assert error.validation_error is error.__cause__
    assert [(fault["loc"], fault["input"]) for fault in error.errors()] == [(("balance",), -7)]
    assert f"`Account` with id={rows[1].id}" in str(error)
    assert "balance: Input should be greater than or equal to 0 (it holds -7)" in str(error)
    assert "unvalidated()" in str(error)
    with pytest.raises(RowValidationError) as caught:
        await Account.objects.get(id=rows[3].id)
    assert {fault["loc"] for fault in caught.value.errors()} == {("level",), ("price",)}
    with pytest.raises(RowValidationError) as caught:
        await Account.objects.only("balance").filter(balance__lt=0).all()
    assert caught.value.errors()[0]["input"] == -7
    with pytest.raises(RowValidationError):
        await rows[1].refresh()


async def test_every_way_to_read_names_it(rows: list[Account]) -> None:
    bad = Account.objects.filter(balance__lt=0)
    with pytest.raises(RowValidationError):
        _ = [account async for account in bad.iterate()]
    with pytest.raises(RowValidationError):
        await bad.in_bulk()
    with pytest.raises(RowValidationError):
        await bad.annotate(more=F("balance") + 1).all()
    with pytest.raises(RowValidationError) as caught:
        await Owner.objects.order_by("id").prefetch("accounts")
    assert caught.value.model is Account
    with pytest.raises(RowValidationError) as caught:
        await Owner.objects.prefetch("tags")
    assert caught.value.model is Label
    with pytest.raises(RowValidationError):
        await Account.objects.raw("SELECT * FROM unread_accounts WHERE balance < 0")
    await execute_raw("UPDATE unread_owners SET name = 'A' WHERE name = 'Ann'")
    with pytest.raises(RowValidationError) as caught:
        await Account.objects.filter(id=rows[0].id).join("owner").all()
    assert caught.value.model is Owner
    assert caught.value.key == {"id": rows[0].owner_id}  # type: ignore[attr-defined]


async def test_loaded_for_repair(rows: list[Account]) -> None:
    loaded = await Account.objects.unvalidated().order_by("id").all()
    assert [account.balance for account in loaded] == [1, -7, 3, 4, 5]
    broken = loaded[3]
    assert (broken.level, broken.price) == (9, Decimal("-1.00"))
    assert list(broken.__dict__) == list(loaded[0].__dict__)
    broken.level = 2
    broken.price = Decimal("2.50")
    await broken.save()
    assert (await Account.objects.get(id=broken.id)).price == Decimal("2.50")
    poor = await Account.objects.unvalidated().get(balance__lt=0)
    poor.balance = -8
    with pytest.raises(ValidationError):
        await poor.save()
    poor.balance = 8
    await poor.save()
    assert len(await Account.objects.all()) == 5
    # What was not touched is not written, so that it is not validated either.
    await execute_raw("UPDATE unread_accounts SET balance = -9 WHERE balance = 8")
    poor = await Account.objects.unvalidated().get(balance=-9)
    poor.note = "seen"
    await poor.save()
    found = [each async for each in Account.objects.filter(note="seen").unvalidated().iterate()]
    assert [each.balance for each in found] == [-9]


async def test_related_rows_for_repair(rows: list[Account]) -> None:
    owners = await Owner.objects.unvalidated().prefetch("accounts", "tags").order_by("id").all()
    assert sorted(account.balance for account in owners[0].accounts) == [-7, 1, 3]
    assert sorted(label.size for label in owners[0].tags) == [-2, 1]
    await execute_raw("UPDATE unread_owners SET name = 'B' WHERE name = 'Bob'")
    joined = await Account.objects.join("owner").unvalidated().filter(balance=5).all()
    assert [account.owner.name for account in joined if account.owner] == ["B"]
    assert joined[0].owner is not None
    joined[0].owner.name = "Bert"
    await joined[0].owner.save()
    assert await Owner.objects.filter(name="Bert").count() == 1


async def test_left_out(rows: list[Account]) -> None:
    seen: list[RowValidationError] = []
    query = Account.objects.skip_invalid(seen.append).order_by("id")
    assert [account.balance for account in await query.all()] == [1, 3, 5]
    assert [error.key["id"] for error in seen] == [rows[1].id, rows[3].id]
    assert [each.balance async for each in query.iterate(chunk_size=1)] == [1, 3, 5]
    assert [each.balance async for each in query.iterate(chunk_size=2)] == [1, 3, 5]
    assert len(seen) == 6
    quiet = Account.objects.skip_invalid()
    first = await quiet.filter(Q(balance__lt=0) | Q(balance=3)).order_by("balance").first()
    assert first is not None
    assert first.balance == 3
    last = await quiet.filter(balance__in=[-7, 3]).order_by("-balance").last()
    assert last is not None
    assert last.balance == 3
    assert (await quiet.get(balance__in=[-7, 3])).balance == 3
    assert await quiet.get_or_none(balance=-7) is None
    assert await quiet.filter(balance=-7).first() is None
    assert set(await quiet.in_bulk()) == {rows[0].id, rows[2].id, rows[4].id}
    # The database counts them, and so does a limit.
    assert await quiet.count() == 5
    assert [each.balance for each in await quiet.order_by("id").limit(2)] == [1]
    # A query does not change.
    with pytest.raises(RowValidationError):
        await Account.objects.all()


async def test_related_rows_left_out(rows: list[Account]) -> None:
    owners = await Owner.objects.skip_invalid().prefetch("accounts", "tags").order_by("id").all()
    assert sorted(account.balance for account in owners[0].accounts) == [1, 3]
    assert [account.balance for account in owners[1].accounts] == [5]
    assert [label.size for label in owners[0].tags] == [1]
    await execute_raw("UPDATE unread_owners SET name = 'A' WHERE name = 'Ann'")
    joined = await Account.objects.join("owner").skip_invalid().order_by("id").all()
    assert [account.balance for account in joined] == [5]
    assert [owner.name for owner in await Owner.objects.skip_invalid().all()] == ["Bob"]


async def test_only_for_models(rows: list[Account]) -> None:
    for query in (Account.objects.unvalidated(), Account.objects.skip_invalid()):
        for values in (query.values("id"), query.values_list("id"), query.select("id")):
            with pytest.raises(FieldError, match="models"):
                await values.all()
    with pytest.raises(FieldError, match=r"unvalidated\(\) applies to models"):
        Account.objects.values("id").unvalidated()
    with pytest.raises(FieldError, match=r"skip_invalid\(\) applies to models"):
        Account.objects.values("id").skip_invalid()
    with pytest.raises(OxydeError, match="takes a function"):
        Account.objects.skip_invalid("quietly")  # type: ignore[arg-type]


async def test_a_validator_of_the_whole_model(rows: list[Account]) -> None:
    span = await Span.objects.create(first=1, last=5)
    assert await Span.objects.update(last=0) == 1
    with pytest.raises(RowValidationError, match="the last is before the first") as caught:
        await Span.objects.all()
    assert caught.value.key == {"id": span.id}
    assert await Span.objects.skip_invalid().all() == []
    (loaded,) = await Span.objects.unvalidated().all()
    assert (loaded.first, loaded.last) == (1, 0)
    loaded.last = 7
    await loaded.save()
    assert (await Span.objects.get()).last == 7


async def test_nothing_is_written_where_the_answer_cannot_be_read(rows: list[Account]) -> None:
    span = await Span.objects.create(first=1, last=5)
    with pytest.raises(RowValidationError):
        await Span.objects.update(first=9, returning=True)
    assert (await Span.objects.get()).first == 1
    async with atomic():
        await Span.objects.update(last=6)
        with pytest.raises(RowValidationError):
            await Span.objects.update(first=9, returning=True)
    read = await Span.objects.get()
    assert (read.first, read.last) == (1, 6)
    with pytest.raises(RowValidationError):
        await Account.objects.filter(balance__lt=0).update(note="x", returning=True)
    assert not await Account.objects.filter(note="x").exists()
    kept = Account.objects.filter(balance__lt=0).unvalidated()
    assert [each.balance for each in await kept.update(note="x", returning=True)] == [-7]
    some = Account.objects.filter(balance__lt=4).skip_invalid()
    assert len(await some.update(note="y", returning=True)) == 2
    assert await Account.objects.filter(note="y").count() == 3
    with pytest.raises(RowValidationError):
        await Span.objects.upsert(id=span.id, first=1, last=9, update={"first": 20})
    assert (await Span.objects.get()).first == 1
    bad = rows[1].id
    with pytest.raises(RowValidationError):
        await Account.objects.upsert(id=bad, note="z", update_fields=["note"])
    assert not await Account.objects.filter(note="z").exists()


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


async def test_what_the_database_fills_in(database: AsyncDatabase) -> None:
    class Painted(Model):
        class Meta:
            is_table = True
            table_name = "unread_painted"

        id: int | None = Field(default=None, db_pk=True)
        name: str = ""
        colour: Colour = Field(default=Colour.RED, db_default="'blue'")

    await create_tables(models=[Painted])
    made: Any = await Painted.objects.create(name="a")
    assert made.colour in Colour
    assert (await Painted.objects.get()).colour is made.colour
