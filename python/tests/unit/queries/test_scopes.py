"""`scope` of `class Meta`, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Count, Field, Model, OuterRef, Q, Query, RawSQL, Subquery
from oxyde.exceptions import FieldError, ManagerError


class Kennel(Model):
    class Meta:
        is_table = True
        table_name = "scoped_kennel"

    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
    dogs: list[Dog] = Field(db_reverse_fk="kennel")


class Hidden(Model):
    """An abstract base."""

    class Meta:
        scope = Q(is_hidden=False) & Q(weight__gt=3)

    id: int | None = Field(default=None, db_pk=True)
    is_hidden: bool = False
    weight: int = 9


class Dog(Hidden):
    class Meta:
        is_table = True
        table_name = "scoped_dog"

    kennel: Kennel


class Cat(Hidden):
    class Meta:
        is_table = True
        table_name = "scoped_cat"
        scope = None


def where(query: Any) -> str:
    text: str = query.sql("sqlite")[0]
    return text.partition(" WHERE ")[2].replace('"', "").replace("scoped_", "")


def test_a_scope_is_inherited_and_left_out() -> None:
    assert where(Dog.objects) == "dog.is_hidden = ? AND dog.weight > ?"
    assert where(Dog.unscoped) == where(Dog.objects.unscoped()) == ""
    assert where(Dog.objects.filter(id=1).unscoped().filter(id=2)) == "dog.id = ? AND dog.id = ?"
    assert where(Cat.objects) == ""


def test_the_values_of_scopes_are_with_those_of_the_query() -> None:
    query = Kennel.objects.filter(name="a", dogs__id=7).annotate(n=Count("dogs"))
    text, values = query.sql("sqlite")
    assert text.count("?") == len(values)
    assert sorted(map(repr, values)) == sorted(map(repr, [False, 3, False, 3, "a", 7]))
    assert query.limit(7).sql("sqlite")[1][-1] == 7
    # The plan of a shape is kept, with the values of the scope.
    assert Kennel.objects.filter(name="b", dogs__id=8).annotate(n=Count("dogs")).sql("sqlite")[
        1
    ] == [{"a": "b", 7: 8}.get(value, value) for value in values]


def test_a_query_opens_a_relation() -> None:
    assert "is_hidden" in where(Kennel.objects.filter(dogs__id=1))
    assert "is_hidden" not in where(Kennel.objects.unscoped("dogs").filter(dogs__id=1))
    opened = Kennel.objects.unscoped(lambda k: k.dogs).filter(dogs__id=1)
    assert "is_hidden" not in where(opened)
    with pytest.raises(FieldError, match=r"`Kennel`, where `kennel` of `Dog` leads, has no scope"):
        Dog.objects.unscoped("kennel")
    with pytest.raises(FieldError, match=r"`Kennel.name` is a column, not a relation"):
        Kennel.objects.unscoped("name")
    with pytest.raises(FieldError, match=r"`Kennel` has no scope"):
        Kennel.objects.unscoped()
    with pytest.raises(ManagerError, match=r"Kennel has no scope, so its queries read all rows"):
        _ = Kennel.unscoped
    with pytest.raises(FieldError, match=r"unscoped\(\) of a combined query of `Dog`"):
        Dog.objects.union(Dog.objects).unscoped()


def _model(name: str, scope: Any) -> Any:
    meta = type("Meta", (), {"is_table": True, "table_name": f"scoped_{name}", "scope": scope})
    annotations = {"id": int | None, "size": int, "kennel": Kennel}
    space = {"__module__": __name__, "__annotations__": annotations, "Meta": meta}
    return type(Model)(name, (Model,), {**space, "id": Field(default=None, db_pk=True)})


@pytest.mark.parametrize("scope", ["size > 3", {"size": 3}, 3, int])
def test_a_scope_is_a_condition(scope: Any) -> None:
    with pytest.raises(FieldError, match=r"Wrong.Meta.scope is a condition on the model's columns"):
        _model("Wrong", scope)


@pytest.mark.parametrize(
    ("name", "scope", "message"),
    [
        ("ScopeA", Q(kennel__name="x"), "ScopeA.Meta.scope reads more than the columns of `ScopeA"),
        ("ScopeB", Q(kennel__dogs=None), "reads more than the columns"),
        ("ScopeC", Q(id__in=Query(Kennel).values("id")), "reads more than the columns"),
        ("ScopeD", lambda row: row.kennel.name == "x", "reads more than the columns"),
        ("ScopeE", RawSQL("size > 3", output=bool), "reads more than the columns"),
        ("ScopeF", Q(sise=3), "ScopeF.Meta.scope: `ScopeF` has no field `sise`"),
        ("ScopeG", Q(), "ScopeG.Meta.scope is a condition"),
        ("ScopeH", lambda row: row.size, "ScopeH.Meta.scope is a condition"),
        ("ScopeI", lambda row: 3, r"ScopeI.Meta.scope: the function must return"),
        (
            "ScopeJ",
            Q(size=Subquery(Query(Kennel).filter(id=OuterRef("id")).values("id")[:1])),
            "reads more than the columns",
        ),
        ("ScopeK", Q(size=Count("id")), "ScopeK"),
    ],
)
def test_a_scope_is_about_the_row_itself(name: str, scope: Any, message: str) -> None:
    model = _model(name, scope)
    with pytest.raises(FieldError, match=message):
        _ = model.objects


class Bone(Model):
    class Meta:
        is_table = True
        table_name = "scoped_bone"
        scope = lambda bone: bone.part_of.size == 1  # noqa: E731

    id: int | None = Field(default=None, db_pk=True)
    size: int = 1
    part_of: Bone | None = None


def test_a_scope_over_the_model_itself() -> None:
    with pytest.raises(FieldError, match=r"Bone.Meta.scope: the scope of `Bone` reads rows of"):
        _ = Bone.objects


def test_functions_in_a_scope() -> None:
    model = _model("ScopeZ", lambda row: (row.size + 1 > 3) & (row.size < 9))
    assert where(model.objects).count("?") == 3
