"""Columns that get the database's time: `auto_now` and `auto_now_add`."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, cast

import pytest
from pydantic import AwareDatetime

from oxyde import Concat, F, Field, FieldError, Model, Now, Value, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import separate_registry

OLD = datetime(2001, 2, 3, 4, 5, 6, 789_000)
AWARE = OLD.replace(tzinfo=timezone.utc)


class Letter(Model):
    class Meta:
        is_table = True
        table_name = "auto_now_letters"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    views: int = 0
    data: dict[str, Any] = Field(default_factory=dict)
    written: AwareDatetime = Field(auto_now_add=True)
    changed: datetime = Field(auto_now=True)
    day: date = Field(auto_now_add=True)
    hour: time = Field(auto_now=True)


@pytest.fixture
async def letters(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Letter])
    return database


async def stored(letter: Letter) -> Letter:
    return await Letter.objects.get(id=letter.id)


async def old(code: str = "old", count: int = 1) -> list[Letter]:
    """Rows whose times are long ago."""
    times = {"written": AWARE, "changed": OLD, "day": OLD.date(), "hour": OLD.time()}
    rows = [{"code": f"{code}{n}", **times} for n in range(count)]
    return await Letter.objects.bulk_create(rows)


def is_now(moment: datetime) -> bool:
    """Within the time of the test; the clocks are one machine's."""
    now = datetime.now(timezone.utc)
    return abs(now - moment.replace(tzinfo=timezone.utc)) < timedelta(seconds=60)


async def check_changed(letter: Letter) -> None:
    """The row was changed now, and made long ago."""
    assert is_now(letter.changed)
    assert letter.hour != OLD.time()
    assert (letter.written, letter.day) == (AWARE, OLD.date())
    assert letter == await stored(letter)


async def test_a_new_row_has_them_read_back(letters: AsyncDatabase) -> None:
    first = await Letter.objects.create(code="a")
    second = Letter(code="b")
    await second.save()
    third, created = await Letter.objects.get_or_create(code="c")
    assert created
    fourth = await Letter.objects.upsert(code="d")
    fifth, created = await Letter.objects.update_or_create(code="e", defaults={"views": 1})
    assert created
    many = await Letter.objects.bulk_create([Letter(code=f"m{n}") for n in range(3)])
    for letter in (first, second, third, fourth, fifth, *many):
        assert is_now(letter.written)
        assert is_now(letter.changed)
        assert letter.written.tzinfo is not None
        assert letter.changed.tzinfo is None
        assert is_now(datetime.combine(letter.day, letter.hour))
        assert letter == await stored(letter)
    assert await Letter.objects.filter(written__lte=Now(), changed__gt=OLD).count() == 8


async def test_thousands_of_rows(letters: AsyncDatabase) -> None:
    many = await Letter.objects.bulk_create([Letter(code=f"m{n}") for n in range(1500)])
    assert all(is_now(letter.changed) for letter in many)
    assert await Letter.objects.filter(changed__gt=OLD).count() == 1500


async def test_insert_from_a_query(letters: AsyncDatabase) -> None:
    [letter] = await old()
    rows = Letter.objects.annotate(other=Concat("code", Value("!"))).values(
        "other", "views", "data"
    )
    assert await Letter.objects.insert_from(rows, ["code", "views", "data"]) == 1
    made = await Letter.objects.get(code="old0!")
    assert is_now(made.written)
    assert is_now(made.changed)
    assert (await stored(letter)).changed == OLD


async def test_a_save_sets_the_time(letters: AsyncDatabase) -> None:
    [letter] = await old()
    loaded = await stored(letter)
    loaded.views = 1
    await loaded.save()
    await check_changed(loaded)
    before = loaded.changed
    await loaded.save()  # nothing to write
    assert (await stored(letter)).changed == before
    [letter] = await old("other")
    letter.views, letter.code = 2, "not written"
    await letter.save(update_fields=["views"])
    assert is_now(letter.changed)
    assert (await stored(letter)).code == "other0"


async def test_a_row_that_was_not_loaded(letters: AsyncDatabase) -> None:
    [letter] = await old()
    same = Letter(id=letter.id, code="same")
    await same.save()
    assert is_now(same.changed)
    part = await Letter.objects.only("views").get(id=letter.id)
    await Letter.objects.filter(id=letter.id).update(changed=OLD)
    part.views = 3
    await part.save()
    assert is_now((await stored(letter)).changed)
    with pytest.raises(FieldError, match="was not loaded"):
        _ = part.changed


async def test_changed_in_place(letters: AsyncDatabase) -> None:
    letter = await stored((await old())[0])
    letter.data["a"] = 1
    await letter.save()
    await check_changed(letter)


async def test_updates_of_queries(letters: AsyncDatabase) -> None:
    [letter] = await old()

    async def again() -> None:
        await check_changed(await stored(letter))
        await Letter.objects.update(changed=OLD, hour=OLD.time())

    query = Letter.objects.filter(id=letter.id)
    assert await query.update(views=1) == 1
    await again()
    assert await query.increment("views") == 1
    await again()
    assert await query.update(data__a=1) == 1
    await again()
    assert await query.order_by("id").limit(1).update(views=F("views") + 1) == 1
    await again()
    [row] = await query.update(code="new", returning=True)
    await check_changed(row)
    row, created = await Letter.objects.update_or_create({"views": 9}, code="new")
    assert not created
    await check_changed(row)


async def test_bulk_update_reads_them_back(letters: AsyncDatabase) -> None:
    rows = await old(count=3)
    loaded = await Letter.objects.order_by("id").all()
    for each in loaded:
        each.views = 5
    await Letter.objects.bulk_update(loaded, ["views"])
    for each in loaded:
        await check_changed(each)
    await Letter.objects.bulk_update(rows, ["changed", "hour"])
    assert (await stored(rows[0])).changed == OLD
    await Letter.objects.bulk_update(rows, views=F("views") + 1)
    for each in rows:
        assert is_now(each.changed)


async def test_upserts_of_stored_rows(letters: AsyncDatabase) -> None:
    [letter] = await old()
    row = await Letter.objects.upsert(code="old0", views=1)
    await check_changed(row)
    await Letter.objects.update(changed=OLD)
    row = await Letter.objects.upsert(code="old0", update={"views": F("views") + 1})
    await check_changed(row)
    await Letter.objects.update(changed=OLD)
    [row] = await Letter.objects.bulk_create(
        [Letter(code="old0", views=7)], update_conflicts=True, unique_fields=["code"]
    )
    assert is_now(row.changed)
    await check_changed(await stored(letter))
    # A row that stays as it is was not changed.
    await Letter.objects.update(changed=OLD)
    await Letter.objects.upsert(code="old0")
    assert (await stored(letter)).changed == OLD


async def test_a_given_value_is_taken(letters: AsyncDatabase) -> None:
    made = await Letter.objects.create(code="a", written=AWARE, changed=OLD)
    assert (made.written, made.changed) == (AWARE, OLD)
    made.views, made.changed = 1, OLD + timedelta(days=1)
    await made.save()
    assert (await stored(made)).changed == OLD + timedelta(days=1)
    made.views = 2
    await made.save()
    assert is_now(made.changed)
    row = await Letter.objects.upsert(code="a", changed=OLD)
    assert row.changed == OLD
    made.written = AWARE + timedelta(hours=1)
    await made.save()
    assert (await stored(made)).written == AWARE + timedelta(hours=1)


async def test_a_copy_is_a_row_of_its_own(letters: AsyncDatabase) -> None:
    letter = await stored((await old())[0])
    letter.id, letter.code = None, "copy"
    await letter.save()
    assert is_now(letter.written)
    assert is_now(letter.changed)
    letter.id, letter.code, letter.written = None, "kept", AWARE
    await letter.save()
    assert (letter.written, is_now(letter.changed)) == (AWARE, True)


async def test_a_rollback_takes_it_back(letters: AsyncDatabase) -> None:
    letter = await stored((await old())[0])
    with pytest.raises(RuntimeError):
        async with atomic():
            letter.views = 1
            await letter.save()
            assert is_now(letter.changed)
            raise RuntimeError
    assert letter.changed == OLD
    await letter.save()
    await check_changed(letter)


async def test_the_time_moves_on(letters: AsyncDatabase) -> None:
    letter = await Letter.objects.create(code="a")
    before = letter.changed
    await asyncio.sleep(0.01)
    await Letter.objects.update(views=1)
    after = (await stored(letter)).changed
    assert before < after
    assert await Letter.objects.filter(changed=after).count() == 1
    assert await Letter.objects.filter(changed=F("changed"), written__lt=F("changed")).count() == 1


def test_what_is_refused() -> None:
    def model(annotation: Any, field: Any) -> None:
        with separate_registry():
            cast("Any", type(Model))(
                "Wrong",
                (Model,),
                {
                    "__module__": __name__,
                    "__annotations__": {"id": "int | None", "at": annotation},
                    "Meta": type("Meta", (), {"is_table": True}),
                    "id": Field(default=None, db_pk=True),
                    "at": field,
                },
            )

    both: Any = Field(auto_now=True, auto_now_add=True)  # type: ignore[call-overload]
    made: Any = Field(default_factory=datetime.now, auto_now=True)  # type: ignore[call-overload]
    for annotation, field, message in [
        (datetime, both, "both auto_now and auto_now_add"),
        (datetime, made, "auto_now and default_factory"),
        (datetime, Field(default=OLD, auto_now=True), "auto_now and a default"),
        (datetime, Field(auto_now_add=True, db_default="now()"), "auto_now_add and db_default"),
        (datetime, Field(auto_now=True, db_generated="now()"), "auto_now and db_generated"),
        (datetime, Field(auto_now=True, db_pk=True), "auto_now and db_pk"),
        (int, Field(auto_now=True), "is not a time"),
        (str | None, Field(auto_now_add=True), "is not a time"),
        (Letter, Field(auto_now_add=True), "is not a time"),
        (datetime, Field(auto_now=cast("Any", 1)), "True or False"),
    ]:
        with pytest.raises(FieldError, match=message) as caught:
            model(annotation, field)
        assert "Wrong.at" in str(caught.value)


def test_requests_do_not_have_them() -> None:
    for purpose in ("create", "update"):
        fields = Letter.schema_for(purpose).model_fields
        assert not {"written", "changed", "day", "hour"} & set(fields)
    named = Letter.schema_for("create", include=["code", "written"])
    assert named(code="a").model_dump(exclude_unset=True) == {"code": "a"}
    assert "written" in Letter.schema_for("public").model_fields
