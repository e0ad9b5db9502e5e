"""`register_type`: what it takes, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, PydanticSchemaGenerationError
from support.own_types import Money, Secret, Ulid, decrypt, encrypt

import oxyde
from oxyde import Field, Model, register_type
from oxyde.exceptions import FieldError
from oxyde.models.registry import separate_registry


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "owners_with_own_types"

    key: Ulid = Field(db_pk=True)
    purse: Money | None = None


def test_exported() -> None:
    assert oxyde.register_type is register_type


def test_columns_of_the_storage() -> None:
    fields = Owner._db_meta.field_metadata
    assert fields["key"].column_type == "bytes"
    assert fields["purse"].column_type == {"decimal": {"precision": 12, "scale": 2}}
    assert (fields["key"].auto_increment, fields["purse"].nullable) == (False, True)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (lambda: register_type(Ulid, storage=str, encode=str, decode=Ulid), "with other arg"),  # type: ignore[arg-type]
        (lambda: register_type(int, storage=str, encode=str, decode=int), "stores int as it is"),
        (lambda: register_type(Owner, storage=str, encode=str, decode=Owner), "table of its own"),  # type: ignore[arg-type]
        (lambda: register_type(list[int], storage=str, encode=str, decode=list), "takes a class"),
        (lambda: register_type(Path, storage=str, encode=None, decode=Path), "encode is not a"),  # type: ignore[call-overload]
        (lambda: register_type(Path, storage=str | None, encode=str, decode=Path), "of a column"),
        (lambda: register_type(Path, storage=Ulid, encode=Ulid, decode=Path), "of a column"),  # type: ignore[arg-type]
        (lambda: register_type(Path, storage=object, encode=str, decode=Path), "type object"),
        (
            lambda: register_type(Path, storage=str, encode=str, decode=Path, db_type="a b;"),
            "SQL type",
        ),
    ],
)
def test_refuses_registrations(statement: Any, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        statement()


def test_the_same_registration_again_does_nothing() -> None:
    register_type(Secret, storage=str, encode=encrypt, decode=decrypt)
    with pytest.raises(FieldError, match="registered already"):
        register_type(Secret, storage=str, encode=encrypt, decode=Secret)


def test_register_before_the_model() -> None:
    class Late:
        pass

    with pytest.raises(PydanticSchemaGenerationError, match=r"register_type\(\)"):

        class Early(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            value: Late

    hint = r"register the type of a field with oxyde.register_type\(\)"
    with separate_registry(), pytest.raises(FieldError, match=hint):

        class Lax(Model):
            model_config = ConfigDict(arbitrary_types_allowed=True)

            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            value: Late


class Known(BaseModel):
    number: int


def test_not_after_the_model() -> None:
    with separate_registry():

        class Holder(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            value: Known

        assert Holder._db_meta.field_metadata["value"].column_type == "json"
        with pytest.raises(FieldError, match=r"Holder\.value has a column of it already"):
            register_type(
                Known,
                storage=int,
                encode=lambda known: known.number,
                decode=lambda n: Known(number=n),
            )


@pytest.mark.parametrize("annotation", [list[Ulid], list[Ulid | None], "set[Money]"])
def test_refuses_lists_of_them(annotation: Any) -> None:
    with separate_registry(), pytest.raises(FieldError, match="a registered type, which no column"):
        type(
            "Listed",
            (Model,),
            {"__module__": __name__, "__annotations__": {"values": annotation}},
        )
