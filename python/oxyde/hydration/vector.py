"""`Vector`: the annotation of vector fields, which are compared by distance."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from oxyde._annotations import unwrap
from oxyde.exceptions import FieldError
from oxyde.hydration.fields import CoreNode

__all__ = ["Vector", "is_checked", "vector_of"]

# The maximum number of dimensions in pgvector.
_MOST = 16_000


@dataclass(frozen=True, slots=True)
class Vector:
    """A column of pgvector's type `vector`, in PostgreSQL with that extension only::

        embedding: Annotated[list[float], Vector(384)]

    A value is a list of `dimensions` finite numbers; arrays (such as numpy's) are accepted, too.
    The database stores 32-bit floats, so validation rounds each number to one: the instance equals
    its row.

    Attributes:
        dimensions: the number of dimensions, 1 to 16,000.

    Raises:
        FieldError: `dimensions` is not such a number.
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
        """A list of the given length, with numbers rounded as stored."""
        bare = unwrap(source)
        if bare.core != list[float]:
            # Not a vector: the model reports that, with the field's name.
            return handler(source)
        numbers = core_schema.list_schema(
            core_schema.float_schema(allow_inf_nan=False),
            min_length=self.dimensions,
            max_length=self.dimensions,
        )
        schema = core_schema.no_info_wrap_validator_function(self._stored, numbers)
        return core_schema.nullable_schema(schema) if bare.nullable else schema

    def _stored(self, value: object, validate: Callable[[Any], list[float]]) -> list[float]:
        listed = None if isinstance(value, list) else getattr(value, "tolist", None)
        numbers = validate(value if listed is None else listed())
        single = struct.Struct(f"<{len(numbers)}f")
        try:
            return list(single.unpack(single.pack(*numbers)))
        except OverflowError:
            raise PydanticCustomError("vector_number", "Input should hold 32-bit numbers") from None


def vector_of(metadata: list[Any]) -> Vector | None:
    """The `Vector` in an annotation's metadata."""
    return next((item for item in metadata if isinstance(item, Vector)), None)


def is_checked(schema: CoreNode) -> bool:
    """Whether a core schema is that of a Vector, which every stored value satisfies."""
    function = schema.get("function", {}).get("function")
    return isinstance(getattr(function, "__self__", None), Vector)
