"""Path and query parameters that are compared with a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from oxyde.exceptions import FieldError
from oxyde.hints import hint_for
from oxyde.models.payloads.fit import FitsColumn

if TYPE_CHECKING:
    from oxyde._meta import FieldMeta

__all__ = ["Fits"]


class Fits:
    """Metadata of a parameter: its values fit a column, so that others are status 422, and OpenAPI
    shows the limits: ``post_id: Annotated[int, Fits(Post, "id")]``.

    Args:
        model: a model with a table.
        field: the name of a field.

    Raises:
        FieldError: where the parameter is declared: the model has no such field.
    """

    __slots__ = ("_field", "_model")

    def __init__(self, model: type[Any], field: str) -> None:
        self._model = model
        self._field = field

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        fields: dict[str, FieldMeta] = self._model._db_meta.field_metadata
        field = fields.get(self._field)
        if field is None:
            raise FieldError(
                f"`{self._model.__name__}` has no field `{self._field}` with a column",
                hint=hint_for(self._field, fields),
            )
        return FitsColumn(field.column_type).__get_pydantic_core_schema__(source, handler)
