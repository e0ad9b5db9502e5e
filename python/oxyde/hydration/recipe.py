"""Recipes: how the rows of a result become model instances, tuples, dicts or single values. A
recipe is compiled once from the model's pydantic-core schema. The result equals
`Model.model_validate(row, by_name=True)`. Rust builds an instance itself if it can guarantee that;
otherwise the model's own validator builds it or raises the ValidationError. Models with model
validators, a custom `__init__`, or validators that read other fields always use their validator.

Loaded instances get a `State`. All instances of a recipe share one, which is copied on the first
change. With columns that can change in place (JSON, arrays) each instance has its own from the
start, with `originals`: JSON as the raw text, an array as a list, None for NULL.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pydantic._internal._model_construction import init_private_attributes
from pydantic_core import PydanticUndefined, SchemaValidator, core_schema, to_json

from oxyde._core import Recipe
from oxyde.hydration.cells import ANY_CELL, Cell, FieldReader, kind_of, needs_row, typed_cell
from oxyde.hydration.fields import CoreNode, document_fields
from oxyde.hydration.refused import kept, refusing
from oxyde.hydration.registered import decode_row
from oxyde.hydration.related_list import RelatedList
from oxyde.hydration.state import State

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta, ModelMeta

__all__ = [
    "JoinNode",
    "cell_for",
    "cell_of",
    "dict_recipe",
    "flat_recipe",
    "recipe_for",
    "related_recipe",
    "scalar_recipe",
    "tuple_recipe",
]

_IMMUTABLE = (int, float, complex, str, bool, bytes, type(None))


class JoinNode(NamedTuple):
    """A joined model: its attribute on the parent model, its fields in the order of the columns,
    and the models joined to it."""

    attribute: str
    model: type[Any]
    fields: tuple[str, ...]
    children: tuple[JoinNode, ...] = ()


def recipe_for(
    model: type[Any],
    fields: tuple[str, ...],
    joins: tuple[JoinNode, ...] = (),
    extras: tuple[tuple[str, Cell], ...] = (),
    invalid: str = "raise",
) -> Recipe:
    """Instances of a model.

    Args:
        model: its class.
        fields: the fields that the row has, in the order of its columns.
        joins: joined models, whose columns follow, depth first.
        extras: name and cell of further columns, which become plain attributes (annotations).
        invalid: handling of rows that the model refuses: "raise"; "keep" builds an instance anyway;
            "skip" puts the error among the instances.
    """
    if extras:
        described = _describe(cast("Hashable", model), fields, joins, invalid)
        return Recipe.models({**described, "extras": list(extras)})
    return _plain_recipe(cast("Hashable", model), fields, joins, invalid)


def related_recipe(
    model: type[Any],
    fields: tuple[str, ...],
    joins: tuple[JoinNode, ...],
    extras: tuple[tuple[str, Cell], ...],
    source: Cell,
    invalid: str = "raise",
) -> Recipe:
    """Instances of a model, as for `recipe_for`, grouped by the value of one more column: a dict of
    `RelatedList`s, and a list with each instance once.

    Args:
        source: the cell of that column, which is the last.
    """
    described = _describe(cast("Hashable", model), fields, joins, invalid)
    return Recipe.related({**described, "extras": list(extras)}, source, RelatedList)


@functools.lru_cache(maxsize=1024)
def _plain_recipe(
    model: type[Any], fields: tuple[str, ...], joins: tuple[JoinNode, ...], invalid: str
) -> Recipe:
    return Recipe.models(_describe(cast("Hashable", model), fields, joins, invalid))


def tuple_recipe(cells: Sequence[Cell]) -> Recipe:
    """Tuples with one value per cell."""
    return Recipe.tuples(list(cells))


def dict_recipe(names: Sequence[str], cells: Sequence[Cell]) -> Recipe:
    """Dicts with one entry per cell."""
    return Recipe.dicts(list(zip(names, cells, strict=True)))


def flat_recipe(cell: Cell) -> Recipe:
    """The values of the first column."""
    return Recipe.flat(cell)


def object_recipe(
    make: Callable[..., Any], cells: Sequence[Cell], names: Sequence[str] | None
) -> Recipe:
    """The results of a callable for each row's values, passed by position or by these names."""
    return Recipe.objects(make, list(cells), None if names is None else list(names))


def scalar_recipe(cell: Cell) -> Recipe:
    """The first value of the first row, or None without a row."""
    return Recipe.scalar(cell)


def cell_for(field: FieldMeta) -> Cell:
    """How a column of a model is read outside an instance (`values()`)."""
    if field.decode is not None:
        return "validate", field.decode, None, True, False
    try:
        return typed_cell(field.python_type, kind_of(field.column_type)[0])
    except TypeError:  # an annotation that cannot be hashed
        return ANY_CELL


def cell_of(column_type: object) -> Cell:
    """How a value is read if only its column type is known."""
    return ANY_CELL


class _Parts:
    """The parts of a model's core schema that affect building instances."""

    def __init__(self, model: type[Any]) -> None:
        if not model.__pydantic_complete__:
            model.model_rebuild(raise_errors=True)
        self.model = model
        self.definitions: dict[str, Any] = {}
        schema = self._unfolded(model.__pydantic_core_schema__)
        # Whether Rust may build instances: no user code processes the whole row.
        self.direct = schema["type"] == "model"
        while schema["type"] != "model":
            schema = self._unfolded(schema["schema"])
        self.config = schema.get("config", {})
        self.direct = self.direct and not schema.get("custom_init")
        inner = self._unfolded(schema["schema"])
        while inner["type"] != "model-fields":
            if not _is_ours(inner):
                self.direct = False
            inner = self._unfolded(inner["schema"])
        self.fields: dict[str, Any] = inner["fields"]
        self.model_fields = inner
        self.post_init: str | None = schema.get("post_init")
        extra = inner.get("extra_behavior", self.config.get("extra_fields_behavior"))
        self.keeps_extra = extra == "allow"

    def _unfolded(self, schema: CoreNode) -> CoreNode:
        while True:
            if schema["type"] == "definitions":
                self.definitions.update((each["ref"], each) for each in schema["definitions"])
                schema = schema["schema"]
            elif schema["type"] == "definition-ref":
                schema = self.definitions[schema["schema_ref"]]
            else:
                return schema

    def validate(self) -> Callable[[dict[str, Any]], Any]:
        """Validates a row that has its values under the names of the fields."""
        return self._of_stored(self._of_rows(self._validate()))

    def _of_stored(
        self, validate: Callable[[dict[str, Any]], Any]
    ) -> Callable[[dict[str, Any]], Any]:
        """Wraps a validator so that it decodes values of registered types first."""
        model, meta = self.model, self.model._db_meta
        decoders = {
            name: field.decode
            for name, field in meta.field_metadata.items()
            if field.decode is not None
        }
        if not decoders:
            return validate
        return lambda row: validate(decode_row(model, decoders, row))

    def _of_rows(
        self, validate: Callable[[dict[str, Any]], Any]
    ) -> Callable[[dict[str, Any]], Any]:
        """Wraps a validator so that documents are passed as text."""
        documents = document_fields(self.model)
        if not documents:
            return validate
        meta: ModelMeta = self.model._db_meta

        def text(name: str, value: object) -> object:
            # NULL is not a document, unless the type is Any.
            some = value is not None or meta.field_metadata[name].python_type is Any
            return to_json(value) if some else None

        def of_row(row: dict[str, Any]) -> object:
            return validate(
                {name: text(name, row[name]) if name in documents else row[name] for name in row}
            )

        return of_row

    def _validate(self) -> Callable[[dict[str, Any]], Any]:
        validator = self.model.__pydantic_validator__.validate_python
        aliases = {
            name: field["validation_alias"]
            for name, field in self.fields.items()
            if "validation_alias" in field
        }
        if not aliases:
            return validator  # type: ignore[no-any-return]
        others = {
            alias if isinstance(alias, str) else str(part)
            for alias in aliases.values()
            for part in ([alias] if isinstance(alias, str) else _words(alias))
        }
        if others.isdisjoint(self.fields):
            return functools.partial(validator, by_name=True)
        # One field's alias is another field's name.
        return functools.partial(validator, by_name=True, by_alias=False)

    def validate_part(self, names: Set[str]) -> Callable[[dict[str, Any]], Any]:
        """Validates a partially loaded row. Model validators are skipped."""
        schema: Any = {
            **self.model_fields,
            "fields": {name: field for name, field in self.fields.items() if name in names},
        }
        if self.definitions:
            schema = core_schema.definitions_schema(schema, list(self.definitions.values()))
        validator = SchemaValidator(schema, self.config)
        model, post_init = self.model, self.post_init

        def validate(row: dict[str, Any]) -> object:
            values, extra, given = validator.validate_python(row, by_name=True)
            instance: Any = object.__new__(model)
            object.__setattr__(instance, "__dict__", values)
            object.__setattr__(instance, "__pydantic_fields_set__", given)
            object.__setattr__(instance, "__pydantic_extra__", extra)
            object.__setattr__(instance, "__pydantic_private__", None)
            if post_init is not None:
                getattr(instance, post_init)(None)
            return instance

        return self._of_stored(self._of_rows(validate))


def _words(alias: object) -> list[Any]:
    if isinstance(alias, str):
        return [alias]
    return [word for part in alias for word in _words(part)] if isinstance(alias, list) else []


def _is_ours(schema: CoreNode) -> bool:
    """Whether a function in a core schema is the one that links `author` and `author_id`, which is
    not needed for rows: they have the columns."""
    function = schema.get("function", {}).get("function")
    return (
        getattr(function, "__qualname__", "") == "oxyde_links"
        and getattr(function, "__module__", "") == "oxyde.models.relations.link_input"
    )


@functools.lru_cache(maxsize=1024)
def _describe(
    model: type[Any], fields: tuple[str, ...], joins: tuple[JoinNode, ...], invalid: str
) -> dict[str, Any]:
    """The description that `_core.Recipe.models` reads; cached, as it compiles validators, so
    callers must not change it."""
    meta: ModelMeta = model._db_meta
    parts = _Parts(model)
    joined = [join.attribute for join in joins]
    present = {*fields, *joined}
    missing = _missing(meta, parts, present)
    partial = any(name in meta.field_metadata for name in missing)
    direct = parts.direct or partial
    reader = FieldReader(parts.config, parts.definitions)
    cells = []
    for name in fields:
        field = meta.field_metadata[name]
        schema = parts.fields[name]["schema"]
        direct = direct and not needs_row(schema)
        if field.decode is not None:
            cell = reader.decoded_cell(schema, field.decode, mutable=field.mutable)
        else:
            cell = reader.cell(schema, field.column_type, mutable=field.mutable)
        cells.append((name, cell))
    template: dict[str, Any] = {}
    fresh: list[tuple[str, str, Any]] = []
    for name, field in parts.fields.items():
        if name in present:
            template[name] = None
        elif name not in missing:
            default = _default(field["schema"])
            if default is None:
                direct = False
                continue
            _place(name, default, template, fresh)
    validate = parts.validate_part(parts.fields.keys() - missing) if partial else parts.validate()
    private, post_init = _private(model, parts.post_init)
    late = model.__getattr__ is model._oxyde_getattr and not post_init
    return {
        "model": model,
        "fields": cells,
        "key": _key(meta, fields),
        "template": template,
        "absent": sorted(missing),
        "fresh": fresh,
        "fields_set": present,
        "late_fields_set": late,
        "private": private,
        "post_init": post_init,
        "keeps_extra": parts.keeps_extra,
        "validate": validate,
        "refused": _refused(model, parts, present, missing, invalid),
        "reports": invalid == "skip",
        "direct": direct,
        "state": State(
            None, frozenset(fields) if partial else None, shared=True, given=frozenset(present)
        ),
        "children": [
            (
                join.attribute,
                _describe(cast("Hashable", join.model), join.fields, join.children, invalid),
            )
            for join in joins
        ],
        "extras": [],
    }


def _refused(
    model: type[Any], parts: _Parts, present: set[str], missing: set[str], invalid: str
) -> Callable[[dict[str, Any], BaseException], Any]:
    if invalid != "keep":
        return refusing(model, present)
    defaults = {
        name: field
        for name, field in model.model_fields.items()
        if name not in present and name not in missing
    }
    return kept(model, present, defaults, keeps_extra=parts.keeps_extra, post_init=parts.post_init)


def _missing(meta: ModelMeta, parts: _Parts, present: set[str]) -> set[str]:
    """Fields that are not set on the instance, so that accessing them raises an error: columns that
    were not loaded, and unloaded relations if the model's options say so."""
    missing = {name for name in meta.field_metadata if name not in present}
    if meta.unloaded != "none":
        missing.update(name for name in meta.relations if name not in present)
    return missing & parts.fields.keys()


def _key(meta: ModelMeta, fields: tuple[str, ...]) -> list[int]:
    """The positions of the primary key in the row; empty if it was not fully loaded."""
    if not meta.primary_key or any(name not in fields for name in meta.primary_key):
        return []
    return [fields.index(name) for name in meta.primary_key]


def _default(schema: CoreNode) -> tuple[str, Any] | None:
    """The default of a field that is not in the row; None if only its validator can compute it."""
    if schema["type"] != "default" or schema.get("on_error", "raise") != "raise":
        return None
    if "default_factory" in schema:
        if schema.get("default_factory_takes_data") or schema.get("validate_default"):
            return None
        factory = schema["default_factory"]
        kinds: dict[Any, str] = {list: "list", dict: "dict"}
        return kinds.get(factory, "call"), factory
    default = schema["default"]
    if default is None:
        takes_none = schema["schema"]["type"] in ("nullable", "any")
        return ("value", None) if takes_none or not schema.get("validate_default") else None
    if schema.get("validate_default"):
        return None
    try:
        hash(default)
    except TypeError:
        return "copy", default
    return "value", default


def _place(
    name: str,
    default: tuple[str, Any],
    template: dict[str, Any],
    fresh: list[tuple[str, str, Any]],
) -> None:
    source, value = default
    template[name] = value if source == "value" else None
    if source != "value":
        fresh.append((name, source, value))


def _private(
    model: type[Any], post_init: str | None
) -> tuple[tuple[dict[str, Any], list[tuple[str, str, Any]]] | None, str | None]:
    """Shared and per-instance values of private attributes, and the method to call afterwards.

    Where the user has a `model_post_init`, Pydantic wraps it so that it sets the private
    attributes first.
    """
    if post_init is None:
        return None, None
    if getattr(model, post_init) is not init_private_attributes:
        return None, post_init
    template: dict[str, Any] = {}
    fresh: list[tuple[str, str, Any]] = []
    for name, attribute in model.__private_attributes__.items():
        if attribute.default_factory is not None:
            if attribute.default_factory_takes_validated_data:
                return None, post_init
            _place(name, ("call", attribute.default_factory), template, fresh)
        elif attribute.default is not PydanticUndefined:
            _place(name, _private_default(attribute.default), template, fresh)
    return (template, fresh), None


def _private_default(default: object) -> tuple[str, Any]:
    if type(default) in _IMMUTABLE or isinstance(default, type):
        return "value", default
    if default == [] and type(default) is list:
        return "list", list
    if default == {} and type(default) is dict:
        return "dict", dict
    return "copy", default
