"""A museum for the studio's tests: one model with a column of each kind, relations in both
directions, a key of two columns, a secret."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import SecretStr

from oxyde import Field, Model, create_tables, related

# The fields that each save of a theme wrote; None for a new one.
written: list[set[str] | None] = []


class Style(Enum):
    GOTHIC = "gothic"
    MODERN = "modern"


class Grade(Enum):
    LOW = 1
    HIGH = 2


class Artist(Model):
    class Meta:
        is_table = True
        table_name = "museum_artists"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(min_length=1, max_length=40)
    email: str | None = Field(default=None, max_length=60, db_unique=True, db_comment="private")
    password: SecretStr = SecretStr("a first secret")
    works: list[Work] = Field(db_reverse_fk="artist")


class Theme(Model):
    class Meta:
        is_table = True
        table_name = "museum_themes"

    id: int | None = Field(default=None, db_pk=True)
    word: str = Field(max_length=30)

    async def pre_save(self, *, is_create: bool, update_fields: set[str] | None) -> None:
        """Refuse a word, and record what is written."""
        if self.word == "forbidden":
            raise PermissionError("this word is <forbidden>")
        written.append(update_fields)


class Work(Model):
    class Meta:
        is_table = True
        table_name = "museum_works"

    id: int | None = Field(default=None, db_pk=True)
    title: str = Field(max_length=80)
    text: str = ""
    height: int = Field(default=1, ge=1)
    price: Decimal | None = Field(default=None, max_digits=9, decimal_places=2)
    weight: float | None = None
    shown: bool = False
    style: Style = Style.GOTHIC
    grade: Grade | None = None
    state: Literal["stored", "lent"] = "stored"
    made: dt.date | None = None
    seen: dt.datetime | None = None
    opens: dt.time | None = None
    code: uuid.UUID = Field(default_factory=lambda: uuid.UUID(int=7))
    image: bytes = b""
    facts: dict[str, Any] = Field(default_factory=dict)
    sizes: list[int] = Field(default_factory=list)
    artist: Artist | None = Field(default=None, db_on_delete="RESTRICT")
    themes: list[Theme] = Field(db_m2m=True)


class Seat(Model):
    class Meta:
        is_table = True
        table_name = "museum_seats"

    hall: str = Field(db_pk=True, max_length=20)
    number: int = Field(db_pk=True)
    note: str | None = Field(default=None, max_length=40)


class Visit(Model):
    class Meta:
        is_table = True
        table_name = "museum_visits"
        read_only = True

    day: dt.date
    visitors: int


BETWEEN = Work._db_meta.relations["themes"].through_model
MODELS = [Artist, Theme, Work, Seat, Visit]
WORKS = 120


async def fill() -> None:
    """Create the tables with their rows."""
    await create_tables(models=[*MODELS, BETWEEN] if BETWEEN is not None else MODELS)
    artists = await Artist.objects.bulk_create(
        [{"name": f"Artist {n}", "email": f"{n}@example.org"} for n in range(1, 6)]
    )
    await Theme.objects.bulk_create([{"word": "sea"}, {"word": "war"}])
    await Work.objects.bulk_create(
        [
            {
                "title": f"Work <b>{n}</b>",
                "text": "seen from afar " * 20,
                "height": n % 7 + 1,
                "price": Decimal(n) / 4 if n % 3 else None,
                "weight": n / 8 if n % 2 else None,
                "shown": n % 5 == 0,
                "style": Style.MODERN if n % 4 else Style.GOTHIC,
                "grade": Grade.HIGH if n % 6 == 0 else None,
                "made": dt.date(1900 + n, 1, 31) if n % 2 else None,
                "seen": dt.datetime(2026, 1, 1 + n % 28, 12, 30),
                "opens": dt.time(n % 24, 15),
                "code": uuid.UUID(int=n),
                "image": b"\x00\xff" * n,
                "facts": {"number": n},
                "sizes": [n, n + 1],
                "artist_id": artists[n % 5].id,
            }
            for n in range(1, WORKS + 1)
        ]
    )
    await Seat.objects.bulk_create(
        [{"hall": hall, "number": n} for hall in ("a/b", "c & d") for n in range(1, 4)]
    )
    first = await Work.objects.get(code=uuid.UUID(int=1))
    await related(first, "themes").set([1, 2])
