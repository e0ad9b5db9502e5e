"""The form of a row: its inputs, what was typed into them, and what is wrong with that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from oxyde.exceptions import FieldValueError, IntegrityError, OxydeError
from oxyde.studio.columns import Column
from oxyde.studio.tables import Table

__all__ = ["Form", "Input", "version_of"]

_FINE = re.compile(r"\.\d{4,}")
# The longest text that a form shows; longer values stay as they are.
_LONGEST = 200_000


@dataclass(slots=True)
class Input:
    """An input of a form.

    Attributes:
        column: its column.
        text: what is in it.
        null: whether NULL is ticked.
        required: whether a value is needed.
        note: what happens if it stays empty.
        locked: whether it cannot be changed.
        errors: what is wrong with it.
    """

    column: Column
    text: str = ""
    null: bool = False
    required: bool = False
    note: str = ""
    locked: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def widget(self) -> str:
        """The kind of input, as of `Column.widget`."""
        widget = self.column.widget
        # These inputs of browsers drop what is finer than milliseconds.
        if widget in ("datetime-local", "time") and _FINE.search(self.text):
            return "text"
        return widget

    @property
    def has_null(self) -> bool:
        """Whether NULL has a box of its own, because an empty string is a value, too."""
        return self.column.is_text and self.column.field.nullable


class Form:
    """The form of a new row, or of one that is stored.

    Attributes:
        table: the table.
        inputs: the inputs by field.
        errors: what is wrong with the row as a whole.
        version: identifies the row that was shown; empty for a new row.
    """

    def __init__(self, table: Table, stored: Mapping[str, Any] | None = None) -> None:
        self.table = table
        self._stored = stored
        self.errors: list[str] = []
        self.version = "" if stored is None else version_of(table, stored)
        self.inputs = {
            name: self._input(column)
            for name, column in table.columns.items()
            if column.field.db_generated is None
        }

    def _input(self, column: Column) -> Input:
        info = self._info(column)
        if self._stored is not None:
            value = self._stored.get(column.name)
            made = Input(column, column.text(value), null=value is None)
            made.locked = column.name in self.table.key
            made.note = "empty: unchanged" if column.secret else ""
            if len(made.text) > _LONGEST:
                made.text, made.locked = made.text[:_LONGEST], True
                made.note = "too long to be changed here"
            made.required = not (column.field.nullable or column.takes_empty or column.secret)
            return made
        made = Input(column)
        if self._is_filled(column):
            made.note = "empty: filled in"
        elif info is not None and not info.is_required() and info.default_factory is None:
            made.text = column.text(info.default)
            made.null = info.default is None
        made.null = made.null and column.field.nullable
        made.required = info is not None and info.is_required() and not column.takes_empty
        return made

    def _info(self, column: Column) -> FieldInfo | None:
        info: FieldInfo | None = self.table.model.model_fields.get(column.name)
        return info

    def _is_filled(self, column: Column) -> bool:
        """Whether a new row gets a value without one being typed."""
        info = self._info(column)
        made = info is not None and info.default_factory is not None
        return made or column.field.generated

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with what was typed."""
        return not self.errors and not any(each.errors for each in self.inputs.values())

    def read(self, sent: Mapping[str, str]) -> dict[str, Any]:
        """Take what was typed, and return the values by field, without those that stay or are
        filled in. What cannot be read is an error of its input."""
        values: dict[str, Any] = {}
        for name, each in self.inputs.items():
            if each.locked:
                continue
            each.text = sent.get(name, "").replace("\r\n", "\n")
            each.null = f"{name}.null" in sent
            if each.null and each.column.field.nullable:
                values[name] = None
            elif each.text or (each.column.takes_empty and not self._stays(each)):
                try:
                    values[name] = each.column.parse(each.text)
                except ValueError as error:
                    each.errors.append(str(error))
            elif not self._stays(each):
                if each.column.field.nullable:
                    values[name] = None
                elif self._stored is not None or each.required:
                    each.errors.append("A value is required")
        return values

    def _stays(self, each: Input) -> bool:
        """Whether an empty input leaves its field out."""
        if each.column.secret:
            return True
        return self._stored is None and self._is_filled(each.column)

    def refuse(self, error: ValidationError | OxydeError) -> None:
        """Put an error beside the inputs that it is about, or above them."""
        if isinstance(error, ValidationError):
            for item in error.errors(include_url=False, include_context=False, include_input=False):
                self._add(self._named(item["loc"]), item["msg"])
        elif isinstance(error, IntegrityError):
            columns = self.table.meta.columns
            names = [columns[name] for name in error.columns if name in columns]
            for name in names:
                self._add(name, str(error))
            if not names:
                self.errors.append(str(error))
        elif isinstance(error, FieldValueError):
            label = self.table.model.__name__
            about = (name for name in self.inputs if f"`{label}.{name}`" in str(error))
            self._add(next(about, None), str(error))
        else:
            self.errors.append(str(error))

    def _add(self, name: str | None, message: str) -> None:
        if name in self.inputs:
            self.inputs[name].errors.append(message)
        else:
            self.errors.append(message if name is None else f"{name}: {message}")

    def _named(self, place: tuple[int | str, ...]) -> str | None:
        """The field that Pydantic's error is about: it names them by their aliases."""
        if not place:
            return None
        first = str(place[0])
        if first in self.inputs:
            return first
        for name, info in self.table.model.model_fields.items():
            aliases = (info.alias, info.validation_alias)
            relation = self.table.meta.relations.get(name)
            if first in aliases or (first == name and relation is not None):
                return name if relation is None or relation.column is None else relation.column
        return first


def version_of(table: Table, row: Mapping[str, Any]) -> str:
    """What identifies the values of a row, to notice that another one changed it meanwhile."""
    shown = [(name, column.text(row.get(name))) for name, column in table.columns.items()]
    return hashlib.sha256(repr(shown).encode()).hexdigest()
