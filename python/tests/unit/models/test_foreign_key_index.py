"""A foreign key has an index, unless it refuses one or another index or key serves it."""

from __future__ import annotations

from typing import Any

import pytest

from oxyde import Field, Index, Model


class Owner(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_owners"

    id: int | None = Field(default=None, db_pk=True)


class Plain(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_plain"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner


class Refused(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_refused"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner = Field(db_index=False)


class Column(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_column"

    id: int | None = Field(default=None, db_pk=True)
    owner_id: int = Field(db_fk="Owner.id", db_index_name="of_owner")


class OneToOne(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_unique"

    id: int | None = Field(default=None, db_pk=True)
    owner: Owner = Field(db_unique=True)


class Grouped(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_grouped"
        unique_together = [("owner", "name")]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    owner: Owner


class SecondInGroup(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_second"
        unique_together = [("name", "owner")]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    owner: Owner


class Indexed(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_indexed"
        indexes = [Index("-owner", "name", name="owner_and_name")]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    owner: Owner


class PartlyIndexed(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_partly"
        indexes = [
            Index("owner", name="some", condition="name = 'a'"),
            Index("owner", name="hashed", method="hash"),
        ]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=20)
    owner: Owner


class Keyed(Model):
    class Meta:
        is_table = True
        table_name = "fk_index_keyed"

    owner: Owner = Field(db_pk=True)
    other: Owner = Field(db_pk=True)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Plain, ["fk_index_plain_owner_id_idx"]),
        (Refused, []),
        (Column, ["of_owner"]),
        (OneToOne, []),
        (Grouped, []),
        (SecondInGroup, ["fk_index_second_owner_id_idx"]),
        (Indexed, ["owner_and_name"]),
        (PartlyIndexed, ["fk_index_partly_owner_id_idx", "some", "hashed"]),
        (Keyed, ["fk_index_keyed_other_id_idx"]),
    ],
)
def test_indexes(model: type[Any], names: list[str]) -> None:
    assert [index.name for index in model._db_meta.indexes] == names
