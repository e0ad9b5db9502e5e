"""The models that the FAQ's snippets speak of, and a few rows."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from oxyde import Field, OxydeModel, db
from oxyde.db import AsyncDatabase
from oxyde.models.registry import clear_registry


@pytest.fixture
def faq() -> SimpleNamespace:
    """The models, made anew for each test: the FAQ gives them the plainest of names."""
    clear_registry()

    class User(OxydeModel):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        name: str
        email: str | None = Field(default=None, db_unique=True)
        status: str = "active"
        premium: bool = False
        age: int = Field(default=30, db_index=True)
        balance: int = 0
        created_at: datetime | None = None

    class Post(OxydeModel):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        title: str
        views: int = 0
        author: User | None = Field(default=None, db_on_delete="CASCADE")

    class Account(OxydeModel):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        user: User | None = Field(default=None, db_on_delete="CASCADE")
        balance: int

    class Event(OxydeModel):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        kind: str

    return SimpleNamespace(User=User, Post=Post, Account=Account, Event=Event)


@pytest.fixture
async def tables(faq: SimpleNamespace, database: AsyncDatabase) -> SimpleNamespace:
    """The models with empty tables behind them."""
    await db.create_tables()
    return faq


@pytest.fixture
async def filled(tables: SimpleNamespace) -> SimpleNamespace:
    """70 users (Alice first), 3 posts by Alice and Bob."""
    start = datetime(2024, 5, 17, 12)
    names = ["Alice", "Bob", *(f"User {number}" for number in range(3, 71))]
    await tables.User.objects.bulk_create(
        [
            {
                "name": name,
                "email": f"{name.lower().replace(' ', '')}@example.com",
                "status": "active" if number % 2 else "idle",
                "premium": number % 10 == 0,
                "age": 10 + number,
                "balance": 1000,
                "created_at": start + timedelta(days=number),
            }
            for number, name in enumerate(names, 1)
        ]
    )
    alice = await tables.User.objects.get(name="Alice")
    bob = await tables.User.objects.get(name="Bob")
    for title, author in (("First", alice), ("Second", alice), ("Third", bob)):
        await tables.Post.objects.create(title=title, author=author)
    return tables
