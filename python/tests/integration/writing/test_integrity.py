"""What the database refuses comes back as its own error, with constraint, table and columns."""

from __future__ import annotations

import pytest

from oxyde import Check, Field, Index, Model, db, execute_raw
from oxyde.db import AsyncDatabase
from oxyde.exceptions import (
    CheckViolationError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    UniqueViolationError,
)


class Team(Model):
    class Meta:
        is_table = True
        table_name = "integrity_team"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=30, db_unique=True)


class Player(Model):
    class Meta:
        is_table = True
        table_name = "integrity_player"
        unique_together = [("team", "shirt")]
        indexes = [Index("email", unique=True, name="player_email_once")]
        constraints = [Check("age >= 16", name="player_old_enough")]

    id: int | None = Field(default=None, db_pk=True)
    name: str
    email: str | None = Field(default=None, max_length=60)
    age: int = 20
    shirt: int
    team: Team = Field(db_on_delete="RESTRICT")


@pytest.fixture
async def team(database: AsyncDatabase) -> Team:
    await db.create_tables(models=[Team, Player])
    return await Team.objects.create(name="Brann")


async def test_a_unique_column(team: Team, flavour: str) -> None:
    for attempt in (
        lambda: Team.objects.create(name="Brann"),
        lambda: Team.objects.bulk_create([{"name": "Viking"}, {"name": "Brann"}]),
    ):
        with pytest.raises(UniqueViolationError) as caught:
            await attempt()
        error = caught.value
        assert isinstance(error, IntegrityError)
        assert error.model is Team
        assert error.table == "integrity_team"
        assert error.columns == ("name",)
        assert error.code == {"postgres": "23505", "sqlite": "2067"}.get(flavour, "1062")
        assert error.constraint or flavour == "sqlite"
        assert "name" in str(error)
    assert await Team.objects.count() == 1


async def test_a_unique_group_and_a_unique_index(team: Team) -> None:
    await Player.objects.create(name="a", email="a@b", shirt=1, team=team)
    with pytest.raises(UniqueViolationError) as caught:
        await Player.objects.create(name="b", shirt=1, team=team)
    assert set(caught.value.columns) == {"team_id", "shirt"}
    assert caught.value.table == "integrity_player"
    with pytest.raises(UniqueViolationError) as caught:
        await Player.objects.create(name="b", email="a@b", shirt=2, team=team)
    assert caught.value.columns == ("email",)
    await Player.objects.create(name="c", shirt=3, team=team)
    await Player.objects.create(name="d", shirt=4, team=team)  # NULLs do not clash


async def test_a_key(team: Team) -> None:
    with pytest.raises(UniqueViolationError) as caught:
        await Team.objects.create(id=team.id, name="other")
    assert caught.value.columns == ("id",)


async def test_a_foreign_key(team: Team, flavour: str) -> None:
    with pytest.raises(ForeignKeyViolationError) as caught:
        await Player.objects.create(name="a", shirt=1, team_id=999)
    assert caught.value.model is Player
    assert caught.value.code == {"postgres": "23503", "sqlite": "787"}.get(flavour, "1452")
    if flavour != "sqlite":  # SQLite does not say which one
        assert caught.value.table == "integrity_player"
        assert caught.value.columns == ("team_id",)
        assert caught.value.constraint
    await Player.objects.create(name="a", shirt=1, team=team)
    with pytest.raises(ForeignKeyViolationError):
        await team.delete()
    assert await Team.objects.count() == 1
    with pytest.raises(ForeignKeyViolationError):
        await Player.objects.update(team_id=999)


async def test_a_check(team: Team, flavour: str) -> None:
    for attempt in (
        lambda: Player.objects.create(name="a", age=15, shirt=1, team=team),
        lambda: Player.objects.bulk_create([{"name": "a", "age": 1, "shirt": 1, "team": team}]),
    ):
        with pytest.raises(CheckViolationError) as caught:
            await attempt()
        assert caught.value.constraint == "player_old_enough"
        assert caught.value.code == {
            "postgres": "23514", "sqlite": "275", "mysql": "3819", "mariadb": "4025",
        }[flavour]  # fmt: skip
    player = await Player.objects.create(name="a", age=16, shirt=1, team=team)
    player.age = 3
    with pytest.raises(CheckViolationError):
        await player.save()


async def test_a_missing_value(team: Team, flavour: str) -> None:
    with pytest.raises(NotNullViolationError) as caught:
        await execute_raw("INSERT INTO integrity_team (name) VALUES (NULL)")
    assert caught.value.columns == ("name",)
    assert caught.value.code == {"postgres": "23502", "sqlite": "1299"}.get(flavour, "1048")
    if flavour in ("postgres", "sqlite"):
        assert caught.value.table == "integrity_team"
