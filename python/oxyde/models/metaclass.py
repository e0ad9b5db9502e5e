"""Creation of model classes: `class Meta`, foreign keys, registration, first checks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, PrivateAttr
from pydantic import Field as PydanticField
from pydantic._internal._model_construction import build_lenient_weakvaluedict
from typing_extensions import dataclass_transform

from oxyde.exceptions import FieldError
from oxyde.models import registry
from oxyde.models.columns.field import Field, column_options
from oxyde.models.managers import give_managers, refuse_hidden_managers, take_managers
from oxyde.models.tables.options import MetaOptions, options_of

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as PydanticMetaclass

    from oxyde._meta import ModelMeta
else:
    PydanticMetaclass = type(BaseModel)

__all__ = ["LazyMeta", "ModelMetaclass"]


class LazyMeta:
    """Placeholder of `_db_meta` until it is first read, when all referenced models must be
    defined."""

    def __get__(self, instance: object, owner: type[Any]) -> ModelMeta:
        # Imported here so that defining models loads nothing that reads their annotations.
        from oxyde.models.tables.build_meta import build_meta

        meta = build_meta(owner)
        type.__setattr__(owner, "_db_meta", meta)
        return meta


# Without `eq_default`, type checkers would take instances for unhashable.
@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(Field, PydanticField, PrivateAttr)
)
class ModelMetaclass(PydanticMetaclass):
    """The class of `Model` classes."""

    def __new__(
        mcs, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any], **arguments: Any
    ) -> type[Any]:
        """Create the class, register its table, and run the checks that are already possible.

        Raises:
            FieldError: the model is declared incorrectly.
        """
        managers = take_managers(name, namespace)
        annotated = namespace.get("__annotations__", {})
        fields = [each for each in annotated if each not in managers]
        _refuse_reserved(bases, name, fields)
        refuse_hidden_managers(name, bases, fields)
        # Nested, so that Pydantic treats it as a class and not as a field without annotation.
        meta = namespace.pop("Meta", None)
        abstract = [
            options
            for base in bases
            if (options := getattr(base, "__oxyde_options__", None)) and not options.is_table
        ]
        options = options_of(namespace.get("__qualname__", name), meta, abstract)
        namespace["__oxyde_options__"] = options
        namespace["__oxyde_links__"] = {}
        module = sys.modules.get(namespace.get("__module__", ""))
        namespace["__oxyde_file__"] = getattr(module, "__file__", None)
        if arguments.get("__pydantic_reset_parent_namespace__", True):
            # Pydantic would use this frame's names instead of those around the class statement.
            namespace["__pydantic_parent_namespace__"] = build_lenient_weakvaluedict(
                _names_around(sys._getframe(1))
            )
            arguments["__pydantic_reset_parent_namespace__"] = False
        with registry.only_near():
            cls: type[Any] = super().__new__(mcs, name, bases, namespace, **arguments)
        if meta is not None:
            type.__setattr__(cls, "Meta", meta)
        give_managers(cls, managers)
        type.__setattr__(cls, "_db_meta", LazyMeta())
        _check_names(cls)
        if options.is_table:
            _check_key(cls, options)
            before = registry.register_new(cls)
            if before is not None:
                for each in (before, cls):
                    type.__setattr__(each, "__class__", _LoadedTwice)
        return cls


class _LoadedTwice(ModelMetaclass):
    """The metaclass of models that were loaded twice: an instance of one is an instance of the
    other. Other models do not use it, since `isinstance()` in Python costs as much as validating a
    small row.
    """

    def __instancecheck__(self, instance: object) -> bool:
        return super().__instancecheck__(instance) or (
            isinstance(type(instance), ModelMetaclass) and registry.same_model(self, type(instance))
        )


def _names_around(frame: FrameType) -> dict[str, Any] | None:
    """The local names around a class statement, unless it is at module level."""
    if frame.f_locals is frame.f_globals:
        return None
    return dict(frame.f_locals)


def _check_names(cls: type[Any]) -> None:
    for name in cls.__pydantic_fields__:
        if "__" in name:
            raise FieldError(
                f"{cls.__name__}.{name} has `__` in its name, which separates lookups",
                hint="use one `_`; db_column= may name the column",
            )
    _refuse_reserved(cls.__mro__, cls.__name__, cls.__pydantic_fields__)


def _refuse_reserved(bases: Iterable[type[Any]], name: str, fields: Iterable[str]) -> None:
    """Refuse fields with the names of methods. Also runs before the class is created: Pydantic
    would use the hidden method as the field's default."""
    reserved = _reserved(bases)
    for field in fields:
        if field in reserved:
            raise FieldError(
                f"{name}.{field} hides Model.{field}",
                hint="choose another name; db_column= may name the column",
            )


def _reserved(bases: Iterable[type[Any]]) -> frozenset[str]:
    for base in bases:
        for each in reversed(base.__mro__):
            if isinstance(each, ModelMetaclass):
                return frozenset(name for name in vars(each) if not name.startswith("_"))
    return frozenset()


def _check_key(cls: type[Any], options: MetaOptions) -> None:
    if options.read_only:
        return
    if not any(column_options(info).db_pk for info in cls.__pydantic_fields__.values()):
        raise FieldError(
            f"{cls.__name__} has Meta.is_table = True but no primary key",
            hint="declare one: id: int | None = Field(default=None, db_pk=True); a view, or a "
            "table without a key, has read_only = True in class Meta",
        )
