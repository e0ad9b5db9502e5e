"""What an instance remembers: assignments, changes in place, copies."""

import copy
import json
import pickle
from typing import Any

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict
from support.values_of import values_of

from oxyde.exceptions import FieldError
from oxyde.hydration.state import State, is_stored, set_state, state_of
from oxyde.models import Field, Model
from oxyde.models.instances.changes import changed_fields, equal, originals_of
from oxyde.models.instances.saving import insert_values


class Address(BaseModel):
    city: str
    zip: int | None = None


class Row(Model):
    class Meta:
        is_table = True
        table_name = "state_row"

    id: int | None = Field(default=None, db_pk=True)
    name: str = ""
    age: int = Field(default=0, ge=0)
    data: dict[str, Any] = Field(default_factory=dict)
    address: Address | None = None
    tags: list[str] = Field(default_factory=list)
    parent: "Row | None" = None
    _note: str = pydantic.PrivateAttr(default="")


OSLO = Address(city="Oslo")
SHARED = State("default", shared=True)


def loaded(**values: Any) -> Row:
    """An instance as hydration makes it."""
    row = Row(**{"id": 1, **values})
    state = State("default", shared=True)
    state.originals = originals_of(row, Row._db_meta)
    set_state(row, state)
    return row


def changed(row: Row) -> set[str]:
    state = state_of(row)
    assert state is not None
    return changed_fields(row, Row._db_meta, state)


def test_a_new_instance_has_no_state() -> None:
    row = Row(name="x")
    assert state_of(row) is None
    assert row._oxyde_state is None  # type: ignore[attr-defined]
    assert not is_stored(row)
    row.name = "y"
    assert state_of(row) is None


def test_assignments_are_noted() -> None:
    row = loaded()
    assert changed(row) == set()
    row.name = "x"
    row.age = 3
    row._note = "private"
    assert changed(row) == {"name", "age"}


def test_a_shared_state_is_not_changed() -> None:
    one, other = Row(id=1), Row(id=2)
    shared = State("default", shared=True)
    set_state(one, shared)
    set_state(other, shared)
    one.name = "x"
    assert state_of(one) is not shared
    assert state_of(other) is shared
    assert shared.changed == set()
    assert state_of(one).database == "default"  # type: ignore[union-attr]


def test_foreign_keys_are_noted_by_their_column() -> None:
    row = loaded()
    row.parent = Row(id=9)
    assert changed(row) == {"parent_id"}
    row = loaded()
    row.parent_id = 4
    assert changed(row) == {"parent_id"}


def test_the_old_key_finds_the_row() -> None:
    row = loaded()
    row.id = 5
    row.id = 6
    state = state_of(row)
    assert state is not None
    assert state.originals["id"] == 1
    assert changed(row) == {"id"}


@pytest.mark.parametrize(
    ("values", "mutate", "expected"),
    [
        ({"data": {"a": [1]}}, lambda row: row.data["a"].append(2), {"data"}),
        ({"data": {"a": 1}}, lambda row: row.data.update(a=1.0), {"data"}),
        ({"data": {"a": 1}}, lambda row: row.data.update(a=True), {"data"}),
        ({"data": {"a": 1, "b": 2}}, lambda row: row.data.update(row.data), set()),
        ({"data": {"a": 1}}, lambda row: row.data.pop("a"), {"data"}),
        ({"tags": ["x"]}, lambda row: row.tags.append("y"), {"tags"}),
        ({"tags": ["x"]}, lambda row: (row.tags.append("y"), row.tags.pop()), set()),
        ({"address": OSLO}, lambda row: setattr(row.address, "zip", 1), {"address"}),
        ({"address": OSLO}, lambda row: None, set()),
        ({}, lambda row: None, set()),
    ],
)
def test_changes_in_place(values: dict[str, Any], mutate: Any, expected: set[str]) -> None:
    row = loaded(**copy.deepcopy(values))
    mutate(row)
    assert changed(row) == expected


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{ "b" : 1 ,  "a": 2 }', {"a": 2, "b": 1}),
        ('{"a": 1.50}', {"a": 1.5}),
        ('{"a": 1e2}', {"a": 100.0}),
        ('{"a": "\\u00e9"}', {"a": "é"}),
        ("[" * 400 + "]" * 400, json.loads("[" * 400 + "]" * 400)),
    ],
)
def test_json_that_another_client_wrote_is_not_a_change(raw: str, value: Any) -> None:
    row = Row(id=1, data={"x": value})
    originals = {"data": f'{{"x":{raw}}}', "address": None, "tags": []}
    set_state(row, State("default", originals=originals))
    assert changed(row) == set()


def test_keys_that_a_nested_model_drops_are_not_a_change() -> None:
    row = Row(id=1, address=Address(city="Oslo"))
    set_state(
        row,
        State("default", originals={"data": "{}", "tags": [], "address": '{"city":"Oslo","x":1}'}),
    )
    assert changed(row) == set()
    row.address.city = "Bergen"  # type: ignore[union-attr]
    assert changed(row) == {"address"}


def test_equal_is_strict_about_types() -> None:
    assert equal({"a": [1, None, "x"]}, {"a": [1, None, "x"]})
    assert not equal(1, 1.0)
    assert not equal(1, True)
    assert not equal([1], [1, 1])
    assert not equal({"a": 1}, {"b": 1})
    assert equal(float("nan"), float("nan"))


def test_equality_ignores_the_state() -> None:
    assert loaded(name="x") == Row(id=1, name="x")


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        lambda row: row.model_copy(),
        lambda row: row.model_copy(deep=True),
        lambda row: pickle.loads(pickle.dumps(row)),
    ],
    ids=["copy", "deepcopy", "model_copy", "model_copy deep", "pickle"],
)
def test_copies_have_a_state_of_their_own(duplicate: Any) -> None:
    row = loaded(name="x", data={"a": 1})
    row._note = "kept"
    row.age = 4
    twin = duplicate(row)
    assert values_of(twin) == values_of(row)
    assert twin._note == "kept"
    assert changed(twin) == {"age"}
    twin.name = "y"
    assert changed(twin) == {"age", "name"}
    assert changed(row) == {"age"}
    new = duplicate(Row(name="z"))
    assert state_of(new) is None


def test_pickling_a_shared_state_gives_a_private_one() -> None:
    row = Row(id=1)
    set_state(row, SHARED)
    twin = pickle.loads(pickle.dumps(row))
    twin.name = "x"
    assert SHARED.changed == set()
    assert changed(twin) >= {"name"}


def test_updates_of_model_copy_are_assignments() -> None:
    row = loaded(parent=Row(id=2))
    twin = row.model_copy(update={"name": "x", "parent_id": 3, "id": 8})
    assert changed(twin) == {"name", "parent_id", "id"}
    assert twin.parent is None
    assert state_of(twin).originals["id"] == 1  # type: ignore[union-attr]
    other = row.model_copy(update={"parent": Row(id=7)})
    assert other.parent_id == 7
    assert changed(row) == set()


def test_validated_assignment_notes_what_validators_change() -> None:
    class Checked(Model):
        model_config = ConfigDict(validate_assignment=True)

        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        title: str = ""
        slug: str = ""

        @pydantic.model_validator(mode="after")
        def make_slug(self) -> "Checked":
            self.__dict__["slug"] = self.title.lower()
            return self

    row = Checked(id=1)
    set_state(row, SHARED)
    row.title = "ABC"
    state = state_of(row)
    assert state is not None
    assert changed_fields(row, Checked._db_meta, state) == {"title", "slug"}


def test_insert_values_are_validated() -> None:
    row = Row(name="x")
    row.age = "5"  # type: ignore[assignment]
    values = insert_values(row)
    assert values["age"] == 5
    assert row.age == 5
    row.age = -1
    with pytest.raises(pydantic.ValidationError):
        insert_values(row)


def test_insert_values_leave_out_what_the_database_makes() -> None:
    class Made(Model):
        class Meta:
            is_table = True

        id: int = Field(db_pk=True)
        at: int = Field(db_default="1")
        maybe: int | None = Field(default=None, db_default="1")
        plain: int | None = None

        @pydantic.computed_field  # type: ignore[prop-decorator]
        @property
        def double(self) -> int:
            return 2

    assert insert_values(Made()) == {"plain": None}
    assert insert_values(Made(id=1, at=2, maybe=None)) == {
        "id": 1,
        "at": 2,
        "maybe": None,
        "plain": None,
    }


def test_a_row_saved_after_it_was_assigned_gives_its_key() -> None:
    parent = Row(name="p")
    row = Row(name="c", parent=parent)
    with pytest.raises(FieldError, match="not been saved yet"):
        insert_values(row)
    parent.id = 12
    assert insert_values(row)["parent_id"] == 12
    assert row.parent is parent


def test_fields_that_were_not_loaded() -> None:
    row = Row.model_construct(id=1)
    del row.__dict__["name"], row.__dict__["parent"]
    with pytest.raises(AttributeError):
        _ = row.name
    set_state(row, State("default", loaded=frozenset({"id"})))
    with pytest.raises(FieldError, match=r"Row\.name was not loaded"):
        _ = row.name
    with pytest.raises(FieldError, match=r'query with join\("parent"\)'):
        _ = row.parent
    row.name = "x"
    assert row.name == "x"
