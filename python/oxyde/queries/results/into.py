"""Rows as objects of a user's class: a dataclass, a named tuple, a TypedDict, a Pydantic
model without a table, or any class whose parameters name the columns."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel
from typing_extensions import is_typeddict

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.lookups.path_value import check_path

if TYPE_CHECKING:
    from oxyde.queries.compile.state import QueryState
    from oxyde.queries.query import Query

__all__ = ["Into", "into"]


class Into(NamedTuple):
    """What each row becomes.

    Attributes:
        row: the class.
        names: its parameters, in the order of the columns.
        by_keyword: whether they are passed by name.
        validated: whether Pydantic validates them.
    """

    row: type[Any]
    names: tuple[str, ...]
    by_keyword: bool
    validated: bool

    def make(self) -> Callable[..., Any]:
        """The callable that takes a row's values."""
        return functools.partial(_validated, self.row) if self.validated else self.row


def _validated(model: type[BaseModel], /, **values: object) -> object:
    return model.model_validate(values, by_name=True)


def into(query: QueryState[Any, Any], row: Any, columns: Mapping[str, Any]) -> Query[Any, Any]:
    """`Query.into`.

    Raises:
        FieldError: see `Query.into`.
    """
    target = _target(row)
    for name in columns:
        if name not in target.names:
            raise FieldError(
                f"`{row.__name__}` has no field `{name}`", hint=hint_for(name, target.names)
            )
    made: Query[Any, Any] = query._copy()
    # Field names may equal the model's: they conflict only for rows that are models.
    made._row = RowKind.OBJECT
    outputs: list[str] = []
    for name in target.names:
        source = columns.get(name, name)
        if isinstance(source, str):
            _check_column(made, target, name, source)
            outputs.append(source)
            continue
        alias = name
        while alias in query._annotations or alias in query._names.meta.field_metadata:
            alias += "_"
        made = made.annotate(**{alias: source})
        outputs.append(alias)
    made._fields = tuple(outputs)
    made._into = target
    return made


def _check_column(query: Query[Any, Any], target: Into, name: str, source: str) -> None:
    if source in query._annotations:
        return
    try:
        check_path(query._context(), source)
    except FieldError as error:
        message = f"`{target.row.__name__}.{name}` gets no column: {error.args[0]}"
        example = f'say where it comes from: into({target.row.__name__}, {name}="…")'
        raise FieldError(message, hint=error.hint or example) from None


@functools.lru_cache(maxsize=256)
def _target(row: object) -> Into:
    if not isinstance(row, type):
        raise FieldError(
            f"into() takes a class, not {row!r:.80}",
            hint="a dataclass with a field for each column",
        )
    if getattr(getattr(row, "_db_meta", None), "is_table", False):
        raise FieldError(
            f"into() does not make instances of tables, and `{row.__name__}` is one",
            hint="query it: its own rows are its instances",
        )
    if is_typeddict(row):
        return Into(row, tuple(row.__annotations__), by_keyword=True, validated=False)
    fields: Any = getattr(row, "model_fields", None)
    if isinstance(fields, dict) and hasattr(row, "model_validate"):
        return _named(Into(row, tuple(fields), by_keyword=True, validated=True))
    try:
        parameters = list(inspect.signature(row).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    if any(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in parameters):
        parameters = []
    by_keyword = any(each.kind is each.KEYWORD_ONLY for each in parameters)
    names = tuple([each.name for each in parameters])
    return _named(Into(row, names, by_keyword=by_keyword, validated=False))


def _named(target: Into) -> Into:
    if target.names:
        return target
    name = target.row.__name__
    hint = "name its fields" if dataclasses.is_dataclass(target.row) else "use a dataclass"
    raise FieldError(f"`{name}` does not declare which columns it takes", hint=hint)
