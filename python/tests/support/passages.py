"""Models with vectors, and distances as Python computes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from oxyde import Field, Model, Vector


class Source(Model):
    class Meta:
        is_table = True
        table_name = "vector_source"

    id: int | None = Field(default=None, db_pk=True)
    centre: Annotated[list[float], Vector(3)]


class Passage(Model):
    class Meta:
        is_table = True
        table_name = "vector_passage"

    id: int | None = Field(default=None, db_pk=True)
    text: str = ""
    embedding: Annotated[list[float], Vector(3)] = Field(db_column="the vector")
    second: Annotated[list[float], Vector(3)] | None = None
    source: Source | None = None


MODELS = [Source, Passage]

ROWS = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.5], [3.0, -1.5, 0.25], [-4.0, 0.125, 8.0], [1.0, 1.0, 1.0]]


def l2(left: Sequence[float], right: Sequence[float]) -> float:
    return math.dist(left, right)


def inner(left: Sequence[float], right: Sequence[float]) -> float:
    return -sum(a * b for a, b in zip(left, right, strict=True))


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    return 1 + inner(left, right) / math.hypot(*left) / math.hypot(*right)
