"""Oxyde: model instances, `bulk_update`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from bench.web.adapters import protocol
from bench.web.adapters.protocol import POOL_SIZE, Adapter
from oxyde import Field, Model, PoolSettings, db


class World(Model):
    class Meta:
        is_table = True
        table_name = "world"

    id: int = Field(db_pk=True)
    random_number: int = Field(db_column="randomnumber")

    def body(self) -> protocol.World:
        return {"id": self.id, "randomNumber": self.random_number}


class Fortune(Model):
    class Meta:
        is_table = True
        table_name = "fortune"

    id: int = Field(db_pk=True)
    message: str = Field(max_length=2048)


class Contender(Adapter):
    async def open(self, url: str) -> None:
        settings = PoolSettings(
            max_connections=POOL_SIZE, min_connections=POOL_SIZE, ssl_mode="disable"
        )
        await db.init(url, settings=settings)

    async def close(self) -> None:
        await db.close()

    async def world(self, key: int) -> protocol.World:
        return (await World.objects.get(id=key)).body()

    async def worlds(self, keys: Sequence[int]) -> list[protocol.World]:
        return [(await World.objects.get(id=key)).body() for key in keys]

    async def update(self, numbers: dict[int, int]) -> list[protocol.World]:
        worlds = [await World.objects.get(id=key) for key in numbers]
        for world in worlds:
            world.random_number = numbers[world.id]
        await World.objects.bulk_update(worlds, ["random_number"])
        return [world.body() for world in worlds]

    async def fortunes(self, added: str) -> list[Any]:
        fortunes = await Fortune.objects.all()
        fortunes.append(Fortune(id=0, message=added))
        return sorted(fortunes, key=attrgetter("message"))
