"""Managers, scopes, soft delete and related rows of models without `await`."""

from __future__ import annotations

import pytest
from typing_extensions import Self

from oxyde import AsyncDatabase, Field, sync
from oxyde.exceptions import ManagerError


class CupQuery(sync.Query["Cup"]):
    def large(self) -> Self:
        return self.filter(size__gte=3)


class Cup(sync.SoftDelete):
    class Meta:
        is_table = True
        table_name = "sync_cup"

    objects = CupQuery.as_manager()

    id: int | None = Field(default=None, db_pk=True)
    size: int
    spoons: list[Spoon] = Field(db_reverse_fk="cup")
    shelf: Shelf | None = None


class Shelf(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_shelf"

    id: int | None = Field(default=None, db_pk=True)
    cups: list[Cup] = Field(db_reverse_fk="shelf")


class Spoon(sync.Model):
    class Meta:
        is_table = True
        table_name = "sync_spoon"

    id: int | None = Field(default=None, db_pk=True)
    length: int
    cup: Cup | None = None


@pytest.fixture
def cups(opened: AsyncDatabase) -> None:
    sync.create_tables(models=[Shelf, Cup, Spoon])
    Cup.objects.bulk_create([Cup(id=n, size=n) for n in range(1, 5)])


def test_queries_have_methods_of_their_own(cups: None) -> None:
    assert [cup.id for cup in Cup.objects.large().order_by("-id")] == [4, 3]
    assert Cup.objects.filter(size=3).large().count() == 1
    assert Cup.objects.order_by("id").large()[:1].get().size == 3


def test_rows_are_marked_and_restored(cups: None) -> None:
    cup = Cup.objects.get(id=3)
    assert cup.delete() == 1
    assert [each.id for each in Cup.objects.large()] == [4]
    assert [each.id for each in Cup.deleted.all()] == [3]
    assert Cup.unscoped.count() == 4
    assert cup.restore() == 1
    assert Cup.objects.filter(id__in=[1, 3]).delete() == 2
    assert Cup.unscoped.filter(id=1).restore() == 1
    assert sync.hard_delete(Cup.objects.get(id=1)) == 1
    assert sorted(Cup.unscoped.values_list("id", flat=True)) == [2, 3, 4]
    with pytest.raises(ManagerError, match="Spoon has no scope"):
        _ = Spoon.unscoped


def test_related_rows_are_a_query(cups: None) -> None:
    cup = Cup.objects.get(id=1)
    made = cup.spoons_set.create(length=7)
    assert (made.cup_id, cup.spoons_set.count()) == (1, 1)
    assert cup.spoons_set.get_or_create(length=9)[1]
    assert [each.length for each in cup.spoons_set.order_by("-length")] == [9, 7]
    assert [each.length for each in cup.spoons_set.query(Spoon.objects.filter(length=9))] == [9]
    assert cup.spoons_set.filter(length=9).update(length=8) == 1
    assert cup.spoons_set.remove(made) == 1
    assert cup.spoons_set.values_list("length", flat=True).all() == [8]
    shelf = Shelf.objects.create(id=1)
    shelf.cups_set.add(2, 3, 4)
    assert sorted(each.id for each in shelf.cups_set.query(Cup.objects).large()) == [3, 4]
    spoon = sync.related(cup, "spoons").latest("length")
    assert spoon.length == 8
