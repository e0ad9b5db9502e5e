"""The models as a `Schema`, the input of `create_tables` and `makemigrations`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgpack

from oxyde._meta import CheckMeta, FieldMeta, ForeignKey, IndexMeta, KeyConstraint, ModelMeta
from oxyde.exceptions import FieldError
from oxyde.models import registry
from oxyde.models.tables.table_constraints import column_field

__all__ = ["packed", "referred_unmanaged", "schema_of", "unmanaged_tables"]


def packed(schema: dict[str, Any]) -> bytes:
    """A schema as MessagePack, which the Rust core reads."""
    return cast("bytes", msgpack.packb(schema))


def schema_of(models: Iterable[type[Any]] | None = None) -> dict[str, Any]:
    """The tables of models, in order of declaration. Implicit through tables belong to the model
    that declares the relation.

    Args:
        models: which models; every registered table that is managed when None.

    Raises:
        FieldError: a model has no table, or one that is not managed, or refers to an undefined
            one; or two columns have enum types with the same name and different values.
    """
    if models is not None and not isinstance(models, Iterable):
        raise FieldError(f"models is a list of models, not {models!r:.80}", hint="models=[User]")
    metas = _metas(models)
    _check_enums(metas)
    return {"tables": [_table(meta) for meta in metas]}


def unmanaged_tables() -> list[dict[str, Any]]:
    """The tables of the registered models that are not managed."""
    found = [model._db_meta for model in registry.iter_tables() if not _is_managed(model)]
    return [_table(meta) for meta in found]


def referred_unmanaged(models: Iterable[type[Any]] | None) -> list[dict[str, Any]]:
    """What the tables of models refer to in tables that are not managed: the columns that foreign
    keys name, as tables."""
    found: dict[str, dict[str, Any]] = {}
    for meta in _metas(models):
        for _, key in meta.references():
            target: ModelMeta = key.model._db_meta
            if target.managed:
                continue
            table: dict[str, Any] = {"name": target.table_name, "columns": [], "primary_key": []}
            table = found.setdefault(target.qualified_name, table)
            if target.schema is not None:
                table["schema"] = target.schema
            where = f"{meta.model.__name__}: the foreign key `{key.name}`"
            column = _column(column_field(target, key.target_field, where))
            if column not in table["columns"]:
                table["columns"].append(column)
    return list(found.values())


def _is_managed(model: type[Any]) -> bool:
    managed: bool = model.__oxyde_options__.managed
    return managed


def _metas(models: Iterable[type[Any]] | None) -> list[ModelMeta]:
    metas: dict[type[Any], ModelMeta] = {}
    if models is not None:
        for model in models:
            _collect(model, metas)
        return list(metas.values())
    # Again for implicit tables, which reading the others may create.
    for _ in range(2):
        for model in filter(_is_managed, registry.iter_tables()):
            _collect(model, metas)
    return list(metas.values())


def _collect(model: type[Any], metas: dict[type[Any], ModelMeta]) -> None:
    if any(registry.same_model(model, other) for other in metas):
        return
    meta: ModelMeta | None = getattr(model, "_db_meta", None)
    if meta is None or not meta.is_table:
        raise FieldError(
            f"{getattr(model, '__name__', model)!s} has no table",
            hint="set is_table = True in its class Meta",
        )
    if not meta.managed:
        raise FieldError(
            f"the table of {model.__name__} is not managed (managed = False in its class Meta)",
            hint="leave the model out: its table is created and changed by others",
        )
    if model.__oxyde_options__.shares_table:
        raise FieldError(
            f"{model.__name__} has the table of another model (shares_table = True)",
            hint="name the model that the table belongs to",
        )
    metas[model] = meta
    for relation in meta.relations.values():
        through = relation.through_model
        if through is not None and "__oxyde_throughs__" in model.__dict__:
            made = {each[0] for each in model.__dict__["__oxyde_throughs__"].values()}
            if through in made:
                _collect(through, metas)


def _check_enums(metas: Iterable[ModelMeta]) -> None:
    known: dict[str, tuple[list[str], str]] = {}
    for meta in metas:
        for field in meta.field_metadata.values():
            if not isinstance(field.column_type, dict) or "enum" not in field.column_type:
                continue
            enum = field.column_type["enum"]
            where = f"{meta.model.__name__}.{field.name}"
            values, first = known.setdefault(enum["name"], (enum["values"], where))
            if values != enum["values"]:
                raise FieldError(
                    f"{first} and {where} have enum types of the name {enum['name']!r} "
                    "with different values",
                    hint='name one of them: Field(db_type="another_name")',
                )


def _table(meta: ModelMeta) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": meta.table_name,
        "columns": [_column(field) for field in meta.field_metadata.values()],
        "primary_key": [meta.field_metadata[name].db_column for name in meta.primary_key],
    }
    if meta.schema is not None:
        table["schema"] = meta.schema
    if meta.shard_by is not None:
        table["distribution"] = {"by": meta.field_metadata[meta.shard_by].db_column}
    elif meta.reference:
        table["distribution"] = "reference"
    _put(table, "indexes", [_index(index) for index in meta.indexes])
    uniques = [{"name": name, "columns": list(each)} for name, each in meta.uniques.items()]
    _put(table, "uniques", uniques)
    _put(
        table,
        "foreign_keys",
        [
            *[
                _foreign_key(field.foreign_key)
                for field in meta.field_metadata.values()
                if field.foreign_key is not None
            ],
            *[_key_constraint(meta, key) for key in meta.key_constraints],
        ],
    )
    _put(
        table,
        "checks",
        [_check(check) for check in (*meta.constraints, *_bound_checks(meta))],
    )
    return table


def _put(table: dict[str, Any], name: str, items: list[dict[str, Any]]) -> None:
    if items:
        table[name] = items


def _column(field: FieldMeta) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": field.db_column,
        "type": field.column_type,
        "nullable": field.nullable,
    }
    if field.db_default is not None:
        column["default"] = field.db_default
    if field.db_generated is not None:
        column["generated"] = {"expression": field.db_generated, "stored": field.db_stored}
    if field.auto_increment:
        column["auto_increment"] = True
    if field.comment is not None:
        column["comment"] = field.comment
    return column


def _index(index: IndexMeta) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": index.name,
        "parts": [{kind: text} for kind, text in index.parts],
    }
    if index.unique:
        made["unique"] = True
    if index.method is not None:
        made["method"] = index.method
    if index.config is not None:
        made["config"] = index.config
    if index.condition is not None:
        made["condition"] = index.condition
    if index.include:
        made["include"] = list(index.include)
    if index.opclass is not None:
        made["opclass"] = index.opclass
    if index.options:
        made["options"] = dict(index.options)
    return made


def _bound_checks(meta: ModelMeta) -> list[CheckMeta]:
    if not meta.bound_checks:
        return []
    # Imported here so that describing models loads queries only if needed.
    from oxyde.models.tables.bound_checks import bound_checks

    return bound_checks(meta)


def _check(check: CheckMeta) -> dict[str, Any]:
    made: dict[str, Any] = {"name": check.name, "condition": check.condition}
    if check.portable:
        made["portable"] = True
    return made


def _foreign_key(foreign_key: ForeignKey) -> dict[str, Any]:
    target: ModelMeta = foreign_key.model._db_meta
    made: dict[str, Any] = {
        "name": foreign_key.name,
        "columns": [foreign_key.column],
        "target_table": target.table_name,
        "target_columns": [target.field_metadata[foreign_key.target_field].db_column],
        "on_delete": _action(foreign_key.on_delete),
        "on_update": _action(foreign_key.on_update),
    }
    if target.schema is not None:
        made["target_schema"] = target.schema
    return made


def _key_constraint(meta: ModelMeta, key: KeyConstraint) -> dict[str, Any]:
    target: ModelMeta = key.target()._db_meta
    where = f"{meta.model.__name__}.Meta.constraints: ForeignKey"
    made: dict[str, Any] = {
        "name": key.name,
        "columns": [meta.field_metadata[name].db_column for name in key.fields],
        "target_table": target.table_name,
        "target_columns": [
            column_field(target, name, where).db_column for name in key.target_fields
        ],
        "on_delete": _action(key.on_delete),
        "on_update": _action(key.on_update),
    }
    if target.schema is not None:
        made["target_schema"] = target.schema
    return made


def _action(action: str) -> str:
    return action.lower().replace(" ", "_")
