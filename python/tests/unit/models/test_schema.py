"""The models as the `Schema` that the Rust core reads."""

import enum
from decimal import Decimal
from typing import Any, Literal

import msgpack
import pytest

from oxyde.exceptions import FieldError
from oxyde.models import Check, Field, Index, Model, registry
from oxyde.models.naming import derived_name, snake_case
from oxyde.models.tables.schema import packed, schema_of


class State(enum.Enum):
    new = "new"
    done = "done"


def tables(*models: type[Model]) -> dict[str, dict[str, Any]]:
    return {table["name"]: table for table in schema_of(models)["tables"]}


def test_everything_that_a_table_has() -> None:
    class Customer(Model):
        class Meta:
            is_table = True
            schema = "shop"
            table_name = "customers"

        id: int | None = Field(default=None, db_pk=True)
        email: str = Field(max_length=80, db_unique=True, db_comment="where to write")

    class Order(Model):
        class Meta:
            is_table = True
            table_name = "orders"
            indexes = [
                Index("-total", "customer", method="btree", include=["state"]),
                Index("lower(note)", unique=True, name="orders_note", where="note IS NOT NULL"),
            ]
            constraints = [Check("total >= 0", name="total_positive")]
            unique_together = [("customer", "number")]

        id: int | None = Field(default=None, db_pk=True)
        customer: Customer = Field(db_on_delete="CASCADE", db_index=True)
        number: int = Field(db_column="no", db_type="INTEGER")
        total: Decimal = Field(max_digits=8, decimal_places=2, db_default="0")
        state: State = State.new
        note: str | None = None

    found = tables(Customer, Order)
    assert found["customers"] == {
        "name": "customers",
        "schema": "shop",
        "columns": [
            {"name": "id", "type": "big_int", "nullable": False, "auto_increment": True},
            {
                "name": "email",
                "type": {"varchar": {"length": 80}},
                "nullable": False,
                "comment": "where to write",
            },
        ],
        "primary_key": ["id"],
        "uniques": [{"name": "customers_email_key", "columns": ["email"]}],
    }
    assert found["orders"] == {
        "name": "orders",
        "columns": [
            {"name": "id", "type": "big_int", "nullable": False, "auto_increment": True},
            {"name": "customer_id", "type": "big_int", "nullable": False},
            {"name": "no", "type": "integer", "nullable": False},
            {
                "name": "total",
                "type": {"decimal": {"precision": 8, "scale": 2}},
                "nullable": False,
                "default": "0",
            },
            {
                "name": "state",
                "type": {"enum": {"name": "state", "values": ["new", "done"]}},
                "nullable": False,
            },
            {"name": "note", "type": "text", "nullable": True},
        ],
        "primary_key": ["id"],
        "indexes": [
            {"name": "orders_customer_id_idx", "parts": [{"column": "customer_id"}]},
            {
                "name": "orders_total_customer_id_idx",
                "parts": [{"column_desc": "total"}, {"column": "customer_id"}],
                "method": "btree",
                "include": ["state"],
            },
            {
                "name": "orders_note",
                "parts": [{"expression": "lower(note)"}],
                "unique": True,
                "condition": "note IS NOT NULL",
            },
        ],
        "uniques": [{"name": "orders_customer_id_no_key", "columns": ["customer_id", "no"]}],
        "foreign_keys": [
            {
                "name": "orders_customer_id_fkey",
                "columns": ["customer_id"],
                "target_schema": "shop",
                "target_table": "customers",
                "target_columns": ["id"],
                "on_delete": "cascade",
                "on_update": "no_action",
            }
        ],
        "checks": [{"name": "total_positive", "condition": "total >= 0"}],
    }
    assert msgpack.unpackb(packed(schema_of([Customer, Order]))) == schema_of([Customer, Order])


def test_the_table_between_belongs_to_its_model() -> None:
    class Tag(Model):
        class Meta:
            is_table = True

        name: str = Field(db_pk=True, max_length=20)

    class Post(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        tags: list[Tag] = Field(db_m2m=True)

    found = tables(Post, Tag)
    assert list(found) == ["post", "post_tags", "tag"]
    assert found["post_tags"]["primary_key"] == ["post_id", "tag_id"]
    assert found["post_tags"]["columns"][1]["type"] == {"varchar": {"length": 20}}
    assert [key["on_delete"] for key in found["post_tags"]["foreign_keys"]] == ["cascade"] * 2


def test_key_columns_have_no_second_unique() -> None:
    class Row(Model):
        class Meta:
            is_table = True

        code: str = Field(db_pk=True, db_unique=True)

    assert "uniques" not in tables(Row)["row"]


def test_one_enum_class_in_two_tables() -> None:
    class A(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        state: State

    class B(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        state: State
        kind: Literal["x", "y"] = "x"

    found = tables(A, B)
    assert found["a"]["columns"][1]["type"] == found["b"]["columns"][1]["type"]
    assert found["b"]["columns"][2]["type"] == {"enum": {"name": "b_kind", "values": ["x", "y"]}}


def test_two_enums_of_one_name() -> None:
    other = enum.Enum("State", {"a": "a"})  # type: ignore[misc]

    class A(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        one: State
        two: other  # type: ignore[valid-type]

    with pytest.raises(FieldError, match="enum types of the name 'state' with different values"):
        schema_of([A])

    class B(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        one: State
        two: other = Field(db_type="other_state")  # type: ignore[valid-type]

    assert schema_of([B])


def test_models_without_a_table_are_refused() -> None:
    class Plain(Model):
        id: int = 0

    with pytest.raises(FieldError, match="Plain has no table"):
        schema_of([Plain])
    with pytest.raises(FieldError, match="has no table"):
        schema_of([int])


def test_all_registered_tables() -> None:
    registry.clear_registry()

    class Zebra(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        friends: list["Zebra"] = Field(db_m2m=True)

    names = [table["name"] for table in schema_of()["tables"]]
    assert names.index("zebra") < names.index("zebra_friends")
    assert names == [table["name"] for table in schema_of()["tables"]]


def test_names_fit_every_database() -> None:
    long = derived_name("table" * 10, "column" * 10, "idx")
    other = derived_name("table" * 10, "column" * 11, "idx")
    assert len(long.encode()) <= 63
    assert long.endswith("_idx")
    assert long != other
    assert derived_name("a", "b", "idx") == "a_b_idx"
    assert len(derived_name("ж" * 60, "key").encode()) <= 63


@pytest.mark.parametrize(
    ("name", "expected"),
    [("OrderStatus", "order_status"), ("HTTPMethod", "http_method"), ("Level2Kind", "level2_kind")],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected
