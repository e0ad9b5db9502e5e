"""The fields of a model as those of a plain Pydantic model: for creating a row, for changing one,
and for showing one."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from operator import getitem
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeAlias, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    PlainValidator,
    WrapValidator,
    field_serializer,
)
from pydantic import Field as PydanticField
from pydantic.fields import FieldInfo

from oxyde._annotations import unwrap
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.models.columns.field import ColumnOptions
from oxyde.models.payloads.fit import FitsColumn
from oxyde.models.relations.foreign_key import OMITTED, is_mark

if TYPE_CHECKING:
    from pydantic import ConfigDict

    from oxyde._meta import FieldMeta, ModelMeta

__all__ = ["Purpose", "payload", "schema_fields"]

Purpose: TypeAlias = Literal["create", "update", "public"]
_PURPOSES = ("create", "update", "public")
B = TypeVar("B", bound=BaseModel)
# A field's annotation, and the rest of its declaration.
_Declared: TypeAlias = "tuple[Any, FieldInfo]"

# What a field's declaration keeps, in the words of `pydantic.Field`.
_KEPT = (
    "alias",
    "alias_priority",
    "validation_alias",
    "serialization_alias",
    "title",
    "description",
    "examples",
    "discriminator",
    "deprecated",
    "repr",
)
# What a model's configuration does not hand on: it is about the whole model.
_OWN_CONFIG = frozenset({"title", "json_schema_extra"})
_LONGEST_NAME = 80
_CHANGING = (AfterValidator, BeforeValidator, WrapValidator)
_VALIDATORS: dict[str, Callable[[Any], object]] = {
    "after": AfterValidator,
    "before": BeforeValidator,
    "plain": PlainValidator,
    "wrap": WrapValidator,
}


def payload(
    model: type[Any],
    purpose: Purpose,
    include: Iterable[str] | None,
    exclude: Iterable[str],
    name: str | None,
) -> type[BaseModel]:
    """`Model.schema_for`; made once for the same arguments.

    Raises:
        FieldError: see there.
    """
    chosen = _chosen(model, purpose, include, exclude)
    made: dict[Any, type[BaseModel]] | None = model.__dict__.get("_oxyde_payloads")
    if made is None:
        made = {}
        type.__setattr__(model, "_oxyde_payloads", made)
    name = name or _name(model, purpose, chosen)
    known = made.get(name)
    if known is None:
        known = made[name] = _made(model, purpose, chosen, name, (BaseModel,), model.__module__)
    elif tuple(known.model_fields) != chosen or known.__dict__["_oxyde_purpose"] != purpose:
        raise FieldError(
            f"{model.__name__}.schema_for({purpose!r}, name={name!r}): a schema with other fields "
            "has this name",
            hint="choose another name",
        )
    return known


def schema_fields(
    model: type[Any],
    purpose: Purpose,
    *,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
) -> Callable[[type[B]], type[B]]:
    """A decorator that adds the fields of `Model.schema_for` to a Pydantic model, which type
    checkers know by its own name::

        @schema_fields(Post, "create")
        class PostIn(BaseModel):
            title: str

    A field that the class only annotates, with the same type, is typed for checkers and takes
    constraints, description and default from the model; one that may be left out is written
    ``title: str | None = None``. Other fields of the class are kept as they are.

    Args:
        model: a model with a table.
        purpose: "create", "update" or "public".
        include: only these fields.
        exclude: all but these fields.

    Raises:
        FieldError: as for `Model.schema_for`.
    """

    def fill(schema: type[B]) -> type[B]:
        chosen = _chosen(model, purpose, include, exclude)
        return cast(
            "type[B]",
            _made(model, purpose, chosen, schema.__name__, (schema,), schema.__module__),
        )

    return fill


def _chosen(
    model: type[Any], purpose: Purpose, include: Iterable[str] | None, exclude: Iterable[str]
) -> tuple[str, ...]:
    """The names of the fields, in the model's order."""
    if purpose not in _PURPOSES:
        raise FieldError(
            f"schema_for() makes a schema for {', '.join(_PURPOSES)}, not {purpose!r}",
            hint=hint_for(str(purpose), _PURPOSES),
        )
    meta: ModelMeta = model._db_meta
    if not meta.is_table:
        raise FieldError(
            f"{model.__name__} has no table", hint="set is_table = True in its class Meta"
        )
    possible = [name for name, field in meta.field_metadata.items() if _possible(field, purpose)]
    if purpose == "public":
        possible += model.__pydantic_computed_fields__
        possible = [name for name in possible if not _is_hidden(model, name)]
    left_out = _columns(model, purpose, exclude, ())
    if include is None:
        wanted = {name for name in possible if _usual(meta.field_metadata.get(name), purpose)}
    else:
        wanted = _columns(model, purpose, include, possible)
    return tuple([name for name in possible if name in wanted and name not in left_out])


def _possible(field: FieldMeta, purpose: Purpose) -> bool:
    if purpose == "public":
        return not field.secret
    return field.db_generated is None


def _is_hidden(model: type[Any], name: str) -> bool:
    info: FieldInfo | None = model.__pydantic_fields__.get(name)
    return info is not None and info.exclude is True


def _usual(field: FieldMeta | None, purpose: Purpose) -> bool:
    if field is None or purpose == "public":
        return True
    if field.automatic:
        return False
    return not (field.auto_increment if purpose == "create" else field.primary_key)


def _columns(
    model: type[Any], purpose: Purpose, names: Iterable[str], possible: Iterable[str]
) -> set[str]:
    """The fields of these names; a relation stands for its column.

    Args:
        possible: the fields that can be named; any field when empty.
    """
    if isinstance(names, str):
        raise FieldError(
            f"{model.__name__}.schema_for() takes several names, not {names!r}",
            hint=f"write {{{names!r}}}",
        )
    meta: ModelMeta = model._db_meta
    known = [*meta.field_metadata, *model.__pydantic_computed_fields__]
    found: set[str] = set()
    for each in names:
        relation = meta.relations.get(each)
        name = each if relation is None or relation.column is None else relation.column
        if name not in (possible or known):
            why = f"has no field `{each}`"
            if name in known:
                why = f"cannot have `{each}`, which is " + (
                    "a secret" if purpose == "public" else "computed by the database"
                )
            raise FieldError(
                f"{model.__name__}.schema_for({purpose!r}) {why}",
                hint=hint_for(each, possible or known),
            )
        found.add(name)
    return found


def _name(model: type[Any], purpose: Purpose, chosen: tuple[str, ...]) -> str:
    """The name of a schema, which tells it from others of the model."""
    name = f"{model.__name__}{purpose.title()}"
    usual = _chosen(model, purpose, None, ())
    if chosen == usual:
        return name
    missing = [each for each in usual if each not in chosen]
    added = [each for each in chosen if each not in usual]
    if len(missing) <= len(chosen):
        name += f"Without{_title(missing)}" if missing else ""
        name += f"With{_title(added)}" if added else ""
    else:
        name += f"Only{_title(chosen)}"
    if len(name) > _LONGEST_NAME:
        raise FieldError(
            f"{model.__name__}.schema_for({purpose!r}) has no short name by its fields",
            hint='give it one: name="…"',
        )
    return name


def _title(names: Iterable[str]) -> str:
    return "".join(name.title().replace("_", "") for name in names)


def _made(
    model: type[Any],
    purpose: Purpose,
    chosen: tuple[str, ...],
    name: str,
    bases: tuple[type[BaseModel], ...],
    module: str,
) -> type[BaseModel]:
    declared = {each: _field(model, each, purpose) for each in chosen}
    for each, own in bases[0].model_fields.items():
        if each in declared and not _is_bare(own, *declared[each]):
            del declared[each]
    config: dict[str, Any] = {
        key: value for key, value in model.model_config.items() if key not in _OWN_CONFIG
    }
    if purpose == "public":
        # A row is read by the names of its fields, whatever their aliases are.
        config |= {"from_attributes": True, "validate_by_name": True, "extra": "ignore"}
        config.pop("populate_by_name", None)
    config |= cast("dict[str, Any]", bases[0].model_config)
    namespace: dict[str, Any] = {
        "__module__": module,
        "__qualname__": name,
        "__doc__": bases[0].__doc__ if bases[0] is not BaseModel else None,
        "__annotations__": {each: annotation for each, (annotation, _) in declared.items()},
        "model_config": cast("ConfigDict", config),
        "_oxyde_purpose": purpose,
        **{each: info for each, (_, info) in declared.items()},
        # A row that is written is serialized by its columns.
        **(_serializers(model, declared) if purpose == "public" else {}),
    }
    namespace["__annotations__"]["_oxyde_purpose"] = "ClassVar[str]"
    return cast(
        "type[BaseModel]",
        types.new_class(name, bases, {}, lambda body: body.update(namespace)),
    )


def _is_bare(own: FieldInfo, annotation: object, info: FieldInfo) -> bool:
    """Whether a class only annotates a field, with the type that the model's field has; one that
    may be left out also has the default None."""
    if own.default_factory is not None or own.description is not None or own.metadata:
        return False
    if not own.is_required() and not (own.default is None and info.default is None):
        return False
    return bool(unwrap(own.annotation).core == unwrap(annotation).core)


def _field(model: type[Any], name: str, purpose: Purpose) -> _Declared:
    computed = model.__pydantic_computed_fields__.get(name)
    if computed is not None:
        return computed.return_type, PydanticField(
            alias=computed.alias,
            title=computed.title,
            description=computed.description,
            examples=computed.examples,
            deprecated=computed.deprecated,
        )
    meta: FieldMeta = model._db_meta.field_metadata[name]
    info: FieldInfo = model.__pydantic_fields__[name]
    metadata = [
        each for each in info.metadata if not isinstance(each, ColumnOptions) and not is_mark(each)
    ]
    arguments: dict[str, Any] = {
        key: value
        for key in _KEPT
        if (value := getattr(info, key)) is not None
        if (key, value) != ("repr", True)
    }
    annotation: Any = info.annotation
    if not meta.nullable:
        annotation = _without_none(annotation)
    elif not unwrap(annotation).nullable:
        annotation = Optional[annotation]  # noqa: UP045
    if purpose == "public":
        if info.json_schema_extra is not None:
            arguments["json_schema_extra"] = info.json_schema_extra
        # The row was validated when it was read.
        shown = [each for each in metadata if not isinstance(each, _CHANGING)]
        return _annotated(annotation, shown), PydanticField(**arguments)
    # Beside the constraints, which it narrows, and before functions.
    at = next((at for at, each in enumerate(metadata) if isinstance(each, _CHANGING)), None)
    metadata.insert(len(metadata) if at is None else at, FitsColumn(meta.column_type))
    metadata += _validators(model, name)
    if purpose == "update" or meta.generated:
        # Left out, it stays as it is, or the database fills it in; `None` is not its value.
        arguments["default"] = None
        metadata.insert(0, OMITTED)
        arguments["json_schema_extra"] = _without_default(info.json_schema_extra)
    else:
        if info.default_factory is not None:
            arguments["default_factory"] = info.default_factory
        elif not info.is_required():
            arguments["default"] = info.default
        if info.validate_default is not None:
            arguments["validate_default"] = info.validate_default
        if info.json_schema_extra is not None:
            arguments["json_schema_extra"] = info.json_schema_extra
    return _annotated(annotation, metadata), PydanticField(**arguments)


def _annotated(annotation: Any, metadata: list[Any]) -> Any:
    return getitem(cast("Any", Annotated), (annotation, *metadata)) if metadata else annotation


def _without_none(annotation: Any) -> Any:
    """The annotation for values other than None, with its metadata."""
    bare = unwrap(annotation)
    return _annotated(bare.core, bare.metadata) if bare.nullable else annotation


def _without_default(extra: object) -> Callable[[dict[str, Any]], None]:
    def change(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        if isinstance(extra, dict):
            schema.update(extra)
        elif callable(extra):
            extra(schema)

    return change


def _validators(model: type[Any], name: str) -> list[Any]:
    """The validators of a field that are methods of the model, as metadata."""
    return [
        _VALIDATORS[each.info.mode](each.func)
        for each in model.__pydantic_decorators__.field_validators.values()
        if name in each.info.fields or "*" in each.info.fields
    ]


def _serializers(model: type[Any], declared: dict[str, _Declared]) -> dict[str, Any]:
    """The serializers of these fields that are methods of the model."""
    made: dict[str, Any] = {}
    serializer: Any = field_serializer
    for name, each in model.__pydantic_decorators__.field_serializers.items():
        fields = [field for field in each.info.fields if field in declared or field == "*"]
        if fields:
            made[name] = serializer(
                *fields,
                mode=each.info.mode,
                return_type=each.info.return_type,
                when_used=each.info.when_used,
                check_fields=False,
            )(each.func)
    return made
