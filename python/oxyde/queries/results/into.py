"""Rows as objects of a user's class: a dataclass, a named tuple, a TypedDict, a Pydantic
model without a table, or any class whose parameters name the columns."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from pydantic import BaseModel
from typing_extensions import is_typeddict

from oxyde._annotations import unwrap
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.queries.compile.row_kind import RowKind
from oxyde.queries.lookups.path_value import check_path
from oxyde.queries.names import Names, names_of

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
        assembly: how the columns of a row become an object that contains others; None if it
            contains none.
    """

    row: type[Any]
    names: tuple[str, ...]
    by_keyword: bool
    validated: bool
    assembly: Assembly | None = None

    def make(self) -> Callable[..., Any]:
        """The callable that takes a row's values."""
        if self.assembly is not None:
            return self.assembly.of_row
        return functools.partial(_validated, self.row) if self.validated else self.row


class Assembly(NamedTuple):
    """How the columns of a row become an object.

    Attributes:
        target: what it becomes.
        parts: for each parameter the position of its column, or the object that it contains.
        key: the position of the related row's key, which is NULL where there is none.
    """

    target: Into
    parts: tuple[int | Assembly, ...]
    key: int | None = None

    def of_row(self, *values: object) -> object:
        """The object of a row."""
        return self.of(values)

    def of(self, values: tuple[object, ...]) -> object:
        """The object of a row, or None."""
        if self.key is not None and values[self.key] is None:
            return None
        given = [values[part] if isinstance(part, int) else part.of(values) for part in self.parts]
        make = self.target.make()
        if self.target.by_keyword:
            return make(**dict(zip(self.target.names, given, strict=True)))
        return make(*given)


def _validated(model: type[BaseModel], /, **values: object) -> object:
    return model.model_validate(values, by_name=True)


def into(query: QueryState[Any, Any], row: Any, columns: Mapping[str, Any]) -> Query[Any, Any]:
    """`Query.into`.

    Raises:
        FieldError: see `Query.into`.
    """
    target = _target(row)
    known = list(_fields(target, query._names, "", columns))
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise FieldError(
            f"`{row.__name__}` has no field `{unknown[0]}`", hint=hint_for(unknown[0], known)
        )
    outputs = _Outputs(query, columns)
    parts = outputs.parts_of(target, query._names, "")
    made = outputs.query
    made._fields = tuple(outputs.names)
    if all(isinstance(part, int) for part in parts):
        made._into = target
    else:
        assembly = Assembly(target, parts)
        made._into = Into(row, made._fields, by_keyword=False, validated=False, assembly=assembly)
    return made


def _fields(target: Into, names: Names | None, path: str, columns: Container[str]) -> Iterator[str]:
    """The fields that `columns` may name: ``title``, ``author__name``."""
    for name in target.names:
        here = f"{path}{name}"
        yield here
        inner = None if here in columns else _inner(target.row, name, names)
        if inner is not None and names is not None:
            yield from _fields(inner, names_of(names.hop(name).target.model), f"{here}__", columns)


class _Outputs:
    """The columns that the objects need.

    Attributes:
        query: the query, with the expressions that were given for fields.
        names: the columns, by path or annotation.
    """

    def __init__(self, query: QueryState[Any, Any], columns: Mapping[str, Any]) -> None:
        self.query: Query[Any, Any] = query._copy()
        # Field names may equal the model's: they conflict only for rows that are models.
        self.query._row = RowKind.OBJECT
        self.names: list[str] = []
        self._columns = columns

    def parts_of(self, target: Into, names: Names | None, path: str) -> tuple[int | Assembly, ...]:
        """The parts of an object of rows that are reached by `path`.

        Args:
            names: the model of these rows; None for those that are not rows of a model.
        """
        return tuple([self._part(target, name, names, path) for name in target.names])

    def _part(self, target: Into, name: str, names: Names | None, path: str) -> int | Assembly:
        here = f"{path}{name}"
        inner = None if here in self._columns else _inner(target.row, name, names)
        if inner is not None and names is not None:
            related = names_of(names.hop(name).target.model)
            key = self._column(target, name, f"{here}__{related.primary_key[0]}")
            return Assembly(inner, self.parts_of(inner, related, f"{here}__"), key)
        source = self._columns.get(here, here)
        if isinstance(source, str):
            return self._column(target, name, source)
        alias = name
        while alias in self.query._annotations or alias in self.query._names.meta.field_metadata:
            alias += "_"
        self.query = self.query.annotate(**{alias: source})
        self.names.append(alias)
        return len(self.names) - 1

    def _column(self, target: Into, name: str, source: str) -> int:
        _check_column(self.query, target, name, source)
        self.names.append(source)
        return len(self.names) - 1


def _inner(row: Any, name: str, names: Names | None) -> Into | None:
    """What a field becomes that holds the related row of a relation; None for other fields."""
    relation = None if names is None else names.meta.relations.get(name)
    if relation is None or relation.many:
        return None
    annotation = unwrap(_annotations(row).get(name)).core
    # A field of the key's own type holds the key.
    return _target(annotation) if _has_fields(annotation) else None


def _has_fields(annotation: object) -> bool:
    return isinstance(annotation, type) and (
        dataclasses.is_dataclass(annotation)
        or is_typeddict(annotation)
        or issubclass(annotation, BaseModel)
        or hasattr(annotation, "_fields")
    )


@functools.lru_cache(maxsize=256)
def _annotations(row: object) -> dict[str, Any]:
    if isinstance(row, type) and issubclass(row, BaseModel):
        row.model_rebuild(raise_errors=False)
        return {name: field.annotation for name, field in row.model_fields.items()}
    try:
        return get_type_hints(row)
    except NameError as error:
        raise FieldError(
            f"{row!r} has an annotation that is not defined: {error}",
            hint="define or import it in the module of the class",
        ) from None


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
