"""The project's models."""

from __future__ import annotations

from typing import Annotated

from oxyde import Field, Model


class Writer(Model):
    class Meta:
        is_table = True
        table_name = "plugin_writers"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_unique=True)


class Entry(Model):
    class Meta:
        is_table = True
        table_name = "plugin_entries"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(max_length=200)
    writer: Annotated[Writer, Field(db_on_delete="RESTRICT")]
    answers: Annotated[Entry | None, Field(db_on_delete="RESTRICT")] = None
