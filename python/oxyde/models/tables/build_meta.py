"""From a complete model class to its `ModelMeta`."""

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo

from oxyde._annotations import unwrap
from oxyde._meta import (
    FieldMeta,
    ForeignKey,
    ModelMeta,
    Relation,
    RelationKind,
)
from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.hydration.registered import FieldDecoder
from oxyde.models import registry
from oxyde.models.columns import encoders
from oxyde.models.columns.column_types import ColumnShape, as_decimal, shape_of
from oxyde.models.columns.db_type import collated, counts_up, is_huge
from oxyde.models.columns.field import ColumnOptions, column_options
from oxyde.models.naming import check_identifier, derived_name
from oxyde.models.relations.foreign_key import Link, key_of
from oxyde.models.relations.reverse import reverse_relation
from oxyde.models.tables.table_constraints import add_constraints

__all__ = ["build_meta"]


def build_meta(cls: type[Any]) -> ModelMeta:
    """Build the database metadata of a model.

    Raises:
        FieldError: a referenced model is not defined, or the declaration is invalid.
    """
    options = cls.__oxyde_options__
    meta = ModelMeta(
        model=cls,
        table_name=registry.table_name(cls),
        schema=options.schema,
        is_table=options.is_table,
        managed=options.managed,
        read_only=options.read_only,
        ordering=options.ordering,
        scope=options.scope,
        soft_delete=getattr(cls, "__oxyde_soft_delete__", None),
        unloaded=options.unloaded,
    )
    if not options.is_table:
        return meta
    _complete(cls)
    check_identifier(meta.table_name, cls.__name__)
    _add_fields(cls, meta)
    _add_key(cls, meta)
    _add_distribution(cls, meta)
    add_constraints(cls, meta)
    return meta


def _complete(cls: type[Any]) -> None:
    if registry.complete(cls):
        return
    name = _missing_name(cls)
    paths = registry.paths_of(name)
    if len(paths) > 1:
        raise FieldError(
            f"{cls.__name__} refers to `{name}`, and there are {len(paths)}: {', '.join(paths)}",
            hint="import the one that is meant",
        )
    raise FieldError(
        f"{cls.__name__} refers to `{name}`, which is not defined",
        hint="import the module that defines it before the model is used",
    )


def _missing_name(cls: type[Any]) -> str:
    try:
        cls.model_rebuild(_types_namespace=registry.namespace_of(cls))
    except PydanticUndefinedAnnotation as error:
        return error.name or "a name"
    return "a type"


def _add_fields(cls: type[Any], meta: ModelMeta) -> None:
    links: dict[str, Link] = cls.__oxyde_links__
    keys = _key_names(cls)
    for name, info in cls.__pydantic_fields__.items():
        where = f"{cls.__name__}.{name}"
        link = links.get(name)
        if link is not None and link.attribute == name:
            kind = _kind(link.options, keys, link.column)
            meta.relations[name] = Relation(name, kind, link.target, column=link.column)
            continue
        options = column_options(info) if link is None else link.options
        if options.is_reverse:
            meta.relations[name] = reverse_relation(cls, name, info, options)
            continue
        field = _field(cls, meta, name, info, options, link)
        known = meta.columns.get(field.db_column)
        if known is not None:
            raise FieldError(
                f"{where} and {cls.__name__}.{known} have the same column {field.db_column!r}",
                hint="give one of them another db_column",
            )
        meta.columns[field.db_column] = name
        meta.field_metadata[name] = field
    meta.computed = tuple(
        name for name, each in meta.field_metadata.items() if each.db_generated is not None
    )
    meta.mutable = tuple(
        name
        for name, each in meta.field_metadata.items()
        if each.mutable and name not in meta.computed
    )
    meta.version = cls.__oxyde_options__.version
    meta.automatic = tuple(
        name for name, each in meta.field_metadata.items() if each.auto_now or each.version
    )
    meta.far = tuple(name for name, each in meta.relations.items() if each.column is None)
    meta.generated = tuple(name for name, each in meta.field_metadata.items() if each.generated)


def _kind(options: ColumnOptions, keys: list[str], column: str) -> RelationKind:
    return "one_to_one" if options.db_unique or keys == [column] else "fk"


def _key_names(cls: type[Any]) -> list[str]:
    links: dict[str, Link] = cls.__oxyde_links__
    names = []
    for name, info in cls.__pydantic_fields__.items():
        link = links.get(name)
        if link is None:
            if column_options(info).db_pk:
                names.append(name)
        elif link.column == name and link.options.db_pk:
            names.append(name)
    return names


def _field(
    cls: type[Any],
    meta: ModelMeta,
    name: str,
    info: FieldInfo,
    options: ColumnOptions,
    link: Link | None,
) -> FieldMeta:
    where = f"{cls.__name__}.{name}"
    version = name == cls.__oxyde_options__.version
    column = options.db_column or name
    check_identifier(column, where)
    _check_options(where, options)
    foreign_key = _foreign_key(cls, where, column, options, link)
    typed = options
    if options.db_type is None and options.db_collation is None:
        typed = _type_of_target(foreign_key) or options
    db_type = typed.db_type
    shape = shape_of(
        info.annotation,
        info.metadata,
        where=where,
        enum_name=derived_name(meta.table_name, column),
        db_type=db_type,
    )
    if typed.db_collation is not None:
        column_type = collated(shape.column_type, typed.db_collation, where)
        shape = dataclasses.replace(shape, column_type=column_type)
    if is_huge(shape.column_type) and shape.counts and foreign_key is None and not options.db_pk:
        shape = as_decimal(shape)
    if options.db_generated is not None and (foreign_key is not None or shape.serial):
        raise FieldError(
            f"{where} has db_generated, and is "
            + ("a foreign key" if foreign_key is not None else f"{db_type}, which counts up"),
            hint="the database computes it: type it with a plain type",
        )
    nullable = shape.nullable if options.db_nullable is None else options.db_nullable
    if foreign_key is not None:
        shape = dataclasses.replace(shape, serial=False)
        nullable = link.nullable if link is not None else nullable
        _check_actions(where, foreign_key, options, nullable=nullable)
    counts = _counts_up(cls, name, options, shape, foreign_key)
    return FieldMeta(
        name=name,
        db_column=column,
        python_type=shape.python_type,
        column_type=shape.column_type,
        primary_key=options.db_pk,
        nullable=nullable and not options.db_pk,
        unique=options.db_unique,
        unique_name=options.db_unique_name,
        index=bool(options.db_index) or (counts and _needs_index(cls, name, options)),
        index_name=options.db_index_name,
        index_method=options.db_index_method,
        db_type=options.db_type,
        db_collation=typed.db_collation,
        db_default=_default(info, options, version=version),
        db_generated=options.db_generated,
        db_stored=options.db_stored,
        auto_now=options.auto_now,
        auto_now_add=options.auto_now_add,
        version=version,
        max_length=shape.max_length,
        comment=options.db_comment,
        secret=options.db_secret or shape.encode is encoders.secret,
        auto_increment=counts,
        foreign_key=foreign_key,
        relation=None if link is None else link.attribute,
        has_default=not info.is_required(),
        encode=shape.encode,
        decode=(None if shape.registered is None else FieldDecoder(shape.registered, cls, name)),
        mutable=shape.mutable,
    )


def _default(info: FieldInfo, options: ColumnOptions, *, version: bool) -> str | None:
    if options.auto_now or options.auto_now_add:
        return "now()"
    if version and options.db_default is None:
        return str(info.default)
    return options.db_default


def _check_options(where: str, options: ColumnOptions) -> None:
    for name in ("db_default", "db_generated", "db_comment", "db_type"):
        value = getattr(options, name)
        if value is not None and not isinstance(value, str):
            hint = None
            if name == "db_default":
                hint = 'write the default in SQL, as a text: db_default="0", db_default="\'new\'"'
            raise FieldError(f"{where}: {name} must be a string, not {value!r}", hint=hint)
    if options.db_generated is not None:
        for name in ("db_pk", "db_default", "db_fk", "db_on_delete", "db_on_update"):
            if getattr(options, name):
                raise FieldError(
                    f"{where} has db_generated and {name}: the database computes it, so it is not "
                    "a key and has no other default",
                    hint=f"leave {name} out",
                )
    elif not options.db_stored:
        raise FieldError(f"{where} has db_stored without db_generated")
    if options.db_through is not None and not options.db_m2m:
        raise FieldError(f"{where} has db_through without db_m2m=True")


def _counts_up(
    cls: type[Any],
    name: str,
    options: ColumnOptions,
    shape: ColumnShape,
    foreign_key: ForeignKey | None,
) -> bool:
    if shape.serial:
        return True
    can_count = (
        options.db_pk
        and shape.counts
        and counts_up(shape.column_type)
        and options.db_default is None
        and foreign_key is None
    )
    if options.db_auto_increment is None:
        # Of a key of several fields, the one that may be left out.
        return can_count and (_key_names(cls) == [name] or shape.nullable)
    if options.db_auto_increment and not can_count:
        raise FieldError(
            f"{cls.__name__}.{name} cannot auto-increment",
            hint="only an `int` of the primary key can, without a default and a foreign key",
        )
    return options.db_auto_increment


def _needs_index(cls: type[Any], name: str, options: ColumnOptions) -> bool:
    """Whether a column that is counted without being told so needs an index of its own, as MySQL
    asks for: it is not the first of the key."""
    told = options.db_auto_increment is not None or options.db_index is not None
    return not told and not options.db_unique and name in _key_names(cls)[1:]


def _foreign_key(
    cls: type[Any], where: str, column: str, options: ColumnOptions, link: Link | None
) -> ForeignKey | None:
    if link is not None:
        target, target_field = link.target, link.target_field
    elif options.db_fk is not None:
        model, dot, _ = options.db_fk.rpartition(".")
        if not dot:
            raise FieldError(
                f"{where} has db_fk={options.db_fk!r} but is not typed with a model",
                hint='name the model too: db_fk="User.email"',
            )
        target = (
            cls if model == cls.__name__ else registry.find_model(model, cls, f"{where}: db_fk")
        )
        target_field, _ = key_of(target, options.db_fk, where)
    else:
        for name in ("db_on_delete", "db_on_update", "db_fk_name"):
            if getattr(options, name) is not None:
                raise FieldError(
                    f"{where} has {name} but is not a foreign key",
                    hint="type the field with a model: author: User | None",
                )
        return None
    return ForeignKey(
        model=target,
        target_field=target_field,
        on_delete=options.db_on_delete or "RESTRICT",
        on_update=options.db_on_update or "NO ACTION",
        column=column,
        name=check_identifier(
            options.db_fk_name or derived_name(registry.table_name(cls), column, "fkey"),
            f"{where}: the foreign key",
        ),
    )


def _type_of_target(foreign_key: ForeignKey | None) -> ColumnOptions | None:
    """The options with `db_type` or `db_collation` of the field that a foreign key leads to, over
    keys that are foreign keys."""
    seen = set()
    while foreign_key is not None:
        target: type[Any] = foreign_key.model
        name = foreign_key.target_field
        if (target, name) in seen:
            return None
        seen.add((target, name))
        link: Link | None = target.__oxyde_links__.get(name)
        options = column_options(target.__pydantic_fields__[name]) if link is None else link.options
        if options.db_type is not None or options.db_collation is not None:
            return options
        foreign_key = _foreign_key(target, name, name, options, link)
    return None


def _check_actions(
    where: str, foreign_key: ForeignKey, options: ColumnOptions, *, nullable: bool
) -> None:
    for action in (foreign_key.on_delete, foreign_key.on_update):
        if action == "SET NULL" and (not nullable or options.db_pk):
            raise FieldError(
                f"{where} cannot be set to NULL, which its foreign key requires",
                hint="make it `… | None`, or choose CASCADE or RESTRICT",
            )
        if action == "SET DEFAULT" and options.db_default is None and not nullable:
            raise FieldError(
                f"{where} has no default, which its foreign key requires",
                hint="give it a db_default",
            )


def _add_key(cls: type[Any], meta: ModelMeta) -> None:
    keys = _key_names(cls)
    meta.primary_key = tuple(keys)
    counted = [name for name in keys if meta.field_metadata[name].auto_increment]
    if len(counted) > 1:
        raise FieldError(
            f"{cls.__name__} has a key in which the database would count {' and '.join(counted)}",
            hint="only one of them may take None: take `| None` off the others, and give them",
        )
    for name in keys:
        field = meta.field_metadata[name]
        info = cls.__pydantic_fields__[name]
        link: Link | None = cls.__oxyde_links__.get(name)
        takes_none = _takes_none(info, link)
        if takes_none and not field.generated and info.default_factory is None:
            hint = "take `| None` off, or give it db_default or default_factory"
            if len(keys) > 1:
                hint = (
                    "every part of a key of several fields must be given: take `| None` off; the "
                    "database counts an `int` that takes None"
                )
            raise FieldError(
                f"{cls.__name__}.{name} is in the key, takes None, and nothing generates it",
                hint=hint,
            )
        if field.column_type == "json" or (
            isinstance(field.column_type, dict) and "array" in field.column_type
        ):
            raise FieldError(f"{cls.__name__}.{name} is JSON or an array: it cannot be in the key")


def _add_distribution(cls: type[Any], meta: ModelMeta) -> None:
    options = cls.__oxyde_options__
    meta.reference = options.reference
    name = options.shard_by
    if name is None:
        return
    relation = meta.relations.get(name)
    if relation is not None and relation.column is not None:
        name = relation.column
    if name not in meta.field_metadata:
        raise FieldError(
            f"{cls.__name__}.Meta.shard_by names `{name}`, which is not a field with a column",
            hint=hint_for(name, meta.field_metadata),
        )
    if meta.field_metadata[name].nullable:
        raise FieldError(
            f"{cls.__name__}.Meta.shard_by names `{name}`, which may be NULL, so that a row would "
            "belong to no node",
            hint="take `| None` off",
        )
    meta.shard_by = name


def _takes_none(info: FieldInfo, link: Link | None) -> bool:
    if link is not None:
        return link.nullable
    return unwrap(info.annotation).nullable
