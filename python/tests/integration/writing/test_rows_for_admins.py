"""Rows listed, created, changed and deleted by names and strings alone, as an admin does."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import pytest
from pydantic import ValidationError

from oxyde import Field, Model, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import IntegrityError, NotFoundError
from oxyde.models import registered_tables
from oxyde.queries.q import Q


class WorkDeskOwner(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20, db_unique=True)
    desks: list[WorkDesk] = Field(db_reverse_fk="owner")


class WorkDeskTag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    label: str


class WorkDesk(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=30)
    built: bool = False
    owner: WorkDeskOwner | None = Field(default=None, db_on_delete="SET NULL")
    tags: list[WorkDeskTag] = Field(db_m2m=True)


# The table between is made when it is first needed.
_BETWEEN = WorkDesk._db_meta.relations["tags"].through


@pytest.fixture(autouse=True)
async def desks(database: AsyncDatabase) -> None:
    await create_tables(models=[WorkDeskOwner, WorkDeskTag, WorkDesk])
    await WorkDeskOwner.objects.bulk_create([{"name": "Ann"}, {"name": "Bob"}])
    await WorkDeskTag.objects.bulk_create([{"label": "oak"}, {"label": "old"}])


def model_named(name: str) -> Any:
    return next(each for each in registered_tables().values() if each.__name__ == name)


async def set_tags(model: Any, keys: list[int], tags: list[int]) -> None:
    """Replace the rows of the table between by what its metadata says."""
    relation = model._db_meta.relations["tags"]
    assert relation.through == _BETWEEN
    between = model_named(relation.through)
    columns = {
        field.foreign_key.target.rpartition(".")[2]: name
        for name, field in between._db_meta.field_metadata.items()
        if field.foreign_key is not None
    }
    mine, other = columns[model.__name__], columns[relation.target]
    await between.objects.filter(**{f"{mine}__in": keys}).delete()
    await between.objects.bulk_create([{mine: key, other: tag} for key in keys for tag in tags])


async def test_create_and_read_with_relations() -> None:
    model = model_named("WorkDesk")
    row = await model.objects.create(title="Big", owner_id=1)
    await set_tags(model, [row.id], [1, 2])
    (found,) = await model.objects.prefetch("tags").filter(id=row.id).all()
    assert found.model_dump() == {
        "id": row.id,
        "title": "Big",
        "built": False,
        "owner_id": 1,
        "owner": None,
        "tags": [{"id": 1, "label": "oak"}, {"id": 2, "label": "old"}],
    }
    with pytest.raises(IntegrityError):
        await model_named("WorkDeskOwner").objects.create(name="Ann")
    with pytest.raises(NotFoundError):
        await model.objects.get(id=999)


async def test_pages_search_and_order() -> None:
    model = model_named("WorkDesk")
    await model.objects.bulk_create(
        [{"title": f"Desk {n}", "owner_id": n % 2 + 1, "built": n > 3} for n in range(6)]
    )
    found = model.objects.filter(
        reduce(or_, [Q(**{f"{name}__icontains": "desk"}) for name in ("title", "owner__name")])
    ).filter(built=False)
    assert await found.count() == 4
    page = await found.order_by("-title").limit(2).offset(1).all()
    assert [row.title for row in page] == ["Desk 2", "Desk 1"]
    key = model._db_meta.field_metadata["owner_id"].foreign_key
    owners = await registered_tables()[key.target].objects.filter(
        **{f"{key.target_field}__in": [row.owner_id for row in page]}
    )
    assert {owner.name for owner in owners} == {"Ann", "Bob"}


async def test_change_by_a_validated_copy() -> None:
    model = model_named("WorkDesk")
    row = await model.objects.create(title="Big", owner_id=1)
    changed = {"title": "Small", "owner_id": "2"}
    valid = model.model_validate({**row.model_dump(), **changed})
    for name in changed:
        setattr(row, name, getattr(valid, name))
    await row.save(update_fields=set(changed))
    assert (await model.objects.get(id=row.id)).owner_id == 2
    with pytest.raises(ValidationError, match="title"):
        model.model_validate({**row.model_dump(), "title": "x" * 31})


async def test_many_rows_at_once() -> None:
    model = model_named("WorkDesk")
    made = await model.objects.bulk_create([{"title": "a"}, {"title": "b"}, {"title": "c"}])
    keys = [row.id for row in made]
    changed = await model.objects.filter(id__in=keys[:2]).update(built=True, owner_id=2)
    assert changed == 2
    await set_tags(model, keys, [1])
    rows = await model.objects.prefetch("tags").order_by("id").all()
    assert [[tag.label for tag in row.tags] for row in rows] == [["oak"]] * 3
    await set_tags(model, keys, [])
    assert await model.objects.filter(id__in=[*keys, 999]).delete() == 3
