"""Single fields of a model: their core schemas and validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic_core import SchemaValidator, core_schema, to_json

__all__ = ["CoreNode", "core_of", "document_fields", "input_of", "validate_field"]

# Any node of a core schema.
CoreNode: TypeAlias = Mapping[str, Any]


def validate_field(model: type[Any], name: str, value: object) -> Any:
    """Validate a value for a field of the model. Only the field's own validators run: those of the
    model need a whole instance.

    Raises:
        pydantic.ValidationError: the value is not valid.
    """
    made: Any = _validator(model).validate_assignment({}, name, input_of(model, name, value))
    return made[0][name]


def _validator(model: type[Any]) -> SchemaValidator:
    found: SchemaValidator | None = model.__dict__.get("_oxyde_field_validator")
    if found is None:
        fields, definitions = fields_schema(model.__pydantic_core_schema__)
        schema: Any = fields
        if definitions:
            schema = core_schema.definitions_schema(schema, list(definitions.values()))
        found = SchemaValidator(schema)
        type.__setattr__(model, "_oxyde_field_validator", found)
    return found


def fields_schema(schema: CoreNode) -> tuple[CoreNode, dict[str, Any]]:
    """The schema of a model's fields, without the functions and the class around them, and the
    definitions that it refers to."""
    definitions: dict[str, Any] = {}
    while schema["type"] != "model-fields":
        if schema["type"] == "definitions":
            definitions.update((each["ref"], each) for each in schema["definitions"])
            schema = schema["schema"]
        elif schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        else:
            schema = schema["schema"]
    return schema, definitions


def core_of(model: type[Any], name: str) -> CoreNode | None:
    """The core schema of a field, without default and NULL around it; None without a field."""
    fields, definitions = fields_schema(model.__pydantic_core_schema__)
    if name not in fields["fields"]:
        return None
    schema: CoreNode = fields["fields"][name]["schema"]
    while True:
        if schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif schema["type"] in ("default", "nullable", "function-after"):
            # The column holds the value before the function is applied.
            schema = schema["schema"]
        else:
            return schema


def document_fields(model: type[Any]) -> frozenset[str]:
    """The `Json[...]` fields, whose validators accept only the text of a document."""
    known: frozenset[str] | None = model.__dict__.get("_oxyde_documents")
    if known is None:
        fields, _ = fields_schema(model.__pydantic_core_schema__)
        schemas = {name: core_of(model, name) for name in fields["fields"]}
        known = frozenset(
            name
            for name, schema in schemas.items()
            if schema is not None and schema["type"] == "json"
        )
        type.__setattr__(model, "_oxyde_documents", known)
    return known


def input_of(model: type[Any], name: str, value: object) -> object:
    """Convert a value of a user or instance to the input of the field's validator."""
    if value is None or isinstance(value, str | bytes | bytearray):
        return value
    return to_json(value) if name in document_fields(model) else value
