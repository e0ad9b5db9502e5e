"""`Vector`: the annotation of a field whose values are compared by distance."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from oxyde.exceptions import FieldError
from oxyde.models.annotation import unwrap

__all__ = ["Vector", "is_checked", "vector_of"]

# The most that pgvector stores.
_MOST = 16_000


@dataclass(frozen=True, slots=True)
class Vector:
    """A column of pgvector's type `vector`, in PostgreSQL with that extension only::

        embedding: Annotated[list[float], Vector(384)]

    A value is a list of `dimensions` finite numbers; arrays (numpy's and the like) are taken too.
    The database stores 32-bit numbers, so each number becomes the nearest of those when the model
    validates it: an instance has what its row has.

    Attributes:
        dimensions: how many numbers, 1 to 16,000.

    Raises:
        FieldError: `dimensions` is no such number.
    """

    dimensions: int

    def __post_init__(self) -> None:
        if type(self.dimensions) is not int or not 1 <= self.dimensions <= _MOST:
            raise FieldError(
                f"Vector() takes a whole number from 1 to {_MOST:,}, not {self.dimensions!r}",
                hint="how many numbers your embeddings have: Vector(384)",
            )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The list with its length, and the numbers as they are stored."""
        bare = unwrap(source)
        if bare.core != list[float]:
            # Not a vector: the model says so, with the field's name.
            return handler(source)
        numbers = core_schema.list_schema(
            core_schema.float_schema(allow_inf_nan=False),
            min_length=self.dimensions,
            max_length=self.dimensions,
        )
        schema = core_schema.no_info_wrap_validator_function(self._stored, numbers)
        return core_schema.nullable_schema(schema) if bare.nullable else schema

    def _stored(self, value: Any, validate: Callable[[Any], list[float]]) -> list[float]:
        listed = None if isinstance(value, list) else getattr(value, "tolist", None)
        numbers = validate(value if listed is None else listed())
        single = struct.Struct(f"<{len(numbers)}f")
        try:
            return list(single.unpack(single.pack(*numbers)))
        except OverflowError:
            raise PydanticCustomError(
                "vector_number", "Input should hold numbers of 32 bits"
            ) from None


def vector_of(metadata: list[Any]) -> Vector | None:
    """The `Vector` that stands in an annotation."""
    return next((item for item in metadata if isinstance(item, Vector)), None)


def is_checked(schema: Any) -> bool:
    """Whether a core schema is a vector's own, which all that its column holds satisfies."""
    function = schema.get("function", {}).get("function")
    return isinstance(getattr(function, "__self__", None), Vector)
