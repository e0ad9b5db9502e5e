"""Making instances from values, and checks of values for a new row."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from pydantic import AliasChoices, AliasPath, ValidationError

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.hydration.related_list import no_column
from oxyde.queries.ir.expression import Conditional, Expression
from oxyde.queries.names import Names, is_query, names_of

__all__ = ["build", "check_values"]


def build(model: type[Any], values: Mapping[str, Any], names: Names | None = None) -> Any:
    """Make an instance from values by field name or alias.

    Args:
        names: the model's names, if the caller has them.

    Raises:
        FieldError: an unknown name.
        pydantic.ValidationError: a value is not valid.
    """
    names = names or names_of(model)
    if values.keys() <= names.columns:
        # Skips resolving names, which costs more than the validation itself.
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
            # A key instead of an instance: author=5.
            made[relation.column] = value
        else:
            made[name] = value
    return model.__pydantic_validator__.validate_python(made, by_alias=True, by_name=True)


def check_values(names: Names, values: Mapping[str, Any]) -> None:
    """Check that values for a new row have names of fields, and are not expressions.

    Raises:
        FieldError: an unknown name, a relation without a column, or an expression.
    """
    model = names.model
    known = model.model_fields
    for name, value in values.items():
        if is_query(value):
            raise FieldError(
                f"`{names.label}.{name}`: a new row takes values, not a query: {value!r:.80}",
                hint="await the query first, and pass one of its rows",
            )
        relation = names.meta.relations.get(name)
        if relation is not None and relation.column is None and value:
            raise no_column(names.label, relation)
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
    """Aliases under which a model accepts values."""
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
