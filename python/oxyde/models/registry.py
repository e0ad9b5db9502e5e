"""The tables that are defined, by name, and the completion of those that wait for others."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from oxyde.exceptions import FieldError

__all__ = [
    "clear_registry",
    "find_model",
    "iter_tables",
    "register_table",
    "registered_tables",
]

_tables: dict[str, type[Any]] = {}
_waiting: list[type[Any]] = []
_lock = threading.RLock()


def registered_tables() -> dict[str, type[Any]]:
    """All tables, in the order of their definition: name (with its schema, if any) → model."""
    return dict(_tables)


def iter_tables() -> Iterator[type[Any]]:
    """All models with a table, in the order of their definition."""
    return iter(list(_tables.values()))


def clear_registry() -> None:
    """Forget all tables. The classes go on working; `create_tables` no longer knows them."""
    with _lock:
        _tables.clear()
        _waiting.clear()


def register_table(model: type[Any], overwrite: bool = False) -> None:
    """Make a model's table known.

    Done by the class statement; call it to bring a model back after `clear_registry`.

    Args:
        model: a model with `Meta.is_table = True`.
        overwrite: take the name from the model that has it.

    Raises:
        FieldError: the model has no table, or another model has its name.
    """
    options = getattr(model, "__oxyde_options__", None)
    if options is None or not options.is_table:
        raise FieldError(
            f"{model.__name__} has no table", hint="set is_table = True in its class Meta"
        )
    with _lock:
        name = qualified_name(model)
        known = _tables.get(name)
        if known is not None and known is not model and not overwrite and not _same(known, model):
            raise FieldError(
                f"{_path(model)} has the table name {name!r}, which {_path(known)} has already",
                hint="set another table_name in class Meta",
            )
        _tables[name] = model


def table_name(model: type[Any]) -> str:
    """The table's name, without its schema."""
    name: str = model.__oxyde_options__.table_name or model.__name__.lower()
    return name


def qualified_name(model: type[Any]) -> str:
    """The table's name with its schema."""
    schema = model.__oxyde_options__.schema
    return f"{schema}.{table_name(model)}" if schema else table_name(model)


def _path(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def _same(one: type[Any], other: type[Any]) -> bool:
    """Whether two classes are one class, loaded twice."""
    return _path(one) == _path(other)


def register_new(model: type[Any]) -> None:
    """Register a class that was just made, and complete what waited for it.

    Raises:
        FieldError: as `register_table`, or the model or one that waited for it is wrong.
    """
    with _lock:
        before = _tables.get(qualified_name(model))
        register_table(model)
        _waiting.append(model)
        try:
            settle()
        except BaseException:
            name = qualified_name(model)
            if _tables.get(name) is model:
                if before is None:
                    del _tables[name]
                else:
                    _tables[name] = before
            if model in _waiting:
                _waiting.remove(model)
            raise


def settle() -> None:
    """Complete the models whose annotations can all be resolved now, and check them.

    The others are looked at again when they are used.

    Raises:
        FieldError: one of them is declared wrongly.
    """
    progress = True
    while progress:
        progress = False
        for model in list(_waiting):
            with only_near():
                ready = complete(model)
            if ready and model in _waiting:
                _waiting.remove(model)
                progress = True
                # Reading it builds it, and so finds what is wrong.
                _ = model._db_meta


def complete(model: type[BaseModel]) -> bool:
    """Resolve a model's annotations by the names of its module and of the tables."""
    if model.__pydantic_complete__:
        return True
    model.model_rebuild(raise_errors=False, _types_namespace=namespace_of(model))
    return model.__pydantic_complete__


class _Search(threading.local):
    near = False


_search = _Search()


@contextlib.contextmanager
def only_near() -> Iterator[None]:
    """Names mean tables of the model's own module only.

    So it is while classes are being made: another module may have a table of the same name as
    one that the module itself is about to define. Once a model is used, all tables are looked at.
    """
    before, _search.near = _search.near, True
    try:
        yield
    finally:
        _search.near = before


def namespace_of(model: type[Any]) -> dict[str, Any]:
    """The tables by class name: those of the model's own module, and others whose name is no
    other's."""
    own: dict[str, Any] = {}
    others: dict[str, list[type[Any]]] = {}
    for table in _tables.values():
        if table.__module__ == model.__module__:
            own[table.__name__] = table
        else:
            others.setdefault(table.__name__, []).append(table)
    if _search.near:
        return own
    return {name: found[0] for name, found in others.items() if len(found) == 1} | own


def paths_of(name: str) -> list[str]:
    """Where the tables with a class name are defined."""
    return [_path(table) for table in _tables.values() if table.__name__ == name]


def find_model(name: str, near: type[Any], where: str) -> type[Any]:
    """The model that a text names: "PostTag", or "app.models.PostTag".

    Raises:
        FieldError: no table has this class name, or several do.
    """
    found = [
        table
        for table in _tables.values()
        if name in (table.__name__, f"{table.__module__}.{table.__name__}", _path(table))
    ]
    if len(found) > 1:
        found = [table for table in found if table.__module__ == near.__module__] or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise FieldError(
            f"{where} refers to `{name}`, which is not defined",
            hint="import the module that defines it, with is_table = True in its class Meta",
        )
    raise FieldError(
        f"{where} refers to `{name}`, and there are {len(found)}: "
        + ", ".join(_path(table) for table in found),
        hint="name it with its module",
    )
