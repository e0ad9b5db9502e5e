"""`Model.schema_for` and `schema_fields`: the fields of a model in requests and responses."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationError,
    computed_field,
    field_serializer,
    field_validator,
)

from oxyde import Field, Model, schema_fields
from oxyde.exceptions import FieldError


class Person(Model):
    class Meta:
        is_table = True
        table_name = "schema_person"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)
    email: str = Field(max_length=20, db_unique=True)
    password: SecretStr
    token: str = Field(default="", db_secret=True)
    note: str = Field(default="", exclude=True)
    texts: list[Text] = Field(db_reverse_fk="author")


class Text(Model):
    class Meta:
        is_table = True
        table_name = "schema_text"

    model_config = ConfigDict(title="A text", str_strip_whitespace=True)

    id: int | None = Field(default=None, db_pk=True)
    author: Person = Field(db_on_delete="CASCADE")
    editor: Person | None = None
    title: str = Field(alias="headline", description="Shown above", examples=["News"])
    code: Annotated[str, AfterValidator(str.upper)] = Field(default="a", db_type="CHAR(3)")
    words: int = Field(default=1, ge=0, db_type="INTEGER")
    small: int | None = Field(default=None, db_type="SMALLINT")
    rate: float = 1.0
    price: Decimal = Field(default=Decimal(1), max_digits=5, decimal_places=2)
    cost: Decimal = Field(default=Decimal(1), db_type="NUMERIC(4, 1)")
    made: dt.datetime = Field(db_default="CURRENT_TIMESTAMP")
    seen: AwareDatetime | None = None
    clock: dt.time | None = None
    parts: list[int] = []
    double: int = Field(db_generated="words * 2")

    @field_validator("title")
    @classmethod
    def check_title(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("a bad title")
        return value

    @field_validator("words", mode="before")
    @classmethod
    def read_words(cls, value: object) -> object:
        return 7 if value == "seven" else value

    @field_serializer("rate")
    def write_rate(self, rate: float) -> str:
        return f"{rate:.1f}"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def short(self) -> str:
        """The title's beginning."""
        return self.title[:3]


AUTHOR = uuid.UUID(int=1)


def _required(schema: type[BaseModel]) -> list[str]:
    return [name for name, info in schema.model_fields.items() if info.is_required()]


def test_create_asks_for_what_nobody_fills_in() -> None:
    schema = Text.schema_for("create")
    assert schema.__name__ == "TextCreate"
    assert schema.__module__ == Text.__module__
    assert not issubclass(schema, Model)
    assert _required(schema) == ["author_id", "title"]
    assert {"id", "double", "author", "short"}.isdisjoint(schema.model_fields)
    data: Any = schema.model_validate({"author_id": AUTHOR, "headline": " x ", "words": "seven"})
    assert (data.title, data.words, data.made) == ("x", 7, None)
    assert data.model_dump(exclude_unset=True) == {"author_id": AUTHOR, "title": "x", "words": 7}
    assert "made" in data.model_dump()
    made = Text(**data.model_dump(exclude_unset=True, by_alias=True))
    assert made.title == "x"


def test_secrets_are_taken_and_not_shown() -> None:
    schema = Person.schema_for("create")
    assert _required(schema) == ["email", "password"]
    data: Any = schema.model_validate({"email": "a", "password": "b", "note": "n"})
    assert Person(**data.model_dump()).note == "n"
    assert list(Person.schema_for("public").model_fields) == ["id", "email"]
    secrets = {name: each.secret for name, each in Person._db_meta.field_metadata.items()}
    assert [name for name, secret in secrets.items() if secret] == ["password", "token"]


def test_update_takes_any_part() -> None:
    schema = Text.schema_for("update")
    assert _required(schema) == []
    assert "id" not in schema.model_fields
    assert schema().model_dump(exclude_unset=True) == {}
    data = schema.model_validate({"headline": "y", "editor_id": None})
    assert data.model_dump(exclude_unset=True) == {"title": "y", "editor_id": None}
    for name in ("headline", "words", "author_id", "made"):
        with pytest.raises(ValidationError, match=name):
            schema.model_validate({name: None})
    with pytest.raises(ValidationError, match="a bad title"):
        schema.model_validate({"headline": "bad"})
    assert all("default" not in each for each in schema.model_json_schema()["properties"].values())


def test_public_reads_instances() -> None:
    schema = Text.schema_for("public")
    row = Text(id=1, author_id=AUTHOR, headline="words", rate=0.25, double=2)
    row.made = dt.datetime(2024, 1, 1)
    shown: Any = schema.model_validate(row)
    assert (shown.id, shown.short, shown.code) == (1, "wor", "a")
    written = shown.model_dump(mode="json", by_alias=True)
    assert (written["headline"], written["rate"], written["price"]) == ("words", "0.2", "1")
    described = schema.model_json_schema(mode="serialization")
    assert described["title"] == "TextPublic"
    assert described["properties"]["id"] == {"title": "Id", "type": "integer"}
    assert described["properties"]["headline"]["description"] == "Shown above"
    assert described["properties"]["headline"]["examples"] == ["News"]
    assert described["properties"]["short"]["description"] == "The title's beginning."


def test_values_fit_their_columns() -> None:
    schema = Text.schema_for("create")
    good = {"author_id": AUTHOR, "headline": "x"}
    refused: list[dict[str, Any]] = [
        {"words": 2**31},
        {"words": -1},
        {"small": 2**15},
        {"small": -(2**15) - 1},
        {"code": "abcd"},
        {"code": "a\0"},
        {"headline": "\0"},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"price": "1234.5"},
        {"cost": "1234"},
        {"cost": "1.25"},
        {"cost": "NaN"},
        {"made": "2024-01-01T00:00:00Z"},
        {"seen": "2024-01-01T00:00:00"},
        {"clock": "10:00:00Z"},
        {"parts": [1, 2**63]},
    ]
    for each in refused:
        with pytest.raises(ValidationError) as caught:
            schema.model_validate({**good, **each})
        assert caught.value.errors()[0]["loc"][0] in each, each
    accepted: list[dict[str, Any]] = [
        {"words": 2**31 - 1},
        {"small": -(2**15)},
        {"code": "abc"},
        {"cost": "123.5"},
        {"made": "2024-01-01T00:00:00"},
        {"seen": "2024-01-01T00:00:00Z"},
        {"parts": [2**63 - 1]},
    ]
    for each in accepted:
        assert schema.model_validate({**good, **each}).model_fields_set >= {"author_id", "title"}
    described = schema.model_json_schema()["properties"]
    assert (described["words"]["minimum"], described["words"]["maximum"]) == (0, 2**31 - 1)
    assert described["code"]["maxLength"] == 3
    assert described["parts"]["items"]["maximum"] == 2**63 - 1
    # The model itself reads whatever is stored.
    assert Text(author_id=AUTHOR, headline="x", words=2**40).words == 2**40


def test_schemas_are_made_once_and_named_by_their_fields() -> None:
    assert Text.schema_for("create") is Text.schema_for("create")
    without = Text.schema_for("public", exclude={"author", "price"})
    assert without is Text.schema_for("public", exclude=["price", "author_id"])
    assert without.__name__ == "TextPublicWithoutAuthorIdPrice"
    assert Text.schema_for("public", include=["id", "title"]).__name__ == "TextPublicOnlyIdTitle"
    assert list(Text.schema_for("create", include=["id", "title"]).model_fields) == ["id", "title"]
    row = Text.schema_for("public", include=["id"], name="TextRow")
    assert row.__name__ == "TextRow"
    assert row is Text.schema_for("public", include=["id"], name="TextRow")
    with pytest.raises(FieldError, match="a schema with other fields has this name"):
        Text.schema_for("public", name="TextRow")


def test_wrong_arguments_are_named() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"purpose": "creat"}, "not 'creat'"),
        ({"purpose": "create", "exclude": "title"}, "takes several names"),
        ({"purpose": "create", "exclude": {"titel"}}, "(?s)no field `titel`.*title"),
        ({"purpose": "create", "include": {"double"}}, "computed by the database"),
        ({"purpose": "update", "include": {"texts"}}, "no field `texts`"),
    ]
    for arguments, why in wrong:
        with pytest.raises(FieldError, match=why):
            Text.schema_for(**arguments)
    with pytest.raises(FieldError, match="`password`, which is a secret"):
        Person.schema_for("public", include={"password"})
    assert "password" not in Person.schema_for("public", exclude={"password"}).model_fields


@schema_fields(Text, "create", exclude={"parts"})
class TextIn(BaseModel):
    """A new text."""

    title: str
    words: int
    rate: float = 3.0
    made: dt.datetime | None = None
    notify: bool = False


@schema_fields(Text, "public", include={"id"})
class TextOut(BaseModel):
    id: int
    title: Annotated[str, AfterValidator(str.title)]


def test_a_class_takes_the_fields_of_a_model() -> None:
    assert (TextIn.__name__, TextIn.__doc__) == ("TextIn", "A new text.")
    assert _required(TextIn) == ["title", "author_id"]
    data = TextIn.model_validate({"headline": "x", "author_id": AUTHOR})
    assert (data.title, data.words, data.rate, data.notify) == ("x", 1, 3.0, False)
    with pytest.raises(ValidationError, match="made"):
        TextIn.model_validate({"headline": "x", "author_id": AUTHOR, "made": None})
    with pytest.raises(ValidationError, match="a bad title"):
        TextIn.model_validate({"headline": "bad", "author_id": AUTHOR})
    out = TextOut.model_validate(Text(id=1, author_id=AUTHOR, headline="news"))
    assert (out.id, out.title) == (1, "News")
