"""Managers and classes of queries of a model."""

from __future__ import annotations

from typing import ClassVar

import pytest
from typing_extensions import Self, TypeVar

from oxyde import Field, ManagerError, Model, Query, QueryManager, related
from oxyde.exceptions import FieldError

M = TypeVar("M")


class ScrollQuery(Query["Scroll"]):
    def open(self) -> Self:
        return self.filter(is_sealed=False)

    def by(self, copyist: int) -> Self:
        return self.filter(copyist_id=copyist)


class ByNumber(Query[M, M]):
    def numbered(self, *numbers: int) -> Self:
        return self.filter(id__in=list(numbers))


class Written(Model):
    """An abstract base."""

    id: int | None = Field(default=None, db_pk=True)

    objects = ByNumber.as_manager()


class Copyist(Written):
    class Meta:
        is_table = True
        table_name = "managed_copyist"

    scrolls: list[Scroll] = Field(db_reverse_fk="copyist")


class Scroll(Written):
    class Meta:
        is_table = True
        table_name = "managed_scroll"

    is_sealed: bool = True
    copyist: Copyist

    objects: ClassVar = ScrollQuery.as_manager()
    opened = ScrollQuery.as_manager(lambda rows: rows.open())


def conditions(query: Query) -> str:
    text, _ = query.sql("sqlite")
    return text.partition(" WHERE ")[2].replace('"managed_scroll".', "").replace('"', "")


def test_methods_of_the_class_continue_every_chain() -> None:
    assert conditions(Scroll.objects.open().by(3)) == "is_sealed = ? AND copyist_id = ?"
    assert conditions(Scroll.objects.filter(id=1).open()) == "id = ? AND is_sealed = ?"
    assert isinstance(Scroll.objects.order_by("id").open().limit(3), ScrollQuery)
    assert isinstance(Scroll.objects.join("copyist").strict()[:3], ScrollQuery)
    assert isinstance(Scroll.objects.union(Scroll.objects.by(1)), ScrollQuery)


def test_a_manager_that_begins_with_some_rows() -> None:
    assert conditions(Scroll.opened.by(1)) == "is_sealed = ? AND copyist_id = ?"
    assert Scroll.opened is Scroll.opened
    assert conditions(Scroll.objects.all_rows()) == ""


def test_an_abstract_base_gives_each_model_a_manager_of_its_own() -> None:
    assert isinstance(Copyist.objects, ByNumber)
    assert Copyist.objects.numbered(1)._model is Copyist
    with pytest.raises(ManagerError, match="Written has no table to query"):
        _ = Written.objects


def test_models_without_a_manager_have_queries() -> None:
    class Plain(Model):
        class Meta:
            is_table = True
            table_name = "managed_plain"

        id: int | None = Field(default=None, db_pk=True)

    assert isinstance(Plain.objects, QueryManager)
    assert type(Plain.objects.filter(id=1)) is Query


def test_related_managers_have_the_methods_of_the_other_model() -> None:
    copyist = Copyist(id=7)
    assert conditions(copyist.scrolls_set.open()) == "copyist_id = ? AND is_sealed = ?"
    assert conditions(related(copyist, "scrolls").query(Scroll.opened)) == (
        "is_sealed = ? AND copyist_id = ?"
    )
    with pytest.raises(FieldError, match=r"`Copyist.scrolls` has rows of `Scroll`.*of `Copyist`"):
        related(copyist, "scrolls").query(Copyist.objects)
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        copyist.scrolls_set.opne()


def test_managers_are_not_fields() -> None:
    assert set(Scroll.model_fields) == {"id", "is_sealed", "copyist", "copyist_id"}
    with pytest.raises(ManagerError, match="opened is accessed on the class Scroll"):
        _ = Scroll(copyist_id=1).opened


def test_refused_managers() -> None:
    with pytest.raises(FieldError, match=r"Wrong.objects is ScrollQuery, a class of queries"):

        class Wrong(Model):
            objects = ScrollQuery

    with pytest.raises(FieldError, match=r"Field.objects is a manager, and its annotation"):
        type(Model)(
            "Field",
            (Model,),
            {
                "__module__": __name__,
                "__annotations__": {"objects": Query},
                "objects": ScrollQuery.as_manager(),
            },
        )
    with pytest.raises(FieldError, match=r"Hiding.opened hides the manager opened"):

        class Hiding(Scroll):
            opened: bool = True

    class Aimless(Model):
        class Meta:
            is_table = True
            table_name = "managed_aimless"

        id: int | None = Field(default=None, db_pk=True)
        first = ScrollQuery.as_manager(lambda rows: None)

    with pytest.raises(ManagerError, match=r"function of Aimless.first must return a query.*None"):
        _ = Aimless.first
