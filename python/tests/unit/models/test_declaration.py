"""What a class statement accepts, and what it refuses at once."""

import uuid
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import pydantic
import pytest

from oxyde.exceptions import FieldError
from oxyde.models import Check, Field, Index, Model, OxydeModel

T = TypeVar("T")


def table(**options: Any) -> type[Any]:
    return type("Meta", (), {"is_table": True, **options})


def declare(fields: dict[str, tuple[Any, Any]], **options: Any) -> Any:
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": "Row",
        "__annotations__": {name: annotation for name, (annotation, _) in fields.items()},
        "Meta": table(**options),
    }
    namespace.update({name: default for name, (_, default) in fields.items() if default is not ...})
    return type(Model)("Row", (Model,), namespace)


ID: tuple[Any, Any] = (int | None, Field(default=None, db_pk=True))


def test_one_class_with_two_names() -> None:
    assert OxydeModel is Model


def test_default_table_name() -> None:
    class OrderLine(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)

    assert OrderLine.get_table_name() == "orderline"
    assert OrderLine._db_meta.table_name == "orderline"


def test_options() -> None:
    row = declare(
        {"id": ID, "a": (int, 0), "b": (int, 0)},
        table_name="rows",
        schema="app",
        indexes=[Index("a", "-b", unique=True, condition="a > 0", include=["id"], method="btree")],
        constraints=[Check("a > 0"), Check("b > 0", name="b_positive")],
        unique_together=("a", "b"),
        unloaded="raise",
    )
    meta = row._db_meta
    assert (meta.table_name, meta.schema, meta.qualified_name) == ("rows", "app", "app.rows")
    (index,) = meta.indexes
    assert index.name == "rows_a_b_key"
    assert index.parts == (("column", "a"), ("column_desc", "b"))
    assert (index.unique, index.condition, index.include) == (True, "a > 0", ("id",))
    assert [check.name for check in meta.constraints] == ["rows_1_check", "b_positive"]
    assert meta.unique_together == (("a", "b"),)
    assert meta.unloaded == "raise"


def test_column_arguments() -> None:
    row = declare(
        {
            "id": ID,
            "a": (
                str,
                Field(
                    db_column="A",
                    db_unique=True,
                    db_default="'x'",
                    db_comment="about a",
                    db_index_name="my_index",
                    db_index_method="hash",
                    max_length=5,
                ),
            ),
            "b": (Annotated[int | None, Field(db_index=True, ge=0)], None),
        }
    )
    field = row._db_meta.field_metadata["a"]
    assert (field.name, field.db_column, field.unique) == ("a", "A", True)
    assert (field.db_default, field.comment, field.max_length) == ("'x'", "about a", 5)
    assert (field.index, field.index_name, field.index_method) == (True, "my_index", "hash")
    assert field.python_type is str
    other = row._db_meta.field_metadata["b"]
    assert (other.index, other.nullable, other.has_default) == (True, True, True)
    assert row._db_meta.columns == {"id": "id", "A": "a", "b": "b"}
    assert [index.name for index in row._db_meta.indexes] == ["my_index", "row_b_idx"]


def test_field_given_twice() -> None:
    row = declare({"id": ID, "a": (Annotated[str, Field(db_index=True)], Field(db_column="x"))})
    field = row._db_meta.field_metadata["a"]
    assert (field.index, field.db_column) == (True, "x")


def test_pydantic_arguments_work() -> None:
    row = declare(
        {"id": ID, "a": (int, Field(ge=1, le=3, alias="A", description="d", db_index=True))}
    )
    assert row(A=2).a == 2
    with pytest.raises(pydantic.ValidationError):
        row(A=4)
    assert row.model_json_schema()["properties"]["A"]["description"] == "d"


def test_field_knows_its_arguments() -> None:
    wrong: dict[str, Any] = {"db_unqiue": True}
    with pytest.raises(FieldError, match="did you mean `db_unique`"):
        Field(**wrong)


@pytest.mark.parametrize(
    ("key", "auto"),
    [
        ((int | None, Field(default=None, db_pk=True)), True),
        ((int, Field(db_pk=True)), True),
        ((int, Field(db_pk=True, db_type="INTEGER")), True),
        ((int, Field(db_pk=True, db_default="nextval('x')")), False),
        ((uuid.UUID, Field(db_pk=True, db_default="gen_random_uuid()")), False),
        ((uuid.UUID, Field(db_pk=True, default_factory=uuid.uuid4)), False),
        ((str, Field(db_pk=True)), False),
    ],
    ids=str,
)
def test_auto_increment(key: tuple[Any, Any], auto: bool) -> None:
    row = declare({"id": key})
    field = row._db_meta.field_metadata["id"]
    assert (field.auto_increment, field.nullable, field.primary_key) == (auto, False, True)


@pytest.mark.parametrize(
    "key",
    [
        (int, Field(db_pk=True)),
        (uuid.UUID, Field(db_pk=True, db_default="gen_random_uuid()")),
    ],
    ids=str,
)
def test_generated_keys_need_not_be_given(key: tuple[Any, Any]) -> None:
    row = declare({"id": key, "name": (str, ...)})
    made = row(name="x")
    assert made.id is None
    assert made.model_fields_set == {"name"}
    assert made.model_dump() == {"id": None, "name": "x"}
    assert made.model_dump_json() == '{"id":null,"name":"x"}'
    with pytest.raises(pydantic.ValidationError):
        row(id=None, name="x")


def test_composite_keys_must_be_given() -> None:
    row = declare({"a": (int, Field(db_pk=True)), "b": (int, Field(db_pk=True))})
    assert row._db_meta.primary_key == ("a", "b")
    assert not any(field.auto_increment for field in row._db_meta.field_metadata.values())
    with pytest.raises(pydantic.ValidationError):
        row(a=1)


def test_the_part_of_a_composite_key_that_takes_none_is_counted() -> None:
    row = declare(
        {"a": (int, Field(db_pk=True)), "b": (int | None, Field(default=None, db_pk=True))}
    )
    fields = row._db_meta.field_metadata
    assert (fields["a"].auto_increment, fields["b"].auto_increment) == (False, True)
    assert row(a=1).b is None
    assert [index.parts for index in row._db_meta.indexes] == [(("column", "b"),)]


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: declare({"name": (str, ...)}), "no primary key"),
    (lambda: declare({"id": (str | None, Field(default=None, db_pk=True))}), "nothing generates"),
    (lambda: declare({"id": (uuid.UUID | None, Field(default=None, db_pk=True))}), "nothing"),
    (
        lambda: declare({"id": ID, "b": (str | None, Field(default=None, db_pk=True))}),
        "every part of a key",
    ),
    (
        lambda: declare({"id": ID, "b": (int | None, Field(default=None, db_pk=True))}),
        "would count id and b",
    ),
    (lambda: declare({"id": ID, "a": (int, Field(db_column="id"))}), "the same column 'id'"),
    (lambda: declare({"id": ID}, indexes=[Index("nmae")]), "has no such column"),
    (lambda: declare({"id": ID, "name": (str, "")}, indexes=[Index("nmae")]), "mean `name`"),
    (lambda: declare({"id": ID}, unique_together=[("id", "x")]), "names `x`"),
    (lambda: declare({"id": ID}, tabel_name="x"), "did you mean `table_name`"),
    (lambda: declare({"id": ID}, is_table=1), "is True or False"),
    (lambda: declare({"id": ID}, indexes=["id"]), r"list of Index"),
    (lambda: declare({"id": ID}, constraints=["id > 0"]), r"list of Check"),
    (lambda: declare({"id": ID}, unique_together=[1]), "groups of field names"),
    (lambda: declare({"id": ID}, unloaded="maybe"), '"none", "raise" or "peers"'),
    (lambda: declare({"id": ID}, table_name=""), "non-empty"),
    (lambda: declare({"id": ID}, table_name="a\0b"), "non-empty"),
    (lambda: declare({"id": ID}, table_name="a" * 64), "64 bytes"),
    (lambda: declare({"id": ID, "a__b": (int, 0)}), "separates lookups"),
    (lambda: declare({"id": ID, "a": (int, Field(db_default=0))}), "in SQL, as a text"),
    (lambda: declare({"id": (dict, Field(db_pk=True))}), "cannot be in the key"),
    (lambda: declare({"id": (list[int], Field(db_pk=True))}), "cannot be in the key"),
    (lambda: declare({"id": ID, "a": (int, Field(db_through="X"))}), "without db_m2m"),
    (lambda: declare({"id": ID, "a": (list[int], Field(db_m2m=True))}), "not typed with a model"),
    (lambda: declare({"id": ID, "a": (str, Field(db_fk="email"))}), "not typed with a model"),
    (lambda: declare({"id": ID, "a": (str, Field(db_fk="Nobody.email"))}), "is not defined"),
    (lambda: Index(), "needs a field"),
    (lambda: Index("a", condition="x", where="x"), "the same"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words for _, words in WRONG])
def test_refused(wrong: Callable[[], Any], words: str) -> None:
    with pytest.raises(FieldError, match=words):
        wrong()


@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
@pytest.mark.parametrize("name", ["objects", "save", "delete", "refresh", "get_table_name"])
def test_names_of_the_api_are_no_fields(name: str) -> None:
    with pytest.raises(FieldError, match=rf"hides Model\.{name}"):
        declare({"id": ID, name: (int, 0)})


def test_a_refused_model_is_not_registered() -> None:
    from oxyde.models.registry import tables_by_name

    with pytest.raises(FieldError):
        declare({"id": ID, "a": (int, Field(db_column="id"))})
    assert "row" not in tables_by_name()
    declare({"id": ID})
    with pytest.raises(FieldError):
        declare({"id": ID, "a": (int, Field(db_column="id"))})
    assert tables_by_name()["row"]._db_meta.columns == {"id": "id"}


def test_abstract_bases_pass_on_fields_and_options() -> None:
    class Stamped(Model):
        class Meta:
            indexes = [Index("created")]
            schema = "app"

        id: int | None = Field(default=None, db_pk=True)
        created: int = Field(db_index=False)

    class Named(Model):
        class Meta:
            constraints = [Check("name <> ''")]

        name: str = Field(db_unique=True)

    class Thing(Named, Stamped):
        class Meta:
            is_table = True

        extra: int = 0

    meta = Thing._db_meta
    assert set(meta.field_metadata) == {"id", "created", "name", "extra"}
    assert meta.schema == "app"
    assert [index.name for index in meta.indexes] == ["thing_created_idx"]
    assert [check.name for check in meta.constraints] == ["thing_check"]
    assert meta.field_metadata["name"].unique
    assert not Stamped._db_meta.is_table
    assert Stamped._db_meta.field_metadata == {}


def test_is_table_is_not_inherited() -> None:
    class Base(Model):
        class Meta:
            is_table = True
            table_name = "base_rows"
            indexes = [Index("id", name="one_name")]

        id: int | None = Field(default=None, db_pk=True)

    class Child(Base):
        pass

    class Other(Base):
        class Meta:
            is_table = True

    assert not Child._db_meta.is_table
    assert Other._db_meta.table_name == "other"
    assert Other._db_meta.indexes == ()


def test_meta_may_inherit_in_python() -> None:
    class Common:
        is_table = True
        schema = "app"

    class Row(Model):
        class Meta(Common):
            table_name = "rows"

        id: int | None = Field(default=None, db_pk=True)

    assert Row._db_meta.qualified_name == "app.rows"

    class Again(Model):
        Meta = Common

        id: int | None = Field(default=None, db_pk=True)

    assert Again._db_meta.qualified_name == "app.again"


def test_generic_models() -> None:
    class Box(Model, Generic[T]):
        id: int | None = Field(default=None, db_pk=True)
        value: T

    class IntBox(Box[int]):
        class Meta:
            is_table = True

    class TextBox(Box[str]):
        class Meta:
            is_table = True

    assert IntBox._db_meta.field_metadata["value"].column_type == "big_int"
    assert TextBox._db_meta.field_metadata["value"].column_type == "text"
    assert IntBox(value=3).value == 3


def test_what_pydantic_has_besides_fields() -> None:
    class Row(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        side: int
        _cache: dict[str, int] = pydantic.PrivateAttr(default_factory=dict)

        @pydantic.computed_field  # type: ignore[prop-decorator]
        @property
        def area(self) -> int:
            return self.side**2

    row = Row(side=3)
    row._cache["x"] = 1
    assert row.model_dump() == {"id": None, "side": 3, "area": 9}
    assert set(Row._db_meta.field_metadata) == {"id", "side"}
    row.side = 4
    assert row.area == 16
    assert row._cache == {"x": 1}


def test_create_model() -> None:
    row = pydantic.create_model("Made", __base__=Model, id=(int, Field(db_pk=True)))
    assert not row._db_meta.is_table
    assert row(id=1).model_dump() == {"id": 1}


def test_models_without_a_table() -> None:
    class Input(Model):
        age: int = Field(ge=0, le=150)

    assert Input(age=3).age == 3
    with pytest.raises(pydantic.ValidationError):
        Input(age=-1)


WRONG_GENERATED: dict[str, tuple[Any, dict[str, Any]]] = {
    "db_pk": (int, {"db_pk": True}),
    "db_default": (int, {"db_default": "0"}),
    "db_fk": (int, {"db_fk": "Other.id"}),
    "serial": (int, {"db_type": "BIGSERIAL"}),
    "text": (int, {"db_generated": 5}),
}


@pytest.mark.parametrize("name", WRONG_GENERATED)
def test_generated_columns_that_cannot_be(name: str) -> None:
    annotation, options = WRONG_GENERATED[name]
    options = {"db_generated": "1 + 1", **options}
    with pytest.raises(FieldError, match="db_generated"):
        declare({"id": (int, Field(db_pk=True)), "n": (annotation, Field(**options))})


def test_a_generated_field_is_not_required() -> None:
    field = Field(db_generated="id * 2", db_stored=False)
    model = declare({"id": (int, Field(db_pk=True)), "twice": (int, field)})
    assert model(id=1).model_dump() == {"id": 1, "twice": None}
    meta = model._db_meta.field_metadata["twice"]
    assert (meta.db_generated, meta.db_stored, meta.nullable) == ("id * 2", False, False)


def test_only_a_generated_field_is_stored_or_not() -> None:
    with pytest.raises(FieldError, match="db_stored without db_generated"):
        declare({"id": (int, Field(db_pk=True)), "n": (int, Field(db_stored=False))})
