"""The registry of tables by name, and the completion of models with forward references."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from oxyde.exceptions import FieldError

__all__ = [
    "clear_registry",
    "find_model",
    "iter_tables",
    "key_of",
    "register_table",
    "registered_tables",
    "same_model",
    "separate_registry",
    "tables_by_name",
]

_tables: dict[str, type[Any]] = {}
# Further models of tables that others declare: known by name, never created or dropped.
_sharing: list[type[Any]] = []
_waiting: list[type[Any]] = []
_lock = threading.RLock()


def registered_tables() -> dict[str, type[Any]]:
    """All models with a table, in order of definition: "module.Qualname" → model.

    Of several classes with one path, as a function makes them, the further ones have their table's
    name after it: "module.Qualname[table]".
    """
    found: dict[str, type[Any]] = {}
    for name, model in _tables.items():
        path = _path(model)
        found[f"{path}[{name}]" if path in found else path] = model
    return found


def key_of(model: type[Any]) -> str:
    """The key of a model in `registered_tables()`, also if the model was loaded twice; its path if
    it is not there."""
    registered = _tables.get(qualified_name(model))
    if registered is None or not same_model(registered, model):
        return _path(model)
    return next(key for key, each in registered_tables().items() if each is registered)


def tables_by_name() -> dict[str, type[Any]]:
    """All models with a table, in order of definition: the table's name, with its schema, if any →
    model."""
    return dict(_tables)


def iter_tables() -> Iterator[type[Any]]:
    """All models with a table, in order of definition."""
    return iter(list(_tables.values()))


def clear_registry() -> None:
    """Forget all tables. The classes still work, but `create_tables` no longer knows them."""
    with _lock:
        _tables.clear()
        _sharing.clear()
        _waiting.clear()


@contextlib.contextmanager
def separate_registry() -> Iterator[None]:
    """Start with an empty registry, and forget the tables defined inside at the end. For classes in
    tests, which may reuse table names::

        with separate_registry():

            class User(Model): ...
    """
    with _lock:
        before = dict(_tables), list(_sharing), list(_waiting)
        clear_registry()
    try:
        yield
    finally:
        with _lock:
            clear_registry()
            _tables.update(before[0])
            _sharing.extend(before[1])
            _waiting.extend(before[2])


def register_table(model: type[Any], overwrite: bool = False) -> None:
    """Register a model's table. The class statement does this; call it to restore a model after
    `clear_registry`.

    Args:
        model: a model with `Meta.is_table = True`.
        overwrite: replace the model that has the name.

    Raises:
        FieldError: the model has no table, or another model has its name.
    """
    options = getattr(model, "__oxyde_options__", None)
    if options is None or not options.is_table:
        raise FieldError(
            f"{model.__name__} has no table", hint="set is_table = True in its class Meta"
        )
    with _lock:
        if options.shares_table:
            _sharing[:] = [other for other in _sharing if not same_model(other, model)]
            _sharing.append(model)
            return
        name = qualified_name(model)
        known = _tables.get(name)
        if known is not None and not overwrite and not same_model(known, model):
            hint = (
                "set another table_name in class Meta; a further model of the same table has "
                "shares_table = True there"
            )
            if "<locals>" in model.__qualname__ or "<locals>" in known.__qualname__:
                hint += (
                    "; around the classes of a test: with oxyde.models.registry.separate_registry()"
                )
            raise FieldError(
                f"{_path(model)} uses the table name {name!r}, which {_path(known)} already uses",
                hint=hint,
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


def _known() -> list[type[Any]]:
    return [*_tables.values(), *_sharing]


def _path(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def same_model(one: type[Any], other: type[Any]) -> bool:
    """Whether two models are the same model, loaded twice: reloaded under its module's name, or
    from the same file under another name, such as `__main__` and `main`."""
    if one is other:
        return True
    if one.__qualname__ != other.__qualname__:
        return False
    options = one.__oxyde_options__, other.__oxyde_options__
    if not (options[0].is_table and options[1].is_table):
        return False
    if qualified_name(one) != qualified_name(other):
        return False
    if one.__module__ == other.__module__:
        return True
    files: list[str | None] = [each.__oxyde_file__ for each in (one, other)]
    if files[0] is None or files[1] is None:
        return False
    same: bool = os.path.realpath(files[0]) == os.path.realpath(files[1])
    return same


def register_new(model: type[Any]) -> type[Any] | None:
    """Register a new class, and complete the models that waited for it. Returns the previous class
    if the module was loaded before.

    Raises:
        FieldError: as `register_table`, or the model or one that waited for it is invalid.
    """
    with _lock:
        before = _tables.get(qualified_name(model))
        register_table(model)
        _waiting.append(model)
        try:
            settle()
        except BaseException:
            name = qualified_name(model)
            if model in _sharing:
                _sharing.remove(model)
            elif _tables.get(name) is model:
                if before is None:
                    del _tables[name]
                else:
                    _tables[name] = before
            if model in _waiting:
                _waiting.remove(model)
            raise
    return before if before is not None and same_model(before, model) else None


def settle() -> None:
    """Complete and check the models whose annotations can all be resolved now. The others are tried
    again when they are used.

    Raises:
        FieldError: one of them is declared incorrectly.
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
                # Reading it builds it, which reports errors.
                _ = model._db_meta


def complete(model: type[BaseModel]) -> bool:
    """Resolve a model's annotations from the names of its module and the tables."""
    if model.__pydantic_complete__:
        return True
    model.model_rebuild(raise_errors=False, _types_namespace=namespace_of(model))
    return model.__pydantic_complete__


class _Search(threading.local):
    near = False


_search = _Search()


@contextlib.contextmanager
def only_near() -> Iterator[None]:
    """Resolve names only to tables of the model's own module. Used while classes are created:
    another module may have a table with the same name as one that the module itself defines later.
    When a model is used, all tables are considered.
    """
    before, _search.near = _search.near, True
    try:
        yield
    finally:
        _search.near = before


def namespace_of(model: type[Any]) -> dict[str, Any]:
    """The tables by class name: those of the model's own module, and others with a unique name."""
    own: dict[str, Any] = {}
    others: dict[str, list[type[Any]]] = {}
    for table in _known():
        if table.__module__ == model.__module__:
            own[table.__name__] = table
        else:
            others.setdefault(table.__name__, []).append(table)
    if _search.near:
        return own
    return {name: found[0] for name, found in others.items() if len(found) == 1} | own


def paths_of(name: str) -> list[str]:
    """The import paths of the tables with a class name."""
    return [_path(table) for table in _known() if table.__name__ == name]


def find_model(name: str, near: type[Any], where: str) -> type[Any]:
    """The model named by a string: "PostTag", or "app.models.PostTag".

    Raises:
        FieldError: no table has this class name, or several have it.
    """
    found = [
        table
        for table in _known()
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
        f"{where} refers to `{name}`, which is ambiguous: "
        + ", ".join(_path(table) for table in found),
        hint="name it with its module",
    )
