"""Distances as the server gives them, against the same computed in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from support.passages import ROWS, Passage, Source, cosine, inner, l2
from support.servers import Postgres

from oxyde import F, Min, create_tables, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import DatabaseError, FieldError, FieldLookupValueError, FieldValueError
from oxyde.queries import (
    Coalesce,
    CosineDistance,
    InnerProduct,
    L1Distance,
    L2Distance,
    OuterRef,
    RowNumber,
    Subquery,
    Value,
    Window,
)

pytestmark = pytest.mark.databases("postgres")

QUERY = [1.0, 2.0, -0.5]
DISTANCES = [(L2Distance, l2), (CosineDistance, cosine), (InnerProduct, inner)]


@pytest.fixture
async def stored(vectors: AsyncDatabase) -> None:
    source = await Source.objects.create(centre=[1, 0, 0])
    rows = [
        Passage(text=str(place), embedding=row, source=source) for place, row in enumerate(ROWS)
    ]
    await Passage.objects.bulk_create(rows)


@pytest.mark.parametrize(("distance", "by_hand"), DISTANCES)
async def test_each_distance(
    stored: None,
    distance: type[L2Distance],
    by_hand: Callable[[Sequence[float], Sequence[float]], float],
) -> None:
    nearest = sorted(ROWS, key=lambda row: by_hand(row, QUERY))
    query: Any = Passage.objects.annotate(far=distance("embedding", QUERY))
    rows = await query.order_by("far").values_list("embedding", "far")
    assert [row for row, _ in rows] == nearest
    assert [far for _, far in rows] == pytest.approx([by_hand(row, QUERY) for row in nearest])
    assert await Passage.objects.order_by(distance("embedding", QUERY)).limit(2).values_list(
        "embedding", flat=True
    ) == [*nearest[:2]]
    last = await Passage.objects.order_by(distance("embedding", QUERY).desc()).first()
    assert last is not None and last.embedding == nearest[-1]
    middle = by_hand(nearest[2], QUERY) + 0.01
    assert await Passage.objects.filter(distance("embedding", QUERY) < middle).count() == 3
    typed = await Passage.objects.order_by(lambda p: distance(p.embedding, QUERY)).select(
        lambda p: (p.text, distance(p.embedding, QUERY))
    )
    assert [float(each[1]) for each in typed] == pytest.approx([far for _, far in rows])


async def test_a_distance_where_functions_stand(stored: None) -> None:
    similar = 1 - CosineDistance("embedding", QUERY)
    best = await Passage.objects.annotate(similar=similar).order_by("-similar").values("similar")
    assert [row["similar"] for row in best] == pytest.approx(
        sorted((1 - cosine(row, QUERY) for row in ROWS), reverse=True)
    )
    # Between two columns, over a relation, of an expression, and in an aggregate.
    await Passage.objects.filter(text="2").update(second=F("embedding"))
    between = Passage.objects.filter(second__isnull=False).annotate(
        d=L2Distance("embedding", F("second")), centre=L2Distance("source__centre", QUERY)
    )
    assert await between.values_list("text", "d", "centre") == [
        ("2", 0.0, pytest.approx(l2([1, 0, 0], QUERY)))
    ]
    assert await Passage.objects.filter(L2Distance("embedding", F("source__centre")) == 0).values(
        "text"
    ) == [{"text": "0"}]
    found = await Passage.objects.aggregate(least=Min(L2Distance("embedding", QUERY)))
    assert found["least"] == pytest.approx(min(l2(row, QUERY) for row in ROWS))
    missing = Passage.objects.annotate(d=L2Distance("second", QUERY))
    assert await missing.filter(d__isnull=True).count() == len(ROWS) - 1


async def test_like_another_row(stored: None) -> None:
    """The vector is that of a row: by a subquery, and of the row around it."""
    one = Subquery(Passage.objects.filter(text="4").values("embedding"))
    others = Passage.objects.exclude(text="4").order_by(L2Distance("embedding", one))
    by_hand = sorted((row for row in ROWS[:4]), key=lambda row: l2(row, ROWS[4]))
    assert await others.values_list("embedding", flat=True) == by_hand
    nearest = Passage.objects.order_by(L2Distance("embedding", OuterRef("centre"))).values("text")
    found = await Source.objects.annotate(nearest=Subquery(nearest.limit(1))).values("nearest")
    assert found == [{"nearest": "0"}]
    first = await Passage.objects.order_by(
        L2Distance(Coalesce("second", [0, 0, 0]), QUERY), "id"
    ).first()
    assert first is not None and first.text == "0"
    place = Window(RowNumber(), order_by=L2Distance("embedding", ROWS[4]))
    placed = await Passage.objects.annotate(place=place).order_by("place").values("embedding")
    assert [row["embedding"] for row in placed] == [ROWS[4], *by_hand]


async def test_the_vector_is_a_value(stored: None) -> None:
    texts = set()
    for vector in ([1, 2, 3], (4.5, 5, 6), Value([0.1, 0.2, 0.3])):
        query = Passage.objects.order_by(L2Distance("embedding", vector)).limit(1)
        assert await query.first() is not None
        texts.add(query.sql()[0])
    assert len(texts) == 1
    _, params = Passage.objects.order_by(L2Distance("embedding", [0.5, 1, 2])).sql()
    assert params == [[0.5, 1.0, 2.0]]


class Array:
    """As much of an array as is looked at."""

    def tolist(self) -> list[float]:
        return [1.0, 1.0, 1.0]


async def test_arrays_are_taken(stored: None) -> None:
    array: Any = Array()
    assert await Passage.objects.filter(embedding=array).values_list("text", flat=True) == ["4"]
    nearest = await Passage.objects.order_by(L2Distance("embedding", array)).first()
    assert nearest is not None and nearest.text == "4"
    passage = await Passage.objects.create(embedding=array)
    assert passage.embedding == [1.0, 1.0, 1.0]
    await Passage.objects.filter(text="0").update(embedding=array)
    assert await Passage.objects.filter(embedding=array).count() == 3


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([1, 2], "`Passage.embedding` takes 3 numbers, not 2"),
        ([], "`Passage.embedding` takes 3 numbers, not 0"),
        ([1, 2, float("nan")], "finite 32-bit numbers"),
        ([1, 2, 1e39], "finite 32-bit numbers, not 1e39"),
        ([1, 2, "3"], "takes float, not str"),
        ([1, 2, None], "takes float, not NoneType"),
        ([True, 2, 3], "takes float, not bool"),
    ],
)
async def test_numbers_that_do_not_fit(stored: None, vector: Any, message: str) -> None:
    with pytest.raises(FieldLookupValueError, match=message):
        await Passage.objects.order_by(L2Distance("embedding", vector)).first()
    with pytest.raises(FieldLookupValueError, match=message):
        await Passage.objects.filter(embedding=vector).first()


async def test_what_is_no_vector(stored: None) -> None:
    with pytest.raises(FieldError, match=r"compares vectors, and F\('text'\) is not a vector"):
        await Passage.objects.order_by(L2Distance("text", QUERY)).first()
    with pytest.raises(FieldError, match=r"compares vectors, and F\('id'\) is not a vector"):
        await Passage.objects.order_by(L2Distance("embedding", F("id"))).first()
    for wrong in (None, 3, {"a": 1}):
        with pytest.raises(FieldError, match="CosineDistance compares with a list of numbers"):
            CosineDistance("embedding", wrong)


async def test_raw_sql(stored: None) -> None:
    sql = 'SELECT "the vector" <-> $1 AS d, "the vector" AS v FROM vector_passage WHERE text = $2'
    assert await execute_raw(sql, [QUERY, "4"]) == [
        {"d": pytest.approx(l2(ROWS[4], QUERY)), "v": ROWS[4]}
    ]
    assert await execute_raw("SELECT $1::vector AS v", [None]) == [{"v": None}]
    for wrong in ("[1,2,3]", [1, "2"]):
        with pytest.raises(FieldValueError, match="vector"):
            await execute_raw("SELECT $1::vector AS v", [wrong])


async def test_a_distance_that_came_later(stored: None, pgvector: Postgres) -> None:
    """`<+>` is of pgvector 0.7: an older one has no such operator, and that is said."""
    version = pgvector.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    nearest = Passage.objects.order_by(L1Distance("embedding", QUERY))
    if tuple(map(int, version[0][0].split("."))) >= (0, 7):
        first = await nearest.first()
        assert first is not None and first.text == "1"
        return
    with pytest.raises(DatabaseError, match="operator does not exist") as caught:
        await nearest.first()
    assert caught.value.code == "42883"
    assert "version of the extension" in str(caught.value.hint)


@pytest.mark.databases("postgres")
async def test_without_the_extension(database: AsyncDatabase) -> None:
    """PostgreSQL without pgvector on it."""
    with pytest.raises(DatabaseError, match='"vector" is not available') as caught:
        await create_tables(models=[Source])
    assert "CREATE EXTENSION vector" in str(caught.value.hint)
    await execute_raw("CREATE TABLE vector_source (id bigint, centre real[])")
    with pytest.raises(DatabaseError, match='type "vector" does not exist') as caught:
        await Source.objects.order_by(L2Distance("centre", QUERY)).first()
    assert caught.value.code == "42704"
    assert "CREATE EXTENSION vector" in str(caught.value.hint)
    with pytest.raises(DatabaseError, match='type "vector" does not exist'):
        await Source.objects.create(centre=QUERY)
    await execute_raw("INSERT INTO vector_source VALUES (1, '{1,2,3}')")
    with pytest.raises(DatabaseError, match="expected a vector, the server sends"):
        await Source.objects.first()
