"""FAQ, "Models": every snippet as it is written there."""

from uuid import UUID

import pytest
from pydantic import ValidationError
from support.servers import Server

from oxyde import Field, OxydeModel, create_tables
from oxyde.db import AsyncDatabase
from oxyde.models.registry import clear_registry, registered_tables


@pytest.fixture(autouse=True)
def no_models(server: Server) -> None:
    clear_registry()


async def test_define_a_model(database: AsyncDatabase) -> None:
    from oxyde import Field, OxydeModel

    class User(OxydeModel):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        name: str
        email: str = Field(db_unique=True)

    await create_tables()
    created = await User.objects.create(name="Alice", email="alice@example.com")
    assert created.id == 1
    assert await User.objects.all() == [User(id=1, name="Alice", email="alice@example.com")]


async def test_is_table_makes_a_table(database: AsyncDatabase) -> None:
    class User(OxydeModel):
        class Meta:
            is_table = True  # Required!

        id: int | None = Field(default=None, db_pk=True)

    class Draft(OxydeModel):
        id: int | None = Field(default=None, db_pk=True)

    assert [each.get_table_name() for each in registered_tables().values()] == ["user"]
    await create_tables()
    assert await User.objects.count() == 0


async def test_uuid_keys(database: AsyncDatabase) -> None:
    class User(OxydeModel):
        class Meta:
            is_table = True

        id: UUID = Field(
            db_pk=True,
            db_default="gen_random_uuid()",  # PostgreSQL
        )
        name: str

    await create_tables()
    first = await User.objects.create(id=UUID(int=7), name="given")
    assert first.id == UUID(int=7)
    assert (await User.objects.get(id=UUID(int=7))).name == "given"
    second = await User.objects.create(name="made by the database")
    assert isinstance(second.id, UUID)
    assert (await User.objects.get(id=second.id)).name == "made by the database"


def test_pydantic_validation() -> None:
    class User(OxydeModel):
        age: int = Field(ge=0, le=150)
        email: str = Field(pattern=r"^[\w.-]+@[\w.-]+\.\w+$")
        name: str = Field(min_length=1, max_length=100)

    assert User(age=30, email="a@b.org", name="Alice").age == 30
    for wrong in (
        {"age": 151},
        {"age": -1},
        {"email": "nobody"},
        {"name": ""},
        {"name": "x" * 101},
    ):
        with pytest.raises(ValidationError):
            User(**{"age": 30, "email": "a@b.org", "name": "Alice"} | wrong)
