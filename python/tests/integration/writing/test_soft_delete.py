"""`SoftDelete`: rows that are marked as deleted, hidden, restored and deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from oxyde import Count, Field, Model, Prefetch, SoftDelete, atomic, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    FieldError,
    ManagerError,
    NotFoundError,
    StaleObjectError,
    UniqueViolationError,
)


class Shelf(SoftDelete):
    class Meta:
        is_table = True
        table_name = "soft_shelf"

    id: int | None = Field(default=None, db_pk=True)
    code: str = Field(max_length=20, db_unique=True)
    jars: list[Jar] = Field(db_reverse_fk="shelf")


class Jar(SoftDelete):
    class Meta:
        is_table = True
        table_name = "soft_jar"
        unique_together = [("shelf", "label")]

    id: int | None = Field(default=None, db_pk=True)
    label: str = Field(max_length=20)
    shelf: Shelf | None = Field(default=None, db_on_delete="CASCADE")
    lids: list[Lid] = Field(db_reverse_fk="jar")
    spices: list[Spice] = Field(db_m2m=True)


class Lid(SoftDelete):
    class Meta:
        is_table = True
        table_name = "soft_lid"

    id: int | None = Field(default=None, db_pk=True)
    jar: Jar = Field(db_on_delete="CASCADE")


class Note(Model):
    class Meta:
        is_table = True
        table_name = "soft_note"

    id: int | None = Field(default=None, db_pk=True)
    jar: Jar | None = Field(default=None, db_on_delete="SET NULL")


class Spice(SoftDelete):
    class Meta:
        is_table = True
        table_name = "soft_spice"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    jars: list[Jar] = Field(db_m2m=True)


class Recipe(SoftDelete):
    class Meta:
        is_table = True
        table_name = "soft_recipe"
        version = "version"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    version: int = 1


MODELS: list[Any] = [Shelf, Jar, Lid, Note, Spice, Recipe]


@pytest.fixture
async def shelves(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=MODELS)
    await Shelf.objects.bulk_create([Shelf(id=1, code="a"), Shelf(id=2, code="b")])
    jars = [(1, 1, "mint"), (2, 1, "dill"), (3, 2, "mint")]
    await Jar.objects.bulk_create([Jar(id=i, shelf_id=s, label=name) for i, s, name in jars])
    await Lid.objects.bulk_create([Lid(id=1, jar_id=1), Lid(id=2, jar_id=3)])
    await Note.objects.bulk_create([Note(id=1, jar_id=1)])
    return database


async def ids(query: Any) -> list[int]:
    return sorted(await query.values_list("id", flat=True))


async def test_an_instance_is_marked_and_restored(shelves: AsyncDatabase) -> None:
    jar = await Jar.objects.get(id=1)
    assert await jar.delete() == 1
    assert isinstance(jar.deleted_at, datetime)
    assert await ids(Jar.objects) == [2, 3]
    assert await ids(Jar.deleted) == [1]
    assert await ids(Jar.unscoped) == [1, 2, 3]
    kept = await Jar.unscoped.get(id=1)
    assert (kept.deleted_at, kept.is_live) == (jar.deleted_at, None)
    assert await jar.delete() == 0
    with pytest.raises(NotFoundError, match=r"no Jar matches id\nhint: Jar.unscoped has"):
        await Jar.objects.get(id=1)
    # Instances are found by their keys, marked or not.
    jar.label = "thyme"
    await jar.save()
    await jar.refresh()
    assert (jar.label, jar.deleted_at) == ("thyme", kept.deleted_at)
    assert await jar.restore() == 1
    assert (jar.deleted_at, await ids(Jar.objects)) == (None, [1, 2, 3])
    assert await jar.restore() == 0
    assert await jar.hard_delete() == 1
    assert await ids(Jar.unscoped) == [2, 3]


async def test_other_models_do_not_see_marked_rows(shelves: AsyncDatabase) -> None:
    await Jar.objects.filter(id=1).delete()
    notes = await Note.objects.join("jar")
    assert [(note.jar_id, note.jar) for note in notes] == [(1, None)]
    opened = await Note.objects.unscoped("jar").join("jar")
    assert [note.jar and note.jar.id for note in opened] == [1]
    (note,) = await Note.objects.prefetch("jar")
    assert note.jar is None
    (note,) = await Note.objects.unscoped("jar").prefetch("jar")
    assert note.jar is not None
    shelf = await Shelf.objects.prefetch("jars").get(id=1)
    assert [jar.id for jar in shelf.jars] == [2]
    shelf = await Shelf.objects.prefetch(Prefetch("jars", Jar.unscoped.order_by("id"))).get(id=1)
    assert [jar.id for jar in shelf.jars] == [1, 2]
    counts = Shelf.objects.annotate(n=Count("jars")).order_by("id").values_list("n", flat=True)
    assert await counts == [1, 1]
    counts = Shelf.objects.unscoped("jars").annotate(n=Count("jars")).order_by("id")
    assert await counts.values_list("n", flat=True) == [2, 1]
    assert await Note.objects.filter(jar__label="mint").count() == 0
    assert await Note.objects.filter(jar=1).count() == 1
    assert await ids(shelf.jars_set.query()) == [2]
    assert await ids(shelf.jars_set.query(Jar.unscoped)) == [1, 2]
    assert await Jar.objects.raw("SELECT * FROM soft_jar ORDER BY id")


async def test_rows_that_refer_to_a_row_follow_it(shelves: AsyncDatabase) -> None:
    await Jar.objects.filter(id=2).delete()
    early = (await Jar.deleted.get(id=2)).deleted_at
    shelf = await Shelf.objects.get(id=1)
    assert await shelf.delete() == 1
    assert await ids(Jar.objects) == [3]
    assert await ids(Lid.objects) == [2]
    assert (await Jar.deleted.get(id=2)).deleted_at == early
    moments = {(await model.unscoped.get(id=1)).deleted_at for model in (Shelf, Jar, Lid)}
    assert moments == {shelf.deleted_at}
    assert (await Note.objects.get(id=1)).jar_id == 1
    assert await Shelf.deleted.filter(code="a").restore() == 1
    # What was deleted before stays deleted.
    assert await ids(Jar.objects) == [1, 3]
    assert await ids(Lid.objects) == [1, 2]
    assert await Shelf.objects.order_by("-id")[:1].delete() == 1
    assert (await ids(Shelf.objects), await ids(Jar.objects)) == ([1], [1])
    assert await Shelf.objects.delete() == 1
    assert await ids(Shelf.deleted) == [1, 2]


async def test_unique_keys_hold_among_rows_that_are_not_deleted(shelves: AsyncDatabase) -> None:
    await Shelf.objects.filter(code="a").delete()
    again = await Shelf.objects.create(id=11, code="a")
    await again.delete()
    third, made = await Shelf.objects.get_or_create({"id": 12}, code="a")
    assert made
    with pytest.raises(UniqueViolationError):
        await Shelf.objects.create(id=13, code="a")
    with pytest.raises(UniqueViolationError):
        await again.restore()
    assert again.deleted_at is not None
    found = await Shelf.objects.in_bulk(["a", "b"], field="code")
    assert sorted(found) == ["a", "b"]
    assert found["a"].id == third.id
    stored, made = await Shelf.objects.update_or_create({"code": "c"}, code="a")
    assert (stored.id, made) == (third.id, False)
    for arguments in ({"unique_fields": ["code"]}, {}):
        with pytest.raises(FieldError, match=r"no unique key of code over all.*\nhint: use Shelf"):
            await Shelf.objects.upsert(code="a", **arguments)
    with pytest.raises(FieldError, match="code` is not unique"):
        await Shelf.unscoped.in_bulk(["a"], field="code")


async def test_many_to_many(shelves: AsyncDatabase) -> None:
    jar = await Jar.objects.get(id=1)
    spices = [await Spice.objects.create(id=number, name=str(number)) for number in (1, 2, 3)]
    await jar.spices_set.add(*spices)
    await spices[0].delete()
    assert await ids(jar.spices_set.query()) == [2, 3]
    assert [spice.id for spice in (await Jar.objects.prefetch("spices").get(id=1)).spices] == [2, 3]
    assert await ids(Jar.objects.filter(spices__name="1")) == []
    assert await ids(Jar.objects.filter(spices=2)) == [1]
    # Links to marked rows stay for the time when they are restored.
    await jar.spices_set.set([3])
    await spices[0].restore()
    assert await ids(jar.spices_set.query()) == [1, 3]


async def test_a_rollback_takes_the_mark_back(shelves: AsyncDatabase) -> None:
    jar = await Jar.objects.get(id=1)
    with pytest.raises(ZeroDivisionError):
        async with atomic():
            await jar.delete()
            assert jar.deleted_at is not None
            raise ZeroDivisionError
    assert (jar.deleted_at, await ids(Jar.objects)) == (None, [1, 2, 3])


async def test_hidden_rows_with_the_same_key(shelves: AsyncDatabase) -> None:
    await Jar.objects.filter(id=1).delete()
    with pytest.raises(UniqueViolationError, match="the row is there, outside of the scope of `Ja"):
        await Jar.objects.get_or_create({"label": "x"}, id=1)
    with pytest.raises(UniqueViolationError, match="may be outside of the scope of `Jar`"):
        await Jar.objects.create(id=1, label="x")
    jar, made = await Jar.unscoped.get_or_create({"label": "x"}, id=1)
    assert (jar.label, made) == ("mint", False)


async def test_stale_instances_are_not_marked(shelves: AsyncDatabase) -> None:
    recipe = await Recipe.objects.create(name="soup")
    stale = await Recipe.objects.get(id=recipe.id)
    assert await recipe.delete() == 1
    assert (recipe.version, await Recipe.objects.count()) == (2, 0)
    with pytest.raises(StaleObjectError, match=r"delete\(\) of a stale Recipe"):
        await stale.delete()
    assert await recipe.delete() == 0
    assert await recipe.restore() == 1
    assert (recipe.version, recipe.deleted_at) == (3, None)
    with pytest.raises(StaleObjectError, match=r"delete\(\) of a stale Recipe"):
        await stale.delete()
    await stale.refresh()
    assert await stale.delete() == 1


async def test_combined_queries_keep_their_scope(shelves: AsyncDatabase) -> None:
    await Jar.objects.filter(id=1).delete()
    either = Jar.objects.filter(label="mint") | Jar.objects.filter(label="dill")
    assert await ids(either) == [2, 3]
    assert await ids(either.unscoped()) == [1, 2, 3]
    assert await ids(Jar.objects.filter(label="dill") | Jar.objects) == [2, 3]
    assert await ids(Jar.unscoped.filter(label="mint") | Jar.unscoped.filter(id=2)) == [1, 2, 3]
    shelf = await Shelf.objects.get(id=1)
    assert await ids(shelf.jars_set.unscoped()) == [1, 2]


async def test_refused(shelves: AsyncDatabase) -> None:
    with pytest.raises(ManagerError, match=r"restore\(\) brings back rows.*Note deletes them"):
        await Note.objects.filter(id=1).restore()
    with pytest.raises(ManagerError, match="Note has no scope, so its queries read all rows"):
        _ = Note.unscoped
    with pytest.raises(FieldError, match="`Note` has no scope"):
        Note.objects.unscoped()
    with pytest.raises(FieldError, match="`Jar` has no relation `notes`"):
        Jar.objects.unscoped("notes")
    assert await Note.objects.filter(id=1).hard_delete() == 1
