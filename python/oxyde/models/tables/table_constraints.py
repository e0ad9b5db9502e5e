"""Indexes, checks and unique constraints of a model, over its columns."""

from __future__ import annotations

from typing import Any

from oxyde._meta import CheckMeta, FieldMeta, IndexMeta, KeyConstraint, ModelMeta
from oxyde.exceptions import FieldError
from oxyde.hints import did_you_mean
from oxyde.models import registry
from oxyde.models.naming import check_identifier, derived_name
from oxyde.models.relations.foreign_key import column_options_of
from oxyde.models.tables.constraint import Check, ForeignKey, Index, Unique

__all__ = ["add_constraints", "column_field"]


def add_constraints(cls: type[Any], meta: ModelMeta) -> None:
    """Read them from `class Meta` and the fields.

    Raises:
        FieldError: an unknown field, or two constraints with the same name.
    """
    options = cls.__oxyde_options__
    table = meta.table_name
    meta.unique_together = tuple(
        tuple(
            column_field(meta, name, f"{cls.__name__}.Meta.unique_together").name for name in group
        )
        for group in options.unique_groups
    )
    if meta.soft_delete is not None:
        _only_live(cls, meta)
    meta.uniques = _uniques(cls, meta)
    meta.key_constraints = tuple(
        _key_constraint(cls, meta, each)
        for each in options.constraints
        if isinstance(each, ForeignKey)
    )
    declared = [_index(cls, meta, index) for index in options.indexes]
    _index_foreign_keys(cls, meta, declared)
    indexes = [
        IndexMeta(
            name=check_identifier(
                field.index_name or derived_name(table, field.db_column, "idx"),
                f"{cls.__name__}.{field.name}: the index",
            ),
            parts=(("column", field.db_column),),
            method=field.index_method,
        )
        for field in meta.field_metadata.values()
        if field.index
    ]
    indexes.extend(declared)
    _check_different(cls, [index.name for index in indexes], "indexes")
    meta.indexes = tuple(indexes)
    checks = []
    declared_checks = [each for each in options.constraints if isinstance(each, Check)]
    for position, check in enumerate(declared_checks, start=1):
        number = () if len(declared_checks) == 1 else (str(position),)
        name = check.name or derived_name(table, *number, "check")
        checks.append(CheckMeta(check_identifier(name, f"{cls.__name__}: Check"), check.condition))
    _check_different(cls, [check.name for check in checks], "checks")
    meta.constraints = tuple(checks)
    if options.check_bounds:
        meta.bound_checks = {
            derived_name(table, field.db_column, "bounds"): field.db_column
            for field in meta.field_metadata.values()
        }


def _only_live(cls: type[Any], meta: ModelMeta) -> None:
    """Let unique fields and groups hold among rows that are not marked as deleted: NULL in the last
    column of a key equals nothing."""
    live = "is_live"
    meta.unique_together = tuple([(*group, live) for group in meta.unique_together])
    for name, field in meta.field_metadata.items():
        if field.unique and meta.primary_key != (name,):
            field.unique = False
            meta.live_uniques[name] = field.unique_name
    meta.unique_together += tuple([(name, live) for name in meta.live_uniques])


def _index_foreign_keys(cls: type[Any], meta: ModelMeta, declared: list[IndexMeta]) -> None:
    """Index each foreign key that has no index by other means and does not refuse one."""
    covered = {meta.field_metadata[name].db_column for name in meta.primary_key[:1]}
    covered.update(columns[0] for columns in meta.uniques.values())
    covered.update(
        index.parts[0][1]
        for index in declared
        if index.condition is None
        and index.method in (None, "btree")
        and index.parts[0][0] != "expression"
    )
    for field in meta.field_metadata.values():
        if field.foreign_key is not None and field.db_column not in covered:
            field.index = column_options_of(cls, field.name).db_index is not False


def _uniques(cls: type[Any], meta: ModelMeta) -> dict[str, tuple[str, ...]]:
    groups: list[tuple[str | None, tuple[str, ...]]] = [
        (field.unique_name, (field.db_column,))
        for field in meta.field_metadata.values()
        if field.unique and meta.primary_key != (field.name,)
    ]
    names: list[str | None] = [None for _ in cls.__oxyde_options__.unique_together]
    names += [each.name for each in cls.__oxyde_options__.constraints if isinstance(each, Unique)]
    names += meta.live_uniques.values()
    groups += [
        (name, tuple(meta.field_metadata[field].db_column for field in fields))
        for name, fields in zip(names, meta.unique_together, strict=True)
    ]
    found: dict[str, tuple[str, ...]] = {}
    for name, columns in groups:
        wanted = name or derived_name(meta.table_name, *columns, "key")
        if (
            found.setdefault(check_identifier(wanted, f"{cls.__name__}: Unique"), columns)
            != columns
        ):
            raise FieldError(
                f"{cls.__name__} has two unique constraints named {wanted!r}",
                hint="give one of them another name",
            )
    return found


def _key_constraint(cls: type[Any], meta: ModelMeta, key: ForeignKey) -> KeyConstraint:
    where = f"{cls.__name__}.Meta.constraints"
    fields = [column_field(meta, name, where) for name in key.fields]
    columns = [field.db_column for field in fields]
    for field in fields:
        lacks_null = "SET NULL" in (key.on_delete, key.on_update) and not field.nullable
        if lacks_null or field.db_generated is not None:
            raise FieldError(
                f"{where}: `{field.name}` cannot be set to NULL, which the foreign key requires"
                if lacks_null
                else f"{where}: `{field.name}` is generated, so it cannot be in a foreign key",
                hint="choose another action, or other fields",
            )
    name = key.name or derived_name(meta.table_name, *columns, "fkey")

    def target() -> type[Any]:
        if isinstance(key.target, str):
            near = key.target == cls.__name__
            return cls if near else registry.find_model(key.target, cls, where)
        return key.target

    return KeyConstraint(
        check_identifier(name, f"{where}: ForeignKey"),
        tuple([field.name for field in fields]),
        target,
        key.target_fields,
        key.on_delete,
        key.on_update,
    )


def _check_different(cls: type[Any], names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise FieldError(
                f"{cls.__name__} has two {what} named {name!r}", hint="give one of them a name"
            )


def _index(cls: type[Any], meta: ModelMeta, index: Index) -> IndexMeta:
    where = f"{cls.__name__}.Meta.indexes"
    parts: list[tuple[str, str]] = []
    words: list[str] = []
    for part in index.fields:
        descending = part.startswith("-") and part[1:].isidentifier()
        name = part[1:] if descending else part
        if name.isidentifier():
            column = column_field(meta, name, where).db_column
            parts.append(("column_desc" if descending else "column", column))
            words.append(column)
        else:
            parts.append(("expression", part))
            words.append("expr")
    if index.method == "fulltext":
        _check_full_text(meta, index, parts, where)
    suffix = "key" if index.unique else "idx"
    return IndexMeta(
        name=check_identifier(index.name or derived_name(meta.table_name, *words, suffix), where),
        parts=tuple(parts),
        unique=index.unique,
        method=index.method,
        condition=index.condition,
        config=index.config,
        include=tuple(column_field(meta, name, where).db_column for name in index.include),
        opclass=index.opclass,
        options=index.options,
    )


def _check_full_text(
    meta: ModelMeta, index: Index, parts: list[tuple[str, str]], where: str
) -> None:
    if index.unique or index.condition is not None or index.include:
        raise FieldError(f"{where}: a full-text index is not unique, partial or covering")
    if index.opclass is not None or index.options:
        raise FieldError(f"{where}: a full-text index has no opclass and no options")
    for kind, text in parts:
        field = meta.field_metadata[meta.columns[text]] if kind == "column" else None
        column_type = None if field is None else field.column_type
        if column_type != "text" and not (
            isinstance(column_type, dict) and column_type.keys() <= {"varchar", "custom"}
        ):
            raise FieldError(
                f"{where}: a full-text index takes string fields, and `{text}` is not one",
                hint='Index("title", "body", method="fulltext")',
            )


def column_field(meta: ModelMeta, name: str, where: str) -> FieldMeta:
    """The column of a field, or of a foreign key by its attribute.

    Raises:
        FieldError: no field with a column has this name.
    """
    field = meta.field_metadata.get(name)
    if field is None:
        relation = meta.relations.get(name)
        if relation is not None and relation.column is not None:
            return meta.field_metadata[relation.column]
        names = [*meta.field_metadata, *(n for n, r in meta.relations.items() if r.column)]
        raise FieldError(
            f"{where} names `{name}`, but {meta.model.__name__} has no such column",
            hint=did_you_mean(name, names) or f"available: {', '.join(names)}",
        )
    return field
