"""Yara ORM: model instances, `bulk_update`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from yara_orm import Model, YaraOrm, fields

from bench.web.adapters import protocol
from bench.web.adapters.protocol import POOL_SIZE, Adapter


class World(Model):
    id = fields.IntField(pk=True)
    random_number = fields.IntField(source_field="randomnumber")

    class Meta:
        table = "world"

    def body(self) -> protocol.World:
        return {"id": self.id, "randomNumber": self.random_number}


class Fortune(Model):
    id = fields.IntField(pk=True)
    message = fields.CharField(max_length=2048)

    class Meta:
        table = "fortune"


class Contender(Adapter):
    async def open(self, url: str) -> None:
        await YaraOrm.init(f"{url}?min_size={POOL_SIZE}&max_size={POOL_SIZE}")

    async def close(self) -> None:
        await YaraOrm.close()

    async def world(self, key: int) -> protocol.World:
        return (await World.get(id=key)).body()

    async def worlds(self, keys: Sequence[int]) -> list[protocol.World]:
        return [(await World.get(id=key)).body() for key in keys]

    async def update(self, numbers: dict[int, int]) -> list[protocol.World]:
        worlds = [await World.get(id=key) for key in numbers]
        for world in worlds:
            world.random_number = numbers[world.id]
        await World.bulk_update(worlds, fields=["random_number"])
        return [world.body() for world in worlds]

    async def fortunes(self, added: str) -> list[Any]:
        fortunes = list(await Fortune.all())
        fortunes.append(Fortune(id=0, message=added))
        return sorted(fortunes, key=attrgetter("message"))
