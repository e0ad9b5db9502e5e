"""Deviations, truth values and objects over rows: what Python computes of the same values."""

from __future__ import annotations

import hashlib
import statistics
from decimal import Decimal
from typing import Any

import pytest

from oxyde import (
    MD5,
    ArrayAppend,
    BoolAnd,
    BoolOr,
    F,
    Field,
    JsonObjectAgg,
    JsonRemove,
    LPad,
    Model,
    Q,
    RPad,
    StdDev,
    Variance,
    db,
)
from oxyde.db import AsyncDatabase
from oxyde.exceptions import FieldError, UnsupportedFeatureError


class Team(Model):
    class Meta:
        is_table = True
        table_name = "statistics_teams"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    players: list[Player] = Field(db_reverse_fk="team")


class Player(Model):
    class Meta:
        is_table = True
        table_name = "statistics_players"

    id: int | None = Field(default=None, db_pk=True)
    name: str
    goals: int
    weight: float | None = None
    price: Decimal = Field(max_digits=8, decimal_places=2)
    fit: bool | None = None
    tags: list[str] = Field(default_factory=list)
    data: dict[str, Any] = Field(default_factory=dict)
    team: Team | None = None


PLAYERS = [
    {
        "id": 1,
        "name": "Ann",
        "goals": 3,
        "weight": 60.5,
        "price": Decimal("10.50"),
        "fit": True,
        "team_id": 1,
    },
    {
        "id": 2,
        "name": "Bo",
        "goals": 7,
        "weight": 81.25,
        "price": Decimal("0.01"),
        "fit": False,
        "team_id": 1,
    },
    {
        "id": 3,
        "name": "Cy",
        "goals": 4,
        "weight": None,
        "price": Decimal("99.99"),
        "fit": None,
        "team_id": 1,
    },
    {
        "id": 4,
        "name": "Di",
        "goals": 10,
        "weight": 70.0,
        "price": Decimal("5.00"),
        "fit": True,
        "team_id": 2,
    },
]
TEAMS = {1: "Reds", 2: "Blues", 3: "Empty"}


@pytest.fixture
async def players(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Team, Player])
    await Team.objects.bulk_create([Team(id=key, name=name) for key, name in TEAMS.items()])
    await Player.objects.bulk_create([Player(**row) for row in PLAYERS])


def _of(field: str, team: int | None = None) -> list[float]:
    rows = [row for row in PLAYERS if team is None or row["team_id"] == team]
    return [float(row[field]) for row in rows if row[field] is not None]  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["goals", "weight", "price"])
async def test_deviations_of_all_rows(players: None, field: str) -> None:
    values = _of(field)
    found = await Player.objects.aggregate(
        deviation=StdDev(field),
        sampled=StdDev(field, sample=True),
        variance=Variance(field),
        sampled_variance=Variance(field, sample=True),
    )
    assert found == {
        "deviation": pytest.approx(statistics.pstdev(values)),
        "sampled": pytest.approx(statistics.stdev(values)),
        "variance": pytest.approx(statistics.pvariance(values)),
        "sampled_variance": pytest.approx(statistics.variance(values)),
    }
    assert all(isinstance(value, float) for value in found.values())


async def test_deviations_of_related_rows(players: None) -> None:
    rows = await (
        Team.objects.annotate(
            whole=StdDev("players__goals"),
            some=Variance("players__goals", sample=True, filter=Q(players__goals__gt=3)),
        )
        .order_by("id")
        .values_list("whole", "some")
    )
    assert rows == [
        (pytest.approx(statistics.pstdev(_of("goals", 1))), pytest.approx(4.5)),
        (0.0, None),
        (None, None),
    ]


async def test_deviations_of_groups(players: None) -> None:
    rows = await (
        Player.objects.values("team_id")
        .annotate(spread=StdDev("goals"))
        .order_by("team_id")
        .values_list("team_id", "spread")
    )
    assert rows == [(1, pytest.approx(statistics.pstdev(_of("goals", 1)))), (2, 0.0)]


async def test_truth_values(players: None) -> None:
    rows = await (
        Team.objects.annotate(all=BoolAnd("players__fit"), any=BoolOr("players__fit"))
        .order_by("id")
        .values_list("all", "any")
    )
    assert rows == [(False, True), (True, True), (None, None)]
    found = await Player.objects.filter(id__gt=1).aggregate(all=BoolAnd("fit"), any=BoolOr("fit"))
    assert found == {"all": False, "any": True}


async def test_objects(players: None) -> None:
    found = await Player.objects.aggregate(goals=JsonObjectAgg("name", "goals"))
    assert found == {"goals": {"Ann": 3, "Bo": 7, "Cy": 4, "Di": 10}}
    rows = await (
        Team.objects.annotate(goals=JsonObjectAgg("players__name", "players__goals"))
        .filter(id__lt=3)
        .order_by("id")
        .values_list("name", "goals")
    )
    assert rows == [("Reds", {"Ann": 3, "Bo": 7, "Cy": 4}), ("Blues", {"Di": 10})]


@pytest.mark.databases("postgres", "sqlite")
async def test_objects_of_some_rows(players: None) -> None:
    more = JsonObjectAgg("name", F("goals") + 100, filter=Q(goals__lt=5))
    assert await Player.objects.aggregate(goals=more) == {"goals": {"Ann": 103, "Cy": 104}}


@pytest.mark.databases("mysql", "mariadb")
async def test_objects_of_some_rows_are_refused(players: None) -> None:
    with pytest.raises(UnsupportedFeatureError, match="filtered `json_object_agg`"):
        await Player.objects.aggregate(x=JsonObjectAgg("name", "goals", filter=Q(goals__lt=5)))


async def test_padded_strings(players: None) -> None:
    rows = await (
        Player.objects.annotate(
            left=LPad("name", 4, "-+"), right=RPad("name", 4), cut=LPad("name", 1, "x")
        )
        .filter(id__lt=3)
        .order_by("id")
        .values_list("left", "right", "cut")
    )
    assert rows == [("-Ann", "Ann ", "A"), ("-+Bo", "Bo  ", "B")]
    assert (
        await Player.objects.annotate(padded=LPad("name", 3, "*")).filter(padded="*Bo").count() == 1
    )


@pytest.mark.databases("sqlite", "postgres", "mariadb")
async def test_checksums(players: None) -> None:
    found = await Player.objects.annotate(sum=MD5("name")).filter(id=1).values_list("sum")
    assert found == [(hashlib.md5(b"Ann").hexdigest(),)]


@pytest.mark.databases("mysql")
async def test_checksums_are_refused(players: None) -> None:
    with pytest.raises(UnsupportedFeatureError, match="md5"):
        await Player.objects.annotate(sum=MD5("name")).values_list("sum")


async def test_items_and_members_of_updates(players: None) -> None:
    one = Player.objects.filter(id=1)
    await one.update(tags=ArrayAppend("tags", "new"), data={"a": {"b": 1, "c": 2}, "d": [1, 2]})
    await one.update(tags=ArrayAppend("tags", "newer"), data=JsonRemove("data__a__b"))
    row = await Player.objects.get(id=1)
    assert (row.tags, row.data) == (["new", "newer"], {"a": {"c": 2}, "d": [1, 2]})
    await one.update(data=JsonRemove("data__x__y"))
    assert (await Player.objects.get(id=1)).data == {"a": {"c": 2}, "d": [1, 2]}
    await one.update(data=JsonRemove("data__d"))
    assert (await Player.objects.get(id=1)).data == {"a": {"c": 2}}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (lambda: Player.objects.aggregate(x=StdDev("name")), "does not take text"),
        (lambda: Player.objects.aggregate(x=BoolAnd("goals")), "does not take"),
        (lambda: Player.objects.aggregate(x=JsonObjectAgg("goals", "name")), "does not take"),
        (lambda: Player.objects.update(tags=ArrayAppend("name", "x")), "appends to a list"),
        (lambda: Player.objects.update(data=JsonRemove("data")), "a path in a JSON document"),
        (lambda: Player.objects.update(data=JsonRemove("data__d__0")), "members of objects"),
        (lambda: Player.objects.annotate(x=LPad("goals", 3)).all(), "takes text"),
        (lambda: Player.objects.annotate(x=LPad("name", 2.5)).all(), "pads to a whole number"),
    ],
)
async def test_refused(players: None, query: Any, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        await query()
