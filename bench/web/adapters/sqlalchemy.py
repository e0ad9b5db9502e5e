"""SQLAlchemy 2, async ORM over asyncpg: a session for each request, the unit of work writes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.web.adapters import protocol
from bench.web.adapters.protocol import POOL_SIZE, Adapter


class Base(DeclarativeBase):
    pass


class World(Base):
    __tablename__ = "world"
    id: Mapped[int] = mapped_column(primary_key=True)
    random_number: Mapped[int] = mapped_column("randomnumber")

    def body(self) -> protocol.World:
        return {"id": self.id, "randomNumber": self.random_number}


class Fortune(Base):
    __tablename__ = "fortune"
    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(String(2048))


class Contender(Adapter):
    async def open(self, url: str) -> None:
        address = url.replace("postgresql:", "postgresql+asyncpg:", 1)
        self.engine = create_async_engine(address, pool_size=POOL_SIZE, max_overflow=0)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)

    async def close(self) -> None:
        await self.engine.dispose()

    async def world(self, key: int) -> protocol.World:
        async with self.session() as session:
            return (await session.get_one(World, key)).body()

    async def worlds(self, keys: Sequence[int]) -> list[protocol.World]:
        async with self.session() as session:
            return [world.body() for world in await _each(session, keys)]

    async def update(self, numbers: dict[int, int]) -> list[protocol.World]:
        async with self.session.begin() as session:
            worlds = await _each(session, numbers)
            for world in worlds:
                world.random_number = numbers[world.id]
        return [world.body() for world in worlds]

    async def fortunes(self, added: str) -> list[Any]:
        async with self.session() as session:
            fortunes = list(await session.scalars(select(Fortune)))
        fortunes.append(Fortune(id=0, message=added))
        return sorted(fortunes, key=attrgetter("message"))


async def _each(session: AsyncSession, keys: Sequence[int] | dict[int, int]) -> list[World]:
    return [await session.get_one(World, key) for key in keys]
