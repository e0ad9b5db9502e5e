"""Hydration of models that are not generated: validators, private attributes, joins, documents."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import pickle
import uuid
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AwareDatetime,
    ConfigDict,
    PrivateAttr,
    TypeAdapter,
    ValidationInfo,
    computed_field,
    field_validator,
    model_validator,
)
from support.hydrating import (
    Address,
    Colour,
    Level,
    check,
    field_types,
    hydrate,
    names_of,
    same,
    small,
    texts,
    whole,
)

from oxyde import Field, Model, RowValidationError
from oxyde.hydration.recipe import (
    JoinNode,
    cell_for,
    cell_of,
    dict_recipe,
    flat_recipe,
    recipe_for,
    scalar_recipe,
    tuple_recipe,
)


class Plain(Model):
    class Meta:
        is_table = True
        table_name = "hydration_plain"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    age: int = Field(default=3, ge=0)


@given(st.none() | whole, texts | st.none(), small | st.none())
def test_plain(key: int | None, name: str | None, age: int | None) -> None:
    check(Plain, [key, name, age])


class Attributes(Model):
    class Meta:
        is_table = True
        table_name = "hydration_private"

    id: int = Field(db_pk=True)
    _plain: int = PrivateAttr(3)
    _list: list[int] = PrivateAttr([])
    _filled: list[int] = PrivateAttr([1, [2]])  # type: ignore[list-item]
    _made: dict[str, int] = PrivateAttr(default_factory=dict)
    _counted: int = PrivateAttr(default_factory=lambda: 7)
    _unset: int


def test_private_attributes() -> None:
    check(Attributes, [1])
    one, other = hydrate(Attributes, [[1], [2]])
    one._list.append(1)
    one._filled[1].append(5)  # type: ignore[attr-defined]
    one._made["a"] = 1
    assert (other._list, other._filled, other._made) == ([], [1, [2]], {})
    with pytest.raises(AttributeError):
        _ = one._unset


class PostInit(Model):
    class Meta:
        is_table = True
        table_name = "hydration_post_init"

    id: int = Field(db_pk=True)
    seen: list[Any] = []
    _private: int = PrivateAttr(1)

    def model_post_init(self, context: Any) -> None:
        self.seen.append((self.id, self._private, context))


def test_model_post_init() -> None:
    check(PostInit, [4, []])
    (got,) = hydrate(PostInit, [[4, []]])
    assert got.seen == [(4, 1, None)]


class FieldValidators(Model):
    class Meta:
        is_table = True
        table_name = "hydration_field_validators"

    id: int = Field(db_pk=True)
    low: int
    high: int

    @field_validator("low", mode="before")
    @classmethod
    def _low(cls, value: int) -> int:
        return value - 1

    @field_validator("high")
    @classmethod
    def _high(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data["low"]:
            raise ValueError("high is below low")
        return value


@given(small, small)
def test_validators_that_see_other_fields(low: int, high: int) -> None:
    check(FieldValidators, [1, low, high])


def _model_validated(mode: Literal["before", "after", "wrap"]) -> type[Model]:
    class Validated(Model):
        class Meta:
            is_table = True
            table_name = f"hydration_model_{mode}"

        id: int = Field(db_pk=True)
        name: str

        if mode == "before":

            @model_validator(mode="before")
            @classmethod
            def _before(cls, data: Any) -> Any:
                return {**data, "name": data["name"] + "!"}

        elif mode == "after":

            @model_validator(mode="after")
            def _after(self) -> Any:
                if self.name == "bad":
                    raise ValueError("bad name")
                return self

        else:

            @model_validator(mode="wrap")
            @classmethod
            def _wrap(cls, data: Any, handler: Callable[[Any], Any]) -> Any:
                made = handler(data)
                made.name += "?"
                return made

    return Validated


@pytest.mark.parametrize("mode", ["before", "after", "wrap"])
def test_model_validators(mode: Literal["before", "after", "wrap"]) -> None:
    model = _model_validated(mode)
    check(model, [1, "good"])
    check(model, [1, "bad"])


class Computed(Model):
    class Meta:
        is_table = True
        table_name = "hydration_computed"

    id: int = Field(db_pk=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.id * 2


def test_computed_fields() -> None:
    check(Computed, [4])
    assert hydrate(Computed, [[4]])[0].model_dump() == {"id": 4, "double": 8}


class OwnInit(Model):
    class Meta:
        is_table = True
        table_name = "hydration_own_init"

    id: int = Field(db_pk=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**values, "id": values["id"] + 100})


def test_own_init() -> None:
    check(OwnInit, [1])


class OwnNew(Model):
    class Meta:
        is_table = True
        table_name = "hydration_own_new"

    id: int = Field(db_pk=True)
    made: int = 0

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        OwnNew.count = getattr(OwnNew, "count", 0) + 1
        return instance


def test_own_new_is_called() -> None:
    OwnNew.count = 0  # type: ignore[attr-defined]
    hydrate(OwnNew, [[1, 0], [2, 0]])
    assert OwnNew.count == 2  # type: ignore[attr-defined]


class Strict(Model):
    model_config = ConfigDict(strict=True)

    class Meta:
        is_table = True
        table_name = "hydration_strict"

    id: int = Field(db_pk=True)
    colour: Colour
    address: Address
    level: Level
    when: AwareDatetime


def test_strict_models_read_what_they_wrote() -> None:
    now = dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc)
    (got,) = hydrate(Strict, [[1, "red", {"street": "a", "number": 2}, 2, now]])
    address = Address(street="a", number=2)
    assert same(got, Strict(id=1, colour=Colour.RED, address=address, level=Level.HIGH, when=now))


class Swapped(Model):
    class Meta:
        is_table = True
        table_name = "hydration_swapped"

    id: int = Field(db_pk=True)
    a: int = Field(alias="b")
    b: int = Field(alias="a")


def test_aliases_that_are_names_of_other_fields() -> None:
    (got,) = hydrate(Swapped, [[1, 2, 3]])
    assert (got.a, got.b) == (2, 3)
    with pytest.raises(RowValidationError) as caught:
        hydrate(Swapped, [[1, None, 3]])
    assert caught.value.errors()[0]["loc"] in (("a",), ("b",))


class Mutable(Model):
    class Meta:
        is_table = True
        table_name = "hydration_mutable"

    id: int = Field(db_pk=True)
    data: dict[str, Any]
    more: list[Any] | None = None


def test_instances_share_nothing_that_can_change() -> None:
    one, other = hydrate(Mutable, [[1, {"a": [1]}, [1]], [2, {"a": [1]}, None]])
    one.data["a"].append(2)
    one.__pydantic_fields_set__.discard("data")
    assert other.data == {"a": [1]}
    assert other.model_fields_set == {"id", "data", "more"}
    assert one._oxyde_state.originals == {"data": '{"a":[1]}', "more": "[1]"}
    assert other._oxyde_state.originals == {"data": '{"a":[1]}', "more": None}
    assert one._oxyde_state.database == "default"


@pytest.mark.parametrize("depth", [10, 199, 201, 400])
def test_deep_documents(depth: int) -> None:
    document: Any = 1
    for _ in range(depth):
        document = {"a": document}
    (got,) = hydrate(Mutable, [[1, document, None]])
    assert got.data == document


def test_an_object_where_a_list_belongs() -> None:
    check(Mutable, [1, {"a": 1}, {"a": 1}])
    check(Mutable, [1, [1], [1]])


class Company(Model):
    class Meta:
        is_table = True
        table_name = "hydration_company"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Person(Model):
    class Meta:
        is_table = True
        table_name = "hydration_person"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    company: Company | None = None


class Article(Model):
    class Meta:
        is_table = True
        table_name = "hydration_article"

    id: int | None = Field(default=None, db_pk=True)
    author: Person | None = None
    editor: Person | None = None


def test_joined_rows_are_shared_by_key() -> None:
    person = (
        Person, names_of(Person), (JoinNode("company", Company, names_of(Company)),)
    )  # fmt: skip
    recipe = recipe_for(
        Article, names_of(Article), (JoinNode("author", *person), JoinNode("editor", *person))
    )
    types = field_types(Article) + 2 * (field_types(Person) + field_types(Company))
    ann, company = [1, "Ann", 9], [9, "Acme"]
    bob, nobody = [2, "Bob", None], [None] * 3
    rows = [
        [1, 1, 2, *ann, *company, *bob, None, None],
        [2, 1, None, *ann, *company, *nobody, None, None],
        [3, None, 1, *nobody, None, None, *ann, *company],
    ]
    first, second, third = recipe.hydrate(types, rows)
    assert first.author is second.author
    assert first.author.company.name == "Acme"
    assert first.editor.company is None and second.editor is None and third.author is None
    assert third.editor == first.author
    assert first.model_fields_set == {"id", "author", "author_id", "editor", "editor_id"}
    assert first == Article.model_validate(
        {
            "id": 1, "author_id": 1, "editor_id": 2,
            "author": {
                "id": 1, "name": "Ann", "company_id": 9, "company": {"id": 9, "name": "Acme"}
            },
            "editor": {"id": 2, "name": "Bob", "company_id": None},
        }
    )  # fmt: skip
    # Not a join: nothing is loaded.
    (alone,) = hydrate(Article, [[1, 1, 2]])
    assert (alone.author, alone.author_id) == (None, 1)
    check(Article, [1, 1, 2])


class UuidKey(Model):
    class Meta:
        is_table = True
        table_name = "hydration_uuid_key"

    id: uuid.UUID = Field(db_pk=True)


class OfUuid(Model):
    class Meta:
        is_table = True
        table_name = "hydration_of_uuid"

    id: int = Field(db_pk=True)
    parent: UuidKey | None = None


def test_parents_by_uuid() -> None:
    one, other = uuid.UUID(int=1), uuid.UUID(int=2)
    a, b, c = hydrate(
        OfUuid,
        [[1, one, one], [2, other, other], [3, one, one]],
        JoinNode("parent", UuidKey, names_of(UuidKey)),
    )
    assert a.parent is c.parent
    assert (a.parent.id, b.parent.id) == (one, other)


def test_partial_rows() -> None:
    recipe = recipe_for(Plain, ("id", "age"))
    (got,) = recipe.hydrate(["big_int", "big_int"], [[1, 5]])
    assert (got.id, got.age, got.model_fields_set) == (1, 5, {"id", "age"})
    assert got._oxyde_state.loaded == {"id", "age"}
    with pytest.raises(Exception, match="was not loaded"):
        _ = got.name
    with pytest.raises(RowValidationError) as caught:
        recipe.hydrate(["big_int", "big_int"], [[1, -5]])
    assert [error["loc"] for error in caught.value.errors()] == [("age",)]


def test_extra_columns_become_attributes() -> None:
    recipe = recipe_for(Plain, names_of(Plain), (), (("posts", cell_of("big_int")),))
    (got,) = recipe.hydrate([*field_types(Plain), "big_int"], [[1, "a", 2, 7]])
    assert got.posts == 7
    assert got.model_dump() == {"id": 1, "name": "a", "age": 2}


def test_cells_without_a_model() -> None:
    colour = Strict._db_meta.field_metadata["colour"]
    address = Strict._db_meta.field_metadata["address"]
    cells = [cell_for(colour), cell_for(address), cell_of("big_int")]
    types = [colour.column_type, address.column_type, "big_int"]
    row = ["red", {"street": "a", "number": 1}, 4]
    values = (Colour.RED, Address(street="a", number=1), 4)
    assert tuple_recipe(cells).hydrate(types, [row]) == [values]
    assert dict_recipe(["x", "y", "z"], cells).hydrate(types, [row]) == [
        dict(zip("xyz", values, strict=True))
    ]
    assert flat_recipe(cells[0]).hydrate(types, [row, row]) == [Colour.RED] * 2
    assert scalar_recipe(cells[2]).hydrate(["big_int"], [[4], [5]]) == 4
    assert scalar_recipe(cells[2]).hydrate(["big_int"], []) is None
    assert tuple_recipe(cells).hydrate(types, [[None, None, None]]) == [(None, None, None)]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        hydrate(Plain, [[index, "a", 1] for index in range(1000)])
        assert gc.isenabled() is enabled
        with pytest.raises(RowValidationError):
            hydrate(Plain, [[index, "a", 900 - index] for index in range(1000)])
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


def test_instances_are_whole() -> None:
    """Copies, pickles, dumps, comparisons and assignments work as on any instance."""
    (got,) = hydrate(Plain, [[1, "a", 2]])
    wanted = Plain(id=1, name="a", age=2)
    assert got == wanted and repr(got) == repr(wanted)
    assert pickle.loads(pickle.dumps(got)) == got
    assert copy.deepcopy(got) == copy.copy(got) == got.model_copy() == got
    assert got.model_dump_json() == '{"id":1,"name":"a","age":2}'
    assert TypeAdapter(Plain).validate_python(got) is got
    got.name = "b"
    assert got.name == "b" and got._oxyde_state.changed == {"name"}
    assert hydrate(Plain, [[1, "a", 2]])[0]._oxyde_state.changed == set()
    gc.collect()


def test_no_references_are_lost() -> None:
    import sys

    (got,) = hydrate(Plain, [[1, str(uuid.uuid4()), 2]])
    before = sys.getrefcount(None)
    for _ in range(1000):
        hydrate(Plain, [[1, "a", 2]])
    gc.collect()
    assert abs(sys.getrefcount(None) - before) < 100
    counts = sys.getrefcount(got), sys.getrefcount(got.name), sys.getrefcount(got.__dict__)
    assert counts == (2, 2, 2)
