"""Pydantic's validation of single fields, for values that reach the database without a model."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from pydantic import AliasChoices, AliasPath, ValidationError
from pydantic_core import SchemaValidator

from oxyde.exceptions import FieldError
from oxyde.queries.base import Conditional, Expression
from oxyde.queries.columns import hint_for
from oxyde.queries.names import Names, names_of

__all__ = ["build", "check_values", "validate_field"]


def validate_field(model: type[Any], name: str, value: Any) -> Any:
    """A value as the field of the model takes it.

    Only the field's own validation runs: that of the model needs a whole instance.

    Raises:
        pydantic.ValidationError: the value is not valid.
    """
    made: Any = _validator(model).validate_assignment({}, name, value)
    return made[0][name]


def build(model: type[Any], values: Mapping[str, Any], names: Names | None = None) -> Any:
    """An instance made of values by the names of fields or their aliases.

    Args:
        names: those of the model, where the caller has them at hand.

    Raises:
        FieldError: an unknown name.
        pydantic.ValidationError: a value is not valid.
    """
    names = names or names_of(model)
    if values.keys() <= names.columns:
        # Nothing to look up name by name, which costs more than the validation itself.
        try:
            return model.__pydantic_validator__.validate_python(values, by_alias=True, by_name=True)
        except ValidationError:
            check_values(names, values)
            raise
    check_values(names, values)
    made: dict[str, Any] = {}
    for name, value in values.items():
        relation = names.meta.relations.get(name)
        if (
            relation is not None
            and relation.column is not None
            and value is not None
            and not hasattr(type(value), "_db_meta")
        ):
            # A key where the row was expected: author=5.
            made[relation.column] = value
        else:
            made[name] = value
    return model.__pydantic_validator__.validate_python(made, by_alias=True, by_name=True)


def check_values(names: Names, values: Mapping[str, Any]) -> None:
    """See to it that values for a new row have the names of fields, and are values.

    Raises:
        FieldError: an unknown name, a relation without a column, or an expression.
    """
    model = names.model
    known = model.model_fields
    for name, value in values.items():
        relation = names.meta.relations.get(name)
        if relation is not None and relation.column is None and value:
            raise FieldError(
                f"`{names.label}.{name}` is a {relation.kind} relation, and no column of a new row",
                hint=f"create the row, and then those of `{relation.target.__name__}`",
            )
        if relation is None and name not in known and name not in _aliases(model):
            raise FieldError(
                f"`{names.label}` has no field `{name}`",
                hint=hint_for(name, [*known, *names.meta.relations]),
            )
        if isinstance(value, Expression | Conditional):
            raise FieldError(
                f"`{names.label}.{name}`: a new row takes values, not {value!r:.80}",
                hint="set it with update() afterwards, or insert a query's rows: insert_from()",
            )


def _aliases(model: type[Any]) -> Container[str]:
    """Other names under which a model takes values."""
    if model.model_config.get("extra") == "allow":
        return _Anything()
    aliases: set[str] = set()
    for field in model.model_fields.values():
        for alias in (field.alias, field.validation_alias):
            choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
            for choice in choices:
                first = choice.path[0] if isinstance(choice, AliasPath) else choice
                if isinstance(first, str):
                    aliases.add(first)
    return aliases


class _Anything:
    def __contains__(self, item: object) -> bool:
        return True


def _validator(model: type[Any]) -> SchemaValidator:
    found: SchemaValidator | None = model.__dict__.get("_oxyde_field_validator")
    if found is None:
        found = SchemaValidator(_fields_schema(model.__pydantic_core_schema__))
        type.__setattr__(model, "_oxyde_field_validator", found)
    return found


def _fields_schema(schema: Any) -> Any:
    """The schema of a model's fields, without the functions and the class around them."""
    definitions: list[Any] = []
    while schema["type"] != "model-fields":
        if schema["type"] == "definitions":
            definitions.extend(schema["definitions"])
            schema = schema["schema"]
        elif schema["type"] == "definition-ref":
            wanted = schema["schema_ref"]
            schema = next(each for each in definitions if each.get("ref") == wanted)
        else:
            schema = schema["schema"]
    if definitions:
        return {"type": "definitions", "schema": schema, "definitions": definitions}
    return schema
