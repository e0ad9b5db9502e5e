"""The tables of a project as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from oxyde._meta import ModelMeta
from oxyde.models.registry import tables_by_name
from oxyde.studio.columns import Column

__all__ = ["Table", "tables_of"]

# Fields that name a row better than the first string does.
_NAMES = ("name", "title", "label", "username", "email", "slug")


class Table:
    """A table and its model.

    Attributes:
        name: the table's name with its schema, which is also in its URL.
        model: the model.
        columns: its columns in order, by field.
    """

    def __init__(self, name: str, model: type[Any]) -> None:
        self.name = name
        self.model = model
        self.columns = {each: Column(field) for each, field in self.meta.field_metadata.items()}

    @property
    def meta(self) -> ModelMeta:
        """The model's metadata."""
        meta: ModelMeta = self.model._db_meta
        return meta

    @property
    def key(self) -> tuple[str, ...]:
        """The fields of the key; empty if rows have no page of their own. Secret keys are not
        put into URLs."""
        key = self.meta.primary_key
        return () if any(self.columns[name].secret for name in key) else key

    @property
    def writable(self) -> bool:
        """Whether rows can be changed: they have a key, and the model is not read-only."""
        return bool(self.key) and not self.meta.read_only

    @cached_property
    def label(self) -> str | None:
        """The field that names a row, or None."""
        part = self.key if len(self.key) > 1 else ()
        texts = [name for name in self.searched if name not in part]
        return next((name for name in _NAMES if name in texts), texts[0] if texts else None)

    @cached_property
    def summary(self) -> tuple[str, ...]:
        """The fields that say which row it is, beside its key: the one that names it, or the first
        short ones."""
        if self.label is not None:
            return (self.label,)
        short = [
            name
            for name, column in self.columns.items()
            if column.sortable and column.field.foreign_key is None and name not in self.key
        ]
        return tuple(short[:2])

    @cached_property
    def searched(self) -> list[str]:
        """The fields that the search reads."""
        return [name for name, column in self.columns.items() if _names(column)]

    # -- URLs ----------------------------------------------------------------------------------

    def url(self, page: str, **parameters: str) -> str:
        """The URL of a page of the table: "rows", "row", "new", "edit" or "delete"."""
        query = urlencode(parameters)
        return f"/{page}/{quote(self.name, safe='')}{'?' if query else ''}{query}"

    def row_url(self, page: str, row: Mapping[str, Any]) -> str | None:
        """The URL of a page of a row; None without a key."""
        if not self.key or any(row.get(name) is None for name in self.key):
            return None
        return self.url(page, **{name: self.columns[name].text(row[name]) for name in self.key})

    def key_from(self, parameters: Mapping[str, str]) -> dict[str, object]:
        """The key of a row by the parameters of its URL.

        Raises:
            ValueError: it is incomplete, or a value is not of the column's type.
        """
        found: dict[str, object] = {}
        for name in self.key:
            if name not in parameters:
                raise ValueError(f"the URL lacks `{name}`, a part of the key")
            try:
                found[name] = self.columns[name].parse(parameters[name])
            except ValueError as error:
                raise ValueError(f"`{name}`: {error}") from None
        if not found:
            raise ValueError(f"rows of {self.name} have no key, so they have no page")
        return found


def tables_of(models: Iterable[type[Any]] | None = None) -> dict[str, Table]:
    """The tables of models by name; those of all registered models if None."""
    known = list(tables_by_name().values()) if models is None else list(models)
    for model in known:
        for relation in model._db_meta.relations.values():
            # The tables between that no model declares are made when they are first needed.
            through = relation.through_model
            if models is not None and through is not None and through not in known:
                known.append(through)
    found = tables_by_name().items() if models is None else _named(known)
    return {name: Table(name, model) for name, model in sorted(found, key=lambda item: item[0])}


def _named(models: Iterable[type[Any]]) -> list[tuple[str, type[Any]]]:
    return [(model._db_meta.qualified_name, model) for model in models]


def _names(column: Column) -> bool:
    return column.is_text and not column.secret and column.field.foreign_key is None
