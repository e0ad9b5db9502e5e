"""What Pydantic gives to models stays as it is when they are rows."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import (
    AliasChoices,
    AnyUrl,
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SecretStr,
    ValidationError,
    computed_field,
    field_validator,
    model_validator,
)
from support.values_of import values_of

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.exceptions import OxydeError, RowValidationError

T = TypeVar("T")


class Stamped(Model):
    """An abstract base: no table of its own."""

    created_by: str = "nobody"
    id: int | None = Field(default=None, db_pk=True)


class Address(BaseModel):
    street: str
    number: int = 1


class Customer(Stamped):
    class Meta:
        is_table = True
        table_name = "models_customer"

    model_config = ConfigDict(populate_by_name=True)

    full_name: str = Field(alias="fullName", max_length=30)
    email: str | None = Field(default=None, validation_alias=AliasChoices("mail", "email"))
    secret: SecretStr | None = None
    site: AnyUrl | None = None
    size: Literal["S", "M", "L"] = "M"
    home: Address | None = None
    others: list[Address] = Field(default_factory=list)
    limit: Annotated[int, Field(ge=0, le=10)] = 5
    _seen: int = PrivateAttr(default=0)
    _calls: list[str] = PrivateAttr(default_factory=list)

    def model_post_init(self, context: Any) -> None:
        self._calls.append("post_init")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.full_name.split())

    @field_validator("full_name")
    @classmethod
    def tidy(cls, value: str) -> str:
        return " ".join(value.split())


class Span(Model):
    class Meta:
        is_table = True
        table_name = "models_span"

    id: int | None = Field(default=None, db_pk=True)
    low: int
    high: int

    @model_validator(mode="after")
    def ordered(self) -> Span:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Box(Model, Generic[T]):
    id: int | None = Field(default=None, db_pk=True)
    content: T
    note: str = ""


class IntBox(Box[int]):
    class Meta:
        is_table = True
        table_name = "models_int_box"


class TextBox(Box[str]):
    class Meta:
        is_table = True
        table_name = "models_text_box"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Frozen(Model):
    class Meta:
        is_table = True
        table_name = "models_frozen"

    model_config = ConfigDict(frozen=True)

    id: int | None = Field(default=None, db_pk=True)
    level: Level = Level.LOW


async def test_fields_of_an_abstract_base(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer])
    customer = await Customer.objects.create(fullName="Ann Lee", created_by="me")
    assert (await Customer.objects.get(created_by="me")).id == customer.id
    with pytest.raises(OxydeError):
        Stamped.objects.filter(id=1)


async def test_aliases(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer])
    await Customer.objects.create(full_name="Ann Lee", mail="a@b")
    await Customer.objects.create(fullName="Bo  Ek", email="c@d")
    found = await Customer.objects.order_by("full_name").all()
    assert [(each.full_name, each.email) for each in found] == [
        ("Ann Lee", "a@b"),
        ("Bo Ek", "c@d"),
    ]
    assert await Customer.objects.filter(full_name="Bo Ek").update(full_name="Bo Holm") == 1
    assert found[0].model_dump(by_alias=True)["fullName"] == "Ann Lee"
    rows = await Customer.objects.bulk_create([{"fullName": "C D"}, {"full_name": "E F"}])
    assert [row.full_name for row in rows] == ["C D", "E F"]


async def test_private_attributes_and_post_init(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer])
    customer = await Customer.objects.create(full_name="Ann Lee")
    customer._seen = 5
    customer._calls.append("mine")
    loaded = await Customer.objects.get(id=customer.id)
    another = await Customer.objects.get(id=customer.id)
    assert loaded._seen == 0
    assert loaded._calls == another._calls == ["post_init"]
    assert loaded._calls is not another._calls
    assert customer._calls[-1] == "mine"


async def test_computed_fields(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer])
    await Customer.objects.create(full_name="Ann Lee")
    (loaded,) = await Customer.objects.all()
    assert loaded.initials == "AL"
    assert loaded.model_dump()["initials"] == "AL"


async def test_nested_models_secrets_urls_and_literals(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer])
    made = await Customer.objects.create(
        full_name="Ann Lee",
        secret="hush",
        site="https://example.com/a?b=c",
        size="L",
        home={"street": "Storgata"},
        others=[Address(street="a"), {"street": "b", "number": 2}],
    )
    loaded = await Customer.objects.get(id=made.id)
    assert values_of(loaded) == values_of(made)
    assert isinstance(loaded.home, Address)
    assert loaded.secret is not None
    assert loaded.secret.get_secret_value() == "hush"
    assert "hush" not in repr(loaded)
    assert str(loaded.site) == "https://example.com/a?b=c"
    assert [address.number for address in loaded.others] == [1, 2]
    assert await Customer.objects.filter(size="L").count() == 1
    assert await Customer.objects.filter(secret=SecretStr("hush")).count() == 1
    loaded.home.number = 7
    loaded.others.append(Address(street="c"))
    await loaded.save()
    again = await Customer.objects.get(id=made.id)
    assert again.home is not None
    assert (again.home.number, len(again.others)) == (7, 3)


async def test_validators_run_on_writes(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer, Span])
    customer = await Customer.objects.create(full_name="  Ann   Lee ")
    assert customer.full_name == "Ann Lee"
    await Customer.objects.filter(id=customer.id).update(full_name=" Bo   Ek ")
    assert (await Customer.objects.get(id=customer.id)).full_name == "Bo Ek"
    with pytest.raises(ValidationError):
        await Customer.objects.filter(id=customer.id).update(limit=11)
    with pytest.raises(ValidationError):
        await Span.objects.create(low=2, high=1)
    with pytest.raises(ValidationError):
        await Span.objects.bulk_create([{"low": 1, "high": 2}, {"low": 2, "high": 1}])
    assert await Span.objects.count() == 0


async def test_rows_equal_what_model_validate_gives(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Customer, Span, Frozen])
    await Customer.objects.create(full_name="Ann Lee", home={"street": "x"}, secret="s")
    await Span.objects.create(low=1, high=2)
    for model in (Customer, Span):
        (row,) = await model.objects.all()
        (data,) = await model.objects.values().all()
        expected = model.model_validate(data)
        assert row == expected
        assert row.model_fields_set == expected.model_fields_set
        assert row.__dict__ == expected.__dict__
        assert type(row) is model


async def test_a_row_that_breaks_the_model_is_a_validation_error(database: AsyncDatabase) -> None:
    from oxyde import execute_raw

    await db.create_tables(models=[Customer, Span])
    await Span.objects.create(low=1, high=2)
    await execute_raw("UPDATE models_span SET low = 9")
    with pytest.raises(RowValidationError, match="low is above high"):
        await Span.objects.all()
    await Customer.objects.create(full_name="Ann Lee")
    await execute_raw("UPDATE models_customer SET " + quoted(database, "limit") + " = 99")
    with pytest.raises(RowValidationError, match="limit"):
        await Customer.objects.first()
    assert await Customer.objects.values_list("limit", flat=True) == [99]


def quoted(database: AsyncDatabase, name: str) -> str:
    return f"`{name}`" if database.backend in ("mysql", "mariadb") else f'"{name}"'


async def test_generic_models(database: AsyncDatabase) -> None:
    await db.create_tables(models=[IntBox, TextBox])
    number = await IntBox.objects.create(content=5)
    text = await TextBox.objects.create(content="five", note="n")
    assert (await IntBox.objects.get(id=number.id)).content == 5
    assert (await TextBox.objects.get(content__startswith="f")).note == text.note
    with pytest.raises(ValidationError):
        await IntBox.objects.create(content="five")


async def test_frozen_models(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Frozen])
    row = await Frozen.objects.create(level=Level.HIGH)
    assert row.id is not None
    loaded = await Frozen.objects.get(level=Level.HIGH)
    assert values_of(loaded) == values_of(row)
    assert loaded.level is Level.HIGH
    with pytest.raises(ValidationError):
        loaded.level = Level.LOW


async def test_copies_and_pickles_stand_for_the_same_row(database: AsyncDatabase) -> None:
    import copy
    import pickle

    await db.create_tables(models=[Span])
    await Span.objects.create(low=1, high=2)
    loaded = await Span.objects.get(low=1)
    for number, other in enumerate(
        (
            copy.copy(loaded),
            copy.deepcopy(loaded),
            loaded.model_copy(),
            pickle.loads(pickle.dumps(loaded)),
        )
    ):
        assert values_of(other) == values_of(loaded)
        other.high = 10 + number
        await other.save()
        assert (await Span.objects.get(id=loaded.id)).high == 10 + number
    assert await Span.objects.count() == 1
