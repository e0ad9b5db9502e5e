"""Models that cannot be tables: the error names the model, the option and what is allowed."""

from __future__ import annotations

import pytest

from oxyde import Field, Model
from oxyde.exceptions import FieldError, OxydeError


@pytest.mark.databases("sqlite")
def test_models_that_cannot_be_tables(flavour: str) -> None:
    class NoMeta(Model):
        id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(OxydeError) as caught:
        NoMeta.objects.filter(id=1)
    assert "is_table" in str(caught.value)

    class Taken(Model):
        class Meta:
            is_table = True
            table_name = "bad_taken"

        id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(OxydeError, match="bad_taken"):

        class AlsoTaken(Model):
            class Meta:
                is_table = True
                table_name = "bad_taken"

            id: int | None = Field(default=None, db_pk=True)

    with pytest.raises(FieldError, match="db_primary"):
        Field(db_primary=True)  # type: ignore[call-overload]

    with pytest.raises(FieldError, match="tabel_name"):

        class Misspelt(Model):
            class Meta:
                is_table = True
                tabel_name = "x"

            id: int | None = Field(default=None, db_pk=True)
