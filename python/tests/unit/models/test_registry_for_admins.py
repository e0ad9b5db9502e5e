"""What packages that show any project's models, such as admins, find out about them by strings."""

from __future__ import annotations

from enum import Enum
from typing import Any

from oxyde.models import Field, Model, iter_tables, registered_tables
from oxyde.models.registry import tables_by_name


class AdminShade(Enum):
    LIGHT = "light"
    DARK = "dark"


class AdminMaker(Model):
    class Meta:
        is_table = True
        table_name = "admin_makers"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=40, db_unique=True, db_comment="shown in lists")
    lamps: list[AdminLamp] = Field(db_reverse_fk="maker")


class AdminLabel(Model):
    class Meta:
        is_table = True
        table_name = "admin_labels"

    id: int | None = Field(default=None, db_pk=True)
    text: str


class AdminLamp(Model):
    class Meta:
        is_table = True
        table_name = "admin_lamps"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(db_index=True)
    watts: float | None = Field(default=None, db_column="power", db_type="REAL")
    shade: AdminShade = AdminShade.LIGHT
    maker: AdminMaker | None = Field(default=None, db_on_delete="SET NULL")
    labels: list[AdminLabel] = Field(db_m2m=True, db_through="AdminLampLabel")
    rooms: list[AdminRoom] = Field(db_m2m=True)


class AdminLampLabel(Model):
    class Meta:
        is_table = True
        table_name = "admin_lamp_labels"

    lamp: AdminLamp = Field(db_pk=True)
    label: AdminLabel = Field(db_pk=True)


class AdminRoom(Model):
    class Meta:
        is_table = True
        table_name = "admin_rooms"

    id: int | None = Field(default=None, db_pk=True)
    name: str


# The table between of `rooms` is made when it is first needed.
_ROOMS = AdminLamp._db_meta.relations["rooms"].through_model


def test_keys_are_import_paths() -> None:
    tables = registered_tables()
    for model in (AdminMaker, AdminLabel, AdminLamp, AdminLampLabel, AdminRoom):
        assert tables[f"{__name__}.{model.__qualname__}"] is model
    assert list(tables.values()) == list(iter_tables())


def test_a_nested_class_has_its_qualified_name() -> None:
    class Row(Model):
        class Meta:
            is_table = True
            table_name = "admin_nested"

        id: int | None = Field(default=None, db_pk=True)

    assert registered_tables()[f"{__name__}.{Row.__qualname__}"] is Row


def test_classes_of_one_path_all_have_keys() -> None:
    def shard(name: str) -> type[Model]:
        class Shard(Model):
            class Meta:
                is_table = True
                table_name = name

            id: int | None = Field(default=None, db_pk=True)

        return Shard

    first, second = shard("admin_shard_1"), shard("admin_shard_2")
    path = f"{__name__}.{first.__qualname__}"
    assert first.__qualname__ == second.__qualname__
    assert registered_tables()[path] is first
    assert registered_tables()[f"{path}[admin_shard_2]"] is second
    assert tables_by_name()["admin_shard_2"] is second

    class Part(Model):
        class Meta:
            is_table = True
            table_name = "admin_part"

        id: int | None = Field(default=None, db_pk=True)
        one: first  # type: ignore[valid-type]
        two: second  # type: ignore[valid-type]

    for name, model in (("one_id", first), ("two_id", second)):
        key = Part._db_meta.field_metadata[name].foreign_key
        assert key is not None
        assert registered_tables()[key.target] is model


def test_the_target_of_a_foreign_key_is_a_key_of_the_registry() -> None:
    key = AdminLamp._db_meta.field_metadata["maker_id"].foreign_key
    assert key is not None
    assert key.target == f"{__name__}.AdminMaker"
    assert registered_tables()[key.target] is AdminMaker is key.model
    assert key.target_field == "id"


def test_relations_name_classes() -> None:
    relations = AdminLamp._db_meta.relations
    assert [(each.name, each.kind, each.target) for each in relations.values()] == [
        ("maker", "fk", "AdminMaker"),
        ("labels", "many_to_many", "AdminLabel"),
        ("rooms", "many_to_many", "AdminRoom"),
    ]
    assert relations["maker"].through is None
    assert relations["labels"].through == "AdminLampLabel"
    assert relations["labels"].through_model is AdminLampLabel
    assert relations["labels"].model is AdminLabel
    lamps = AdminMaker._db_meta.relations["lamps"]
    assert (lamps.kind, lamps.target, lamps.model) == ("reverse", "AdminLamp", AdminLamp)


def test_the_table_between_is_found_by_its_class_name() -> None:
    for relation in AdminLamp._db_meta.relations.values():
        if relation.kind != "many_to_many":
            continue
        found = [
            model for model in registered_tables().values() if model.__name__ == relation.through
        ]
        assert found == [relation.through_model]
        assert relation.name == "labels" or found == [_ROOMS]
        keys = [
            field.foreign_key.target
            for field in found[0]._db_meta.field_metadata.values()
            if field.foreign_key is not None
        ]
        assert [key.rpartition(".")[2] for key in keys] == ["AdminLamp", relation.target]


def test_columns() -> None:
    fields: dict[str, Any] = AdminLamp._db_meta.field_metadata
    assert list(fields) == ["id", "name", "watts", "shade", "maker_id"]
    assert fields["id"].primary_key
    assert fields["id"].python_type is int
    assert (fields["name"].index, fields["name"].unique, fields["name"].nullable) == (
        True,
        False,
        False,
    )
    watts = fields["watts"]
    assert (watts.name, watts.db_column, watts.db_type, watts.nullable, watts.python_type) == (
        "watts",
        "power",
        "REAL",
        True,
        float,
    )
    name = AdminMaker._db_meta.field_metadata["name"]
    assert (name.max_length, name.unique, name.comment, name.db_default) == (
        40,
        True,
        "shown in lists",
        None,
    )
    assert AdminLamp._db_meta.table_name == "admin_lamps"


def test_the_json_schema_has_its_properties_at_the_top() -> None:
    # Pydantic's own has a `$ref` there, since the lamps refer to their maker, which has lamps.
    schema = AdminMaker.model_json_schema()
    assert list(schema["properties"]) == ["id", "name", "lamps"]
    assert schema["required"] == ["name"]
    assert "$ref" not in schema
    lamp = AdminLamp.model_json_schema()
    assert list(lamp["properties"]) == [*AdminLamp.model_fields]
    assert lamp["properties"]["maker_id"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert lamp["$defs"]["AdminMaker"]["properties"]["lamps"]["items"] == {
        "$ref": "#/$defs/AdminLamp"
    }
    room = AdminRoom.model_json_schema(mode="serialization")
    assert list(room["properties"]) == ["id", "name"]


def test_conditions_from_the_short_path() -> None:
    from oxyde import Q
    from oxyde.queries import q

    assert q.Q is Q
