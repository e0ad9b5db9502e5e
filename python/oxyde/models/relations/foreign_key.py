"""Foreign keys: `author: User` gets a column `author_id`, a separate field right before it. The
fields are added when Pydantic builds the model's core schema, because only then are all annotations
known. A small function in that schema lets `Post(author=user)` stand for `Post(author_id=user.id)`,
and rejects the two if they disagree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Optional, cast, get_args, get_origin

from pydantic import AliasChoices, AliasGenerator, BaseModel
from pydantic import Field as PydanticField
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from oxyde._annotations import describe, unwrap
from oxyde.exceptions import FieldError
from oxyde.hydration.registered import with_schema
from oxyde.models.columns.auto_now import check_auto_now
from oxyde.models.columns.field import ColumnOptions, column_options
from oxyde.models.columns.version import prepare_version
from oxyde.models.relations.forward_refs import evaluated

if TYPE_CHECKING:
    from oxyde.models.tables.options import MetaOptions

__all__ = [
    "OMITTED",
    "Link",
    "column_options_of",
    "is_mark",
    "is_table",
    "key_of",
    "prepare",
    "relation_of",
]


@dataclasses.dataclass(frozen=True, slots=True)
class _LinkMark:
    """Metadata of `author`: its declaration, since the field itself is made optional."""

    required: bool
    nullable: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _AddedMark:
    """Metadata of `author_id`: marks the field as generated."""


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """A foreign key of a model.

    Attributes:
        attribute: "author".
        column: the field with the value, "author_id".
        target: the other model.
        target_field: the referenced field of that model.
        nullable: whether the column takes NULL.
        options: the `db_…` arguments.
        names: keys of the related row in input data.
        column_names: keys of the value in input data; the first one is filled in.
    """

    attribute: str
    column: str
    target: type[BaseModel]
    target_field: str
    nullable: bool
    options: ColumnOptions
    names: tuple[str, ...]
    column_names: tuple[str, ...]


def is_table(cls: object) -> bool:
    """Whether a class is a model with a table."""
    options: MetaOptions | None = getattr(cls, "__oxyde_options__", None)
    return isinstance(cls, type) and options is not None and options.is_table


def relation_of(annotation: object) -> tuple[type[BaseModel], bool, bool] | None:
    """(other model, is a list, accepts None) if an annotation names a table, else None."""
    bare = unwrap(annotation)
    if is_table(bare.core):
        return bare.core, False, bare.nullable
    if get_origin(bare.core) in (list, set, frozenset, tuple):
        for argument in get_args(bare.core):
            item = unwrap(argument).core
            if is_table(item):
                return item, True, bare.nullable
    return None


def key_of(model: type[BaseModel], wanted: str | None, where: str) -> tuple[str, FieldInfo]:
    """The field of `model` that a foreign key refers to.

    Raises:
        FieldError: there is none, there are several, or the requested one is not unique.
    """
    fields = _prepared_fields(model)
    if wanted is not None:
        name = wanted.rsplit(".", 1)[-1]
        info = fields.get(name)
        if info is None:
            raise FieldError(
                f"{where} refers to {model.__name__}.{name}, which does not exist",
                hint=f"db_fk names a unique field of {model.__name__}",
            )
        options = column_options_of(model, name)
        if not (options.db_unique or options.db_pk or _unique_alone(model, name)):
            raise FieldError(
                f"{where} refers to {model.__name__}.{name}, which is not unique",
                hint=f"declare {model.__name__}.{name} with db_unique=True",
            )
        return name, info
    keys = [(name, info) for name, info in fields.items() if column_options_of(model, name).db_pk]
    if len(keys) != 1:
        raise FieldError(
            f"{where} refers to {model.__name__}, whose key has {len(keys)} fields",
            hint="name the unique field to refer to: db_fk=…",
        )
    return keys[0]


def _unique_alone(model: type[BaseModel], name: str) -> bool:
    options: MetaOptions = model.__oxyde_options__  # type: ignore[attr-defined]
    return (name,) in options.unique_groups or any(
        index.unique and index.fields == (name,) and index.condition is None
        for index in options.indexes
    )


def column_options_of(model: type[BaseModel], name: str) -> ColumnOptions:
    """The `db_…` arguments of a field, or of a foreign key."""
    link: Link | None = model.__oxyde_links__.get(name)  # type: ignore[attr-defined]
    return column_options(model.__pydantic_fields__[name]) if link is None else link.options


def _prepared_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model with columns; includes foreign keys if they are part of the primary
    key."""
    fields = model.__pydantic_fields__
    related = [name for name, info in fields.items() if relation_of(info.annotation) is not None]
    if any(column_options(fields[name]).db_pk and f"{name}_id" not in fields for name in related):
        prepare(model)
        fields = model.__pydantic_fields__
    return {name: info for name, info in fields.items() if name not in related}


def prepare(cls: type[BaseModel]) -> None:
    """Add the columns of foreign keys to a model whose annotations are all resolved. It is
    idempotent.

    Raises:
        FieldError: a relation is declared incorrectly.
    """
    fields = cls.__pydantic_fields__
    links: dict[str, Link] = {}
    result: dict[str, FieldInfo] = {}
    lone_key = is_table(cls) and sum(column_options(info).db_pk for info in fields.values()) == 1
    for name, info in fields.items():
        if any(isinstance(item, _AddedMark) for item in info.metadata):
            continue
        info.annotation = with_schema(evaluated(cls, info.annotation), f"{cls.__name__}.{name}")
        related = relation_of(info.annotation)
        if related is None:
            if is_table(cls):
                _loosen_generated(f"{cls.__name__}.{name}", info, lone_key=lone_key)
            result.setdefault(name, info)
            continue
        target, many, nullable = related
        options = column_options(info)
        where = f"{cls.__name__}.{name}"
        if options.auto_now or options.auto_now_add:
            raise FieldError(f"{where} has auto_now or auto_now_add, and is not a time")
        if many or options.is_reverse:
            result[name] = _reverse(info, options, many=many, where=where, target=target)
            continue
        column = f"{name}_id"
        mark = next((item for item in info.metadata if isinstance(item, _LinkMark)), None)
        if mark is None:
            mark = _LinkMark(info.is_required(), nullable)
            info.metadata.append(mark)
        if options.db_nullable is not None:
            mark = dataclasses.replace(mark, nullable=options.db_nullable)
        target_field, key = key_of(target, options.db_fk, where)
        declared = fields.get(column)
        if declared is not None and not any(isinstance(m, _AddedMark) for m in declared.metadata):
            options = column_options(declared).merged(options)
            result[column] = declared
        else:
            result.pop(column, None)
            declared = result[column] = _column_field(cls, column, key, mark, options)
        result[name] = _loosened(info)
        link = Link(
            name,
            column,
            target,
            target_field,
            mark.nullable,
            options,
            _input_names(name, info),
            _input_names(column, declared),
        )
        links[name] = links[column] = link
    if links or result != fields:
        cls.__pydantic_fields__ = result
    type.__setattr__(cls, "__oxyde_links__", links)
    table: MetaOptions | None = getattr(cls, "__oxyde_options__", None)
    if table is not None and table.is_table and table.version is not None:
        prepare_version(cls.__name__, table.version, result)


def _column_field(
    cls: type[BaseModel], column: str, key: FieldInfo, mark: _LinkMark, options: ColumnOptions
) -> FieldInfo:
    bare = unwrap(key.annotation, key.metadata)
    constraints = [item for item in bare.metadata if type(item).__module__ == "annotated_types"]
    annotation: Any = with_schema(bare.core, f"{cls.__name__}.{column}")
    for item in constraints:
        annotation = Annotated[annotation, item]
    if mark.nullable:
        annotation = Optional[annotation]  # noqa: UP045
    required = mark.required or not (mark.nullable or options.db_default is not None)
    arguments: dict[str, Any] = {} if required else {"default": None}
    generator = cls.model_config.get("alias_generator")
    if isinstance(generator, AliasGenerator):
        names = ("alias", "validation_alias", "serialization_alias")
        arguments.update(zip(names, generator.generate_aliases(column), strict=True))
        arguments["alias_priority"] = 1
    elif generator is not None:
        arguments.update(alias=generator(column), alias_priority=1)
    info = FieldInfo.from_annotated_attribute(annotation, PydanticField(**arguments))
    info.metadata.append(_AddedMark())
    return info


def _loosened(info: FieldInfo) -> FieldInfo:
    """The attribute is optional, and None while the row is not loaded."""
    if info.default_factory is None and info.is_required():
        info.default = None
    _take_none(info)
    return info


def _take_none(info: FieldInfo) -> None:
    annotation: Any = Optional[unwrap(info.annotation).core]  # noqa: UP045
    info.annotation = annotation


def _reverse(
    info: FieldInfo, options: ColumnOptions, *, many: bool, where: str, target: type[BaseModel]
) -> FieldInfo:
    if not options.is_reverse:
        raise FieldError(
            f"{where} is a list of {target.__name__}, which has a table of its own",
            hint="declare how they are related: db_reverse_fk=… or db_m2m=True",
        )
    if options.db_pk:
        raise FieldError(f"{where} is a relation without a column: it cannot be the key")
    if options.db_m2m and not many:
        raise FieldError(f"{where} is many to many", hint=f"annotate list[{target.__name__}]")
    if options.db_m2m and options.db_reverse_fk is not None:
        raise FieldError(
            f"{where} has both db_m2m and db_reverse_fk", hint="a relation has only one of them"
        )
    if many and get_origin(unwrap(info.annotation).core) is not list:
        raise FieldError(
            f"{where} has the type {describe(info.annotation)}",
            hint=f"annotate list[{target.__name__}]",
        )
    if info.is_required():
        if many:
            info.default_factory = list
        else:
            info.default = None
            _take_none(info)
    return info


def _loosen_generated(where: str, info: FieldInfo, *, lone_key: bool) -> None:
    """Make a field optional that the database fills in.

    Raises:
        FieldError: `auto_now` or `auto_now_add` does not fit the field.
    """
    options = column_options(info)
    timed = options.auto_now or options.auto_now_add
    if timed:
        check_auto_now(where, info, options)
    if not info.is_required():
        return
    counts = lone_key and options.db_pk and unwrap(info.annotation).core is int
    if counts or timed or options.db_default is not None or options.db_generated is not None:
        info.default = None
        info.metadata.append(OMITTED)


class _Omitted:
    """Allows serializing a model before the database has filled in the field."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: Callable[[Any], CoreSchema]
    ) -> CoreSchema:
        schema = handler(source)
        if "serialization" not in schema:
            cast("dict[str, Any]", schema)["serialization"] = (
                core_schema.wrap_serializer_function_ser_schema(
                    lambda value, write: write(value), when_used="unless-none"
                )
            )
        return schema


OMITTED = _Omitted()


def is_mark(item: object) -> bool:
    """Whether an item of a field's metadata is one of those that are added here."""
    return isinstance(item, _LinkMark | _AddedMark | _Omitted)


def _input_names(name: str, info: FieldInfo) -> tuple[str, ...]:
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    if alias is None:
        return (name,)
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return (*(choice for choice in choices if isinstance(choice, str)), name)
