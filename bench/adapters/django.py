"""Django's asynchronous interface: `aget`, `async for`, `select_related`, `abulk_create`.

Omitted on MySQL: Django's documentation recommends mysqlclient, which must be compiled against the
client library.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

import django
from django.conf import settings

from bench import work
from bench.adapters.protocol import Adapter


class Contender(Adapter):
    databases: ClassVar[tuple[str, ...]] = ("postgres", "sqlite")

    async def open(self, database: str, url: str) -> None:
        settings.configure(
            DATABASES={"default": _settings(database, url)}, INSTALLED_APPS=["bench"], USE_TZ=False
        )
        django.setup()
        from bench.adapters import django_models

        self.models = django_models

    async def close(self) -> None:
        from asgiref.sync import sync_to_async
        from django.db import connections

        await sync_to_async(connections.close_all)()

    async def select_by_pk(self, step: int) -> Any:
        return await self.models.User.objects.aget(id=work.user_key(step))

    async def rows_1000(self, step: int) -> Any:
        return [row async for row in self.models.User.objects.all()]

    async def rows_20000(self, step: int) -> Any:
        return [row async for row in self.models.Post.objects.all()]

    async def in_100(self, step: int) -> Any:
        query = self.models.Post.objects.filter(id__in=work.hundred_keys(step))
        return [row async for row in query]

    async def join_author(self, step: int) -> Any:
        return [row async for row in self.models.Post.objects.select_related("author")]

    async def prefetch_posts(self, step: int) -> Any:
        return [row async for row in self.models.User.objects.prefetch_related("posts")]

    async def prefetch_tags(self, step: int) -> Any:
        return [row async for row in self.models.User.objects.prefetch_related("posts__tags")]

    async def insert_one(self, step: int) -> Any:
        return await self.models.Entry.objects.acreate(**work.named_entry(step))

    async def update_one(self, step: int) -> Any:
        key, views = work.new_views(step)
        return await self.models.Post.objects.filter(id=key).aupdate(views=views)

    async def _bulk(self, count: int) -> int:
        entry = self.models.Entry
        return len(
            await entry.objects.abulk_create([entry(**work.named_entry(n)) for n in range(count)])
        )

    async def count(self, step: int) -> Any:
        return await self.models.Post.objects.filter(views__gt=5_000).acount()

    async def aggregates(self, step: int) -> Any:
        from django.db.models import Avg, Count, Max, Min, Sum

        found = await self.models.Post.objects.aaggregate(
            posts=Count("id"),
            total=Sum("views"),
            mean=Avg("views"),
            least=Min("views"),
            most=Max("views"),
        )
        return found.values()

    # Django's related managers hold the prefetched rows.
    def _posts(self, row: Any) -> Any:
        return row.posts.all()

    def _tags(self, row: Any) -> Any:
        return row.tags.all()


def _settings(database: str, url: str) -> dict[str, Any]:
    if database == "sqlite":
        pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-10240")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {"init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas)},
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "HOST": parts.hostname,
        "PORT": parts.port,
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "OPTIONS": {"pool": {"min_size": work.POOL_SIZE, "max_size": work.POOL_SIZE}},
    }
