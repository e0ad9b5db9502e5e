"""Accounts that have a secret, their letters, and the stamps on them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import SecretStr

from oxyde import Field, Model, RelatedManager


class Account(Model):
    class Meta:
        is_table = True
        table_name = "mail_account"
        unloaded = "peers"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=50, db_unique=True)
    password: SecretStr
    letters: list[Letter] = Field(db_reverse_fk="account")
    letters_set: ClassVar[RelatedManager[Letter]]


class Stamp(Model):
    class Meta:
        is_table = True
        table_name = "mail_stamp"

    id: int | None = Field(default=None, db_pk=True)
    name: str


class Letter(Model):
    class Meta:
        is_table = True
        table_name = "mail_letter"
        unloaded = "peers"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    account: Account = Field(db_on_delete="CASCADE")
    stamps: list[Stamp] = Field(db_m2m=True)
    stamps_set: ClassVar[RelatedManager[Stamp]]


MODELS = [Account, Stamp, Letter]
