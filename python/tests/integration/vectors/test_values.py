"""Vectors there and back: one by one, in bulk, copied, changed, as Arrow columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, RootModel, ValidationError
from support.passages import MODELS, ROWS, Passage, Source
from support.servers import Postgres
from support.values_of import values_of

from oxyde import Field, Model, Vector, create_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, FieldValueError, UnsupportedFeatureError
from oxyde.queries import Count, L2Distance

on_pgvector = pytest.mark.databases("postgres")
SINGLE = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTOR = st.lists(SINGLE, min_size=3, max_size=3)
MANY = 1_200


def exact(numbers: Any) -> Any:
    """Numbers that can be compared with their sign: -0.0 is another than 0.0."""
    return None if numbers is None else [number.hex() for number in numbers]


@on_pgvector
async def test_any_numbers_come_back(vectors: AsyncDatabase, pgvector: Postgres) -> None:
    @settings(
        max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(rows=st.lists(st.tuples(VECTOR, st.none() | VECTOR), min_size=1, max_size=5))
    def round_trip(rows: list[tuple[list[float], list[float] | None]]) -> None:
        made.append(rows)

    made: list[list[tuple[list[float], list[float] | None]]] = []
    round_trip()
    for rows in made:
        await Passage.objects.all_rows().delete()
        one = await Passage.objects.create(embedding=rows[0][0], second=rows[0][1])
        await Passage.objects.bulk_create([Passage(embedding=a, second=b) for a, b in rows])
        read = await Passage.objects.order_by("id")
        assert read[0] == one
        expected = [rows[0], *rows]
        assert [(exact(each.embedding), exact(each.second)) for each in read] == [
            (exact(a), exact(b)) for a, b in expected
        ]
        # What the server says of them, with its own eyes.
        sql = 'SELECT "the vector"::real[]::float8[] FROM vector_passage ORDER BY id'
        assert [exact(row[0]) for row in pgvector.execute(sql)] == [exact(a) for a, _ in expected]


def many(count: int) -> list[Passage]:
    return [
        Passage(
            text=str(number),
            embedding=[number / 3, -number, 1e-40 * number],
            second=None if number % 3 else [0.1, number, -0.0],
        )
        for number in range(count)
    ]


@on_pgvector
@pytest.mark.parametrize("count", [2, MANY])
async def test_many_rows(vectors: AsyncDatabase, count: int) -> None:
    """By arrays, and copied."""
    made = await Passage.objects.bulk_create(many(count))
    read = await Passage.objects.order_by("id")
    assert values_of(read) == values_of(made)
    assert [exact(row.embedding) for row in read] == [exact(row.embedding) for row in made]
    chunks = [row async for row in Passage.objects.order_by("id").iterate(chunk_size=7)]
    assert values_of(chunks) == values_of(made)


@on_pgvector
@pytest.mark.parametrize("count", [2, MANY])
async def test_a_wrong_length_in_bulk(vectors: AsyncDatabase, count: int) -> None:
    rows = many(count)
    rows[1].embedding.pop()
    with pytest.raises(FieldValueError, match="takes 3 numbers, not 2"):
        await Passage.objects.bulk_create(rows)
    assert await Passage.objects.count() == 0


@on_pgvector
async def test_changes(vectors: AsyncDatabase) -> None:
    made = await Passage.objects.bulk_create(many(4))
    # In place, by assignment, to NULL.
    made[0].embedding[1] = 7.5
    await made[0].save()
    made[1].second = [1.0, 2.0, 3.0]
    await made[1].save()
    made[3].second = None
    await made[3].save()
    assert values_of(await Passage.objects.order_by("id")) == values_of(made)
    for row in made:
        row.embedding = [row.embedding[0], 0.5, 0.25]
        row.second = None
    assert await Passage.objects.bulk_update(made, ["embedding", "second"]) == 4
    assert values_of(await Passage.objects.order_by("id")) == values_of(made)
    changed = await Passage.objects.filter(second=None).update(second=[0.1, 0.2, 0.3])
    assert changed == 4
    stored = [0.10000000149011612, 0.20000000298023224, 0.30000001192092896]
    assert await Passage.objects.values_list("second", flat=True).first() == stored
    assert await Passage.objects.filter(second=[0.1, 0.2, 0.3]).count() == 4
    assert await Passage.objects.filter(second__isnull=True).count() == 0
    assert await Passage.objects.values("second").distinct().count() == 1
    same = await Passage.objects.upsert(
        id=made[0].id, embedding=[3, 2, 1], unique_fields=["id"], update_fields=["embedding"]
    )
    assert same.embedding == [3.0, 2.0, 1.0]


@dataclass
class Line:
    embedding: list[float]
    far: float


class Strict(Model):
    model_config = ConfigDict(strict=True)

    class Meta:
        is_table = True
        table_name = "vector_strict"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    embedding: Annotated[list[float], Vector(2)] = Field(db_default="'[1,2.5]'")


@on_pgvector
async def test_forms_of_rows(vectors: AsyncDatabase) -> None:
    source = await Source.objects.create(centre=[1, 2, 3])
    await Passage.objects.create(embedding=[0, 3, 4], source=source)
    joined = await Passage.objects.join("source").first()
    assert joined is not None and joined.source == source
    far = Passage.objects.annotate(far=L2Distance("embedding", [0, 0, 0]))
    assert await far.into(Line).first() == Line([0.0, 3.0, 4.0], 5.0)
    assert await Passage.objects.values_list("embedding", "second") == [([0.0, 3.0, 4.0], None)]
    groups = Passage.objects.values("embedding").annotate(rows=Count("id"))
    assert await groups == [{"embedding": [0.0, 3.0, 4.0], "rows": 1}]
    # A strict model, and a default of the database's.
    await create_tables(models=[Strict])
    made = await Strict.objects.create(name="a")
    assert made.embedding == [1.0, 2.5]
    assert values_of(await Strict.objects.first()) == values_of(made)


@on_pgvector
async def test_arrow_columns(vectors: AsyncDatabase) -> None:
    await Passage.objects.bulk_create(many(4))
    query = Passage.objects.order_by("id").values(
        "embedding", "second", far=L2Distance("embedding", [0, 0, 0])
    )
    table = pyarrow.table(await query.to_arrow())
    vector = pyarrow.list_(pyarrow.float32(), 3)
    assert table.schema.types == [vector, vector, pyarrow.float64()]
    assert table.to_pylist() == await query
    raw = pyarrow.table(await Passage.objects.values("second").to_arrow())
    assert raw["second"].null_count == 2


def test_validation_rounds_to_what_is_stored() -> None:
    passage = Passage(embedding=(0.1, 1, "2"))  # type: ignore[arg-type]
    assert passage.embedding == [0.10000000149011612, 1.0, 2.0]
    for wrong in ([1, 2], [1, 2, 3, 4], "123", [1, 2, None], [1, 2, 1e39], [1, 2, float("inf")]):
        with pytest.raises(ValidationError):
            Passage(embedding=wrong)  # type: ignore[arg-type]
    Optional = RootModel[Annotated[list[float] | None, Vector(2)]]
    assert Optional.model_validate(None).root is None
    with pytest.raises(ValidationError):
        Optional.model_validate([1])
    schema = Passage.model_json_schema()["properties"]["embedding"]
    assert schema["items"] == {"type": "number"}
    assert schema["minItems"] == schema["maxItems"] == 3


def test_declarations_that_are_refused() -> None:
    for wrong in (0, -1, 16_001, 3.0, True, "3"):
        with pytest.raises(FieldError, match=r"Vector\(\) takes a whole number"):
            Vector(wrong)  # type: ignore[arg-type]
    annotations: list[Any] = [
        Annotated[list[int], Vector(3)],
        Annotated[list[float | None], Vector(3)],
        Annotated[str, Vector(3)],
    ]
    for annotation in annotations:
        with pytest.raises(FieldError, match=r"Wrong\.value is a vector") as caught:
            type("Wrong", (Model,), wrong_model(annotation, None))
        assert "Annotated[list[float], Vector(3)]" in str(caught.value.hint)
    with pytest.raises(FieldError, match=r"Wrong\.value is a vector"):
        type("Wrong", (Model,), wrong_model(Annotated[list[float], Vector(3)], "halfvec(3)"))
    with pytest.raises(FieldError, match="is determined by the annotation"):
        type("Wrong", (Model,), wrong_model(list[float], "vector(3)"))


def wrong_model(annotation: Any, db_type: str | None) -> dict[str, Any]:
    meta = type("Meta", (), {"is_table": True})
    return {
        "__module__": __name__,
        "__annotations__": {"id": int, "value": annotation},
        "id": Field(db_pk=True),
        "value": Field(db_type=db_type),
        "Meta": meta,
    }


@pytest.mark.databases("sqlite", "mysql", "mariadb")
async def test_other_databases_refuse_vectors(database: AsyncDatabase) -> None:
    name = {"sqlite": "SQLite", "mysql": "MySQL", "mariadb": "MariaDB"}[database.backend]
    refused = pytest.raises(UnsupportedFeatureError, match=f"{name} does not support vectors")
    with refused as caught:
        await create_tables(models=MODELS)
    assert "vectors need PostgreSQL with the pgvector extension" in str(caught.value.hint)
    row = ROWS[0]
    with refused:
        await Source.objects.create(centre=row)
    with refused:
        await Source.objects.bulk_create([Source(centre=row), Source(centre=row)])
    with refused:
        await Source.objects.first()
    with refused:
        await Source.objects.filter(id=1).update(centre=row)
    with refused:
        await Source.objects.filter(centre=row).count()
    with refused:
        await Source.objects.order_by(L2Distance("centre", row)).values("id")
