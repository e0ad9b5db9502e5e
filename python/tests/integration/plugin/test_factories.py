"""`Model.factory()`: rows that every column takes, and rows to which they refer."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from polyfactory import Use
from pydantic import AwareDatetime, BaseModel, EmailStr
from support.values_of import values_of

from oxyde import (
    AsyncDatabase,
    Field,
    Index,
    Model,
    OxydeError,
    Range,
    Unique,
    Vector,
    atomic,
    create_tables,
    db,
)
from oxyde.models.registry import separate_registry
from oxyde.testing import ModelFactory


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(BaseModel):
    width: int
    names: list[str]


class Widget(Model):
    """A column of each kind."""

    class Meta:
        is_table = True
        table_name = "factory_widgets"
        indexes = [Index("number", "colour", unique=True)]

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=10, db_unique=True)
    mail: EmailStr = Field(max_length=100, db_unique=True)
    code: int = Field(db_unique=True)
    slug: str = Field(pattern=r"^[a-z]{3,8}$", max_length=8)
    rank: int = Field(ge=1, le=5)
    number: int = Field(ge=1, le=500)
    price: Decimal = Field(max_digits=8, decimal_places=2, gt=0)
    free: Decimal
    ratio: float
    is_new: bool
    colour: Colour
    data: dict[str, Any]
    size: Size
    tags: list[str]
    numbers: list[int]
    raw: bytes
    key: uuid.UUID
    day: date
    moment: datetime
    instant: AwareDatetime
    clock: time
    length: timedelta
    note: str | None = None
    status: str = Field(default="new", max_length=10)
    made: AwareDatetime = Field(db_default="now()")


class Maker(Model):
    class Meta:
        is_table = True
        table_name = "factory_makers"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=30)


class Part(Model):
    class Meta:
        is_table = True
        table_name = "factory_parts"
        constraints = [Unique("maker_id", "position")]

    id: int | None = Field(default=None, db_pk=True)
    maker: Annotated[Maker, Field(db_on_delete="CASCADE")]
    position: int = Field(ge=0, le=4)
    deputy: Annotated[Maker | None, Field(db_on_delete="SET NULL")] = None
    inside: Annotated[Part | None, Field(db_on_delete="SET NULL")] = None


class Manual(Model):
    """Its key refers to another row; each part has one at most."""

    class Meta:
        is_table = True
        table_name = "factory_manuals"

    part: Annotated[Part, Field(db_pk=True, db_on_delete="CASCADE")]
    text: str


class Token(Model):
    class Meta:
        is_table = True
        table_name = "factory_tokens"

    id: uuid.UUID = Field(db_pk=True)
    maker_name: str = Field(max_length=30)


MODELS = [Widget, Maker, Part, Manual, Token]


@pytest.fixture
async def tables(database: AsyncDatabase) -> None:
    await create_tables(models=MODELS)


@pytest.mark.usefixtures("tables")
async def test_each_column_takes_its_value() -> None:
    for made in await Widget.factory().create_batch(30):
        assert (await Widget.objects.get(id=made.id)).model_dump() == made.model_dump()
        assert (made.note, made.status) == (None, "new")
    assert await Widget.objects.count() == 30


@pytest.mark.usefixtures("tables")
async def test_texts_are_neither_empty_nor_short() -> None:
    names = [maker.name for maker in await Maker.factory().create_batch(30)]
    assert {len(name) for name in names} == {16}
    assert len(set(names)) == 30
    assert {len(widget.name) for widget in Widget.factory().batch(10)} == {10}


@pytest.mark.usefixtures("tables")
async def test_given_values_are_kept() -> None:
    widget = await Widget.factory().create(name="Anvil", note="heavy", rank=3)
    assert (widget.name, widget.note, widget.rank) == ("Anvil", "heavy", 3)
    other = await Widget.factory(status="old").create(name="anvil 2")
    assert other.status == "old"


@pytest.mark.usefixtures("tables")
async def test_a_key_without_a_counter() -> None:
    tokens = await Token.factory().create_batch(3)
    assert await Token.objects.filter(id__in=[token.id for token in tokens]).count() == 3


@pytest.mark.usefixtures("tables")
async def test_rows_that_are_referred_to_are_made() -> None:
    part = await Part.factory().create()
    assert part.maker_id == part.maker.id  # type: ignore[attr-defined]
    assert (part.deputy, part.inside) == (None, None)
    assert await Maker.objects.count() == 1
    manual = await Manual.factory().create(part__maker__name="Ann", part__position=2)
    assert (manual.part.maker.name, manual.part.position) == ("Ann", 2)
    assert await Part.objects.count() == 2


@pytest.mark.usefixtures("tables")
async def test_a_given_row_is_used() -> None:
    ann = await Maker.factory().create(name="Ann")
    part = await Part.factory().create(maker=ann, inside__maker=ann)
    assert part.maker is ann
    assert part.inside is not None
    assert await Maker.objects.count() == 1
    await Part.factory().create(maker_id=ann.id)
    assert await Maker.objects.count() == 1
    parts = await Part.objects.filter(maker=ann).order_by("position").all()
    assert len({part.position for part in parts}) == 3


@pytest.mark.usefixtures("tables")
async def test_a_batch_shares_its_parents_when_asked() -> None:
    apart = await Part.factory().create_batch(3)
    assert len({part.maker.id for part in apart}) == 3
    together = await Part.factory().create_batch(5, share_parents=True)
    assert len({part.maker.id for part in together}) == 1
    assert sorted(part.position for part in together) == [0, 1, 2, 3, 4]
    manuals = await Manual.factory().create_batch(3, share_parents=True)
    assert len({manual.part.id for manual in manuals}) == 3


@pytest.mark.usefixtures("tables")
async def test_a_unique_column_takes_no_further_value() -> None:
    with pytest.raises(OxydeError, match=r"no further new value for Part\.maker_id \+ position"):
        await Part.factory().create_batch(6, share_parents=True)


@pytest.mark.usefixtures("tables")
async def test_a_class_declares_its_values() -> None:
    class MakerFactory(ModelFactory[Maker]):
        name = Use(lambda: "Ann")

    class PartFactory(ModelFactory[Part]):
        maker = MakerFactory
        deputy = Maker.factory(name="Bo")

    part = await PartFactory.create(position=1)
    assert part.deputy is not None
    assert (part.maker.name, part.deputy.name, part.position) == ("Ann", "Bo", 1)
    other = await PartFactory.create(deputy__name="Cy", maker=part.maker)
    assert other.deputy is not None
    assert other.deputy.name == "Cy"


@pytest.mark.usefixtures("tables")
async def test_it_writes_where_it_is_told(url: str) -> None:

    async with db.connect(second=url):
        await Part.factory().create(using="second")
        with pytest.raises(ZeroDivisionError):
            async with atomic("second") as block:
                await Part.factory().create(client=block)
                _ = 1 // 0
        assert await Part.objects.count(using="second") == 1


@pytest.mark.databases("postgres")
async def test_ranges_and_lists_of_postgres(database: AsyncDatabase) -> None:
    class Booking(Model):
        class Meta:
            is_table = True
            table_name = "factory_bookings"

        id: int | None = Field(default=None, db_pk=True)
        days: Range[date]
        seats: Range[int]
        at: Range[AwareDatetime]

    await create_tables(models=[Booking])
    for made in await Booking.factory().create_batch(10):
        assert values_of(await Booking.objects.get(id=made.id)) == values_of(made)


def test_building_needs_no_database() -> None:
    part = Part.factory().build()
    assert part.id is None
    assert isinstance(part.maker, Maker)
    assert part.maker.id is not None
    manual = Manual.factory().build(part__maker__name="Ann")
    assert manual.part.maker.name == "Ann"
    assert [widget.status for widget in Widget.factory().batch(2)] == ["new", "new"]


def test_a_vector_has_its_dimensions() -> None:
    class Picture(Model):
        class Meta:
            is_table = True
            table_name = "factory_pictures"

        id: int | None = Field(default=None, db_pk=True)
        embedding: Annotated[list[float], Vector(7)]

    assert len(Picture.factory().build().embedding) == 7


def test_required_foreign_keys_in_a_circle() -> None:
    with separate_registry():

        class Hen(Model):
            class Meta:
                is_table = True
                table_name = "factory_hens"

            id: int | None = Field(default=None, db_pk=True)
            mother: Hen

        with pytest.raises(OxydeError, match="in a circle: Hen → Hen"):
            Hen.factory().build()
