"""SQLAlchemy 2, async ORM, as its documentation recommends: declarative models, a session for each
unit of work, `selectinload` for collections, `joinedload` for parents, ORM bulk INSERT."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Integer,
    String,
    Text,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from bench import work
from bench.adapters.protocol import Adapter

SCHEMES = {"postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite", "mysql": "mysql+asyncmy"}
# SQLite generates keys for INTEGER only.
Key = BigInteger().with_variant(Integer, "sqlite")
Moment = DateTime().with_variant(DATETIME(fsp=6), "mysql")


class Base(AsyncAttrs, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200))
    age: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    views: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[User] = relationship(back_populates="posts")
    tags: Mapped[list[Tag]] = relationship(secondary="post_tags")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class PostTag(Base):
    __tablename__ = "post_tags"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200))
    age: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Moment)


class Contender(Adapter):
    async def open(self, database: str, url: str) -> None:
        address = SCHEMES[database] + url[url.index(":") :]
        self.engine = create_async_engine(address, pool_size=work.POOL_SIZE, max_overflow=0)
        if database == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _set_pragmas)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)

    async def close(self) -> None:
        await self.engine.dispose()

    async def _all(self, statement: Any) -> Any:
        async with self.session() as session:
            return (await session.scalars(statement)).all()

    async def select_by_pk(self, step: int) -> Any:
        async with self.session() as session:
            return await session.get(User, work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return await self._all(select(User))

    async def rows_20000(self, step: int) -> Any:
        return await self._all(select(Post))

    async def in_100(self, step: int) -> Any:
        return await self._all(select(Post).where(Post.id.in_(work.hundred_keys(step))))

    async def join_author(self, step: int) -> Any:
        return await self._all(select(Post).options(joinedload(Post.author, innerjoin=True)))

    async def prefetch_posts(self, step: int) -> Any:
        return await self._all(select(User).options(selectinload(User.posts)))

    async def prefetch_tags(self, step: int) -> Any:
        return await self._all(
            select(User).options(selectinload(User.posts).selectinload(Post.tags))
        )

    async def insert_one(self, step: int) -> Any:
        async with self.session.begin() as session:
            entry = Entry(**work.named_entry(step))
            session.add(entry)
        return entry

    async def update_one(self, step: int) -> Any:
        async with self.session.begin() as session:
            key, views = work.new_views(step)
            statement = update(Post).where(Post.id == key).values(views=views)
            return (await session.execute(statement)).rowcount

    async def _bulk(self, count: int) -> int:
        records = [work.named_entry(each) for each in range(count)]
        async with self.session.begin() as session:
            await session.execute(insert(Entry), records)
        return len(records)

    async def count(self, step: int) -> Any:
        async with self.session() as session:
            return await session.scalar(
                select(func.count()).select_from(Post).where(Post.views > 5_000)
            )

    async def aggregates(self, step: int) -> Any:
        async with self.session() as session:
            views = Post.views
            statement = select(
                func.count(), func.sum(views), func.avg(views), func.min(views), func.max(views)
            ).select_from(Post)
            return (await session.execute(statement)).one()


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "cache_size = -10240",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
