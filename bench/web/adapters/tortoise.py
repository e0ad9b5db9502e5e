"""Tortoise ORM over asyncpg: model instances, `bulk_update`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from tortoise import Tortoise, fields
from tortoise.models import Model

from bench.web.adapters import protocol
from bench.web.adapters.protocol import POOL_SIZE, Adapter


class World(Model):
    id = fields.IntField(primary_key=True)
    # Named like its column: `bulk_update` forgets `source_field`.
    randomnumber = fields.IntField()

    class Meta:
        table = "world"

    def body(self) -> protocol.World:
        return {"id": self.id, "randomNumber": self.randomnumber}


class Fortune(Model):
    id = fields.IntField(primary_key=True)
    message = fields.CharField(max_length=2048)

    class Meta:
        table = "fortune"


class Contender(Adapter):
    async def open(self, url: str) -> None:
        sizes = f"minsize={POOL_SIZE}&maxsize={POOL_SIZE}"
        await Tortoise.init(
            db_url=f"{url.replace('postgresql:', 'asyncpg:', 1)}?{sizes}",
            modules={"models": [__name__]},
            # As RegisterTortoise does: requests run in other tasks than the start of the site.
            _enable_global_fallback=True,
        )

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def world(self, key: int) -> protocol.World:
        return (await World.get(id=key)).body()

    async def worlds(self, keys: Sequence[int]) -> list[protocol.World]:
        return [(await World.get(id=key)).body() for key in keys]

    async def update(self, numbers: dict[int, int]) -> list[protocol.World]:
        worlds = [await World.get(id=key) for key in numbers]
        for world in worlds:
            world.randomnumber = numbers[world.id]
        await World.bulk_update(worlds, fields=["randomnumber"])
        return [world.body() for world in worlds]

    async def fortunes(self, added: str) -> list[Any]:
        fortunes = await Fortune.all()
        fortunes.append(Fortune(id=0, message=added))
        return sorted(fortunes, key=attrgetter("message"))
