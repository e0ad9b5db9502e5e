"""`register_type`: columns for custom classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import PydanticSchemaGenerationError, TypeAdapter
from pydantic.errors import PydanticUserError

from oxyde._annotations import describe, unwrap
from oxyde._column_types import BY_CLASS
from oxyde.exceptions import FieldError
from oxyde.hydration.cells import kind_of, typed_cell
from oxyde.hydration.registered import RegisteredType, add_registered, registered_as
from oxyde.models import registry
from oxyde.models.columns.column_types import shape_of
from oxyde.models.columns.db_type import typed_by_user

if TYPE_CHECKING:
    from typing_extensions import TypeForm

__all__ = ["register_type"]

_T = TypeVar("_T")
_S = TypeVar("_S")

_STORED_AS_THEY_ARE = frozenset({*BY_CLASS, list, dict, object, type(None)})


def register_type(
    python_type: type[_T],
    *,
    storage: TypeForm[_S],
    encode: Callable[[_T], _S],
    decode: Callable[[_S], _T],
    db_type: str | None = None,
) -> None:
    """Register a custom class for fields, stored as a type that Oxyde knows::

        register_type(Money, storage=Decimal, encode=lambda money: money.amount, decode=Money)

    Register a class before the models that use it are defined. Pydantic need not know it: then a
    field accepts its instances, and JSON contains the stored value (bytes as base64). NULL is None,
    and is never passed to either function.

    Args:
        python_type: the class; subclasses are not included.
        storage: the type of the column, written as a field's annotation:
            `bytes`, `list[int]`, `Annotated[str, Field(max_length=26)]`.
        encode: returns the stored value.
        decode: returns the value for a stored one. The result must be an instance of the class.
        db_type: the column's type in SQL, if it differs from that of `storage`: "citext". The
            database must be able to convert between it and the type of `storage`.

    Raises:
        FieldError: the class is already registered differently, is supported by Oxyde itself, or a
            model already has a column of it; or `storage` is not a column type.
    """
    if not isinstance(python_type, type):
        raise FieldError(f"register_type() takes a class, not {python_type!r:.80}")
    where = f"register_type({python_type.__name__})"
    for name, function in (("encode", encode), ("decode", decode)):
        if not callable(function):
            raise FieldError(f"{where}: {name} is not a function: {function!r:.80}")
    _check_type(python_type, where)
    registered = _described(python_type, storage, encode, decode, db_type, where)
    known = registered_as(python_type)
    if known is not None and known != registered:
        raise FieldError(
            f"{python_type.__name__} is registered already, with other arguments",
            hint="register a class once, where it is defined",
        )
    if known is None:
        _check_models(python_type, where)
        add_registered(registered)


def _described(
    python_type: type[Any],
    storage: object,
    encode: Callable[[Any], Any],
    decode: Callable[[Any], Any],
    db_type: str | None,
    where: str,
) -> RegisteredType:
    bare = unwrap(storage)
    if bare.nullable or registered_as(bare.core) is not None:
        raise FieldError(
            f"{where}: storage={describe(storage)} is not the type of a column",
            hint="give a type that Oxyde stores; a field annotated `… | None` takes NULL",
        )
    shape = shape_of(storage, [], where=where, enum_name="")
    kind, _ = kind_of(shape.column_type)
    if kind == "enum":
        raise FieldError(f"{where}: an enum cannot be the storage", hint="give str")
    if db_type is not None:
        typed_by_user(db_type, shape.column_type, where)
    step, read, *_ = typed_cell(bare.core, kind)
    return RegisteredType(
        python_type,
        storage,
        encode,
        decode,
        db_type,
        read=read if step == "validate" else None,
        needs_schema=_is_unknown_to_pydantic(python_type),
    )


def _check_type(python_type: type[Any], where: str) -> None:
    if python_type in _STORED_AS_THEY_ARE:
        raise FieldError(
            f"{where}: Oxyde stores {python_type.__name__} as it is", hint="register your own class"
        )
    options = getattr(python_type, "__oxyde_options__", None)
    if options is not None and options.is_table:
        raise FieldError(f"{where}: it is a model with a table of its own")


def _check_models(python_type: type[Any], where: str) -> None:
    for model in registry.iter_tables():
        # Without the base class: reading its columns would complete the model.
        meta = vars(model)["_db_meta"]
        for name, field in getattr(meta, "field_metadata", {}).items():
            if field.python_type is python_type:
                raise FieldError(
                    f"{where}: {model.__name__}.{name} has a column of it already",
                    hint="register the class before the models that use it are defined",
                )


def _is_unknown_to_pydantic(python_type: type[Any]) -> bool:
    try:
        TypeAdapter(python_type)
    except PydanticSchemaGenerationError:
        return True
    except (PydanticUserError, NameError):
        # It has a schema that waits for a name to be defined.
        return False
    return False
