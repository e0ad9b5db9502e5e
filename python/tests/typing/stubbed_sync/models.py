"""A model of `oxyde.sync`, of which a stub is made."""

from __future__ import annotations

from oxyde import Field, sync


class Task(sync.Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    points: int = 0
