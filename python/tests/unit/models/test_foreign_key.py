"""`author: User` and its column `author_id`."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

import pydantic
import pydantic.alias_generators
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from oxyde.exceptions import FieldError, FieldValueError
from oxyde.models import Field, Index, Model


class User(Model):
    class Meta:
        is_table = True
        table_name = "fk_user"

    id: int | None = Field(default=None, db_pk=True)
    email: str = Field(max_length=40, db_unique=True)
    posts: list[Post] = Field(db_reverse_fk="author")


class Post(Model):
    class Meta:
        is_table = True
        table_name = "fk_post"

    id: int | None = Field(default=None, db_pk=True)
    author: User = Field(db_on_delete="CASCADE")
    editor: User | None = Field(default=None, db_on_delete="SET NULL")
    parent: Post | None = None


USER = User(id=7, email="a@b.c")


def test_the_column_stands_before_the_attribute() -> None:
    assert list(Post.model_fields) == [
        "id",
        "author_id",
        "author",
        "editor_id",
        "editor",
        "parent_id",
        "parent",
    ]
    assert list(Post._db_meta.field_metadata) == ["id", "author_id", "editor_id", "parent_id"]


def test_by_key() -> None:
    post = Post(author_id=7)
    assert (post.author_id, post.author) == (7, None)
    assert post.model_fields_set == {"author_id"}
    assert Post(author_id="7").author_id == 7


def test_by_row() -> None:
    post = Post(author=USER)
    assert post.author is USER
    assert post.author_id == 7


def test_both_agree() -> None:
    assert Post(author=USER, author_id=7).author is USER
    assert Post(author=USER, author_id="7").author_id == 7


def test_both_disagree() -> None:
    with pytest.raises(ValidationError) as caught:
        Post(author=USER, author_id=8)
    assert caught.value.errors()[0]["type"] == "foreign_key_conflict"


def test_neither() -> None:
    with pytest.raises(ValidationError) as caught:
        Post()
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("missing", ("author_id",))


def test_optional_neither() -> None:
    post = Post(author_id=1)
    assert (post.editor_id, post.editor, post.parent_id) == (None, None, None)


def test_none_is_no_author() -> None:
    with pytest.raises(ValidationError):
        Post(author=None)
    assert Post(author_id=1, editor=None).editor_id is None
    assert "editor_id" in Post(author_id=1, editor=None).model_fields_set


def test_an_unsaved_row_has_no_key_yet() -> None:
    unsaved = User(email="x")
    with pytest.raises(ValidationError) as caught:
        Post(author=unsaved)
    assert caught.value.errors()[0]["type"] == "foreign_key_unsaved"
    post = Post(author=USER, editor=unsaved)
    assert post.editor is unsaved
    assert post.editor_id is None


def test_wrong_type_is_pydantics_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Post(author=7)
    assert ("author",) in [error["loc"] for error in caught.value.errors()]


def test_dump_and_back() -> None:
    post = Post(author=USER, editor_id=3)
    assert Post.model_validate(post.model_dump()) == post
    assert Post.model_validate_json(post.model_dump_json()) == post
    plain = Post(author_id=7)
    assert Post.model_validate(plain.model_dump()) == plain
    assert json.loads(plain.model_dump_json())["author_id"] == 7


def test_assigning_the_row_sets_the_key() -> None:
    post = Post(author_id=1)
    post.author = USER
    assert post.author_id == 7
    post.editor = USER
    post.editor = None
    assert post.editor_id is None


def test_assigning_the_key_drops_another_row() -> None:
    post = Post(author=USER)
    post.author_id = 7
    assert post.author is USER
    post.author_id = 8
    assert post.author is None
    assert "author" not in post.model_fields_set


def test_assigning_something_else_is_refused() -> None:
    post = Post(author_id=1)
    with pytest.raises(FieldValueError, match=r"Post\.author takes a User"):
        post.author = 7  # type: ignore[assignment]
    assert post.author_id == 1


def test_validate_assignment_keeps_them_in_step() -> None:
    class Strict(Model):
        model_config = ConfigDict(validate_assignment=True)

        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        author: User

    row = Strict(author_id=1)
    row.author = USER
    assert row.author_id == 7
    row.author_id = "8"
    assert row.author_id == 8
    assert row.author is None
    with pytest.raises(ValidationError):
        row.author_id = "x"


def test_metadata() -> None:
    field = Post._db_meta.field_metadata["author_id"]
    key = field.foreign_key
    assert key is not None
    assert (key.model, key.target_field, key.on_delete, key.on_update, key.column) == (
        User,
        "id",
        "CASCADE",
        "NO ACTION",
        "author_id",
    )
    assert (field.relation, field.nullable, field.column_type) == ("author", False, "big_int")
    assert Post._db_meta.field_metadata["editor_id"].nullable is True
    relation = Post._db_meta.relations["author"]
    assert (relation.kind, relation.model, relation.column) == ("fk", User, "author_id")
    posts = User._db_meta.relations["posts"]
    assert (posts.kind, posts.model, posts.remote_field) == ("reverse", Post, "author")
    assert Post._db_meta.relations["parent"].model is Post


def test_reverse_lists_are_not_shared() -> None:
    one, other = User(email="a"), User(email="b")
    assert one.posts == []
    assert one.posts is not other.posts


def test_db_fk_refers_to_another_unique_field() -> None:
    class Letter(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        sender: User = Field(db_fk="email")

    letter = Letter(sender=USER)
    assert letter.sender_id == "a@b.c"
    field = Letter._db_meta.field_metadata["sender_id"]
    assert field.column_type == {"varchar": {"length": 40}}
    assert field.foreign_key is not None
    assert field.foreign_key.target_field == "email"


def test_db_fk_must_be_unique() -> None:
    class Thing(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        name: str

    with pytest.raises(FieldError, match=r"Thing\.name, which is not unique"):

        class Part(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            thing: Thing = Field(db_fk="name")


def test_scalar_foreign_key() -> None:
    class Log(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        email: str = Field(db_fk="User.email", db_on_delete="CASCADE")

    field = Log._db_meta.field_metadata["email"]
    assert field.foreign_key is not None
    assert (field.foreign_key.model, field.foreign_key.target_field) == (User, "email")
    assert Log._db_meta.relations == {}


def test_declared_column() -> None:
    class Account(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        user: User | None = Field(default=None, db_on_delete="CASCADE")
        user_id: int = Field(db_index=True, gt=0)

    assert list(Account.model_fields) == ["id", "user_id", "user"]
    assert Account(user=USER).user_id == 7
    with pytest.raises(ValidationError):
        Account(user_id=0)
    field = Account._db_meta.field_metadata["user_id"]
    assert field.index
    assert field.foreign_key is not None
    assert field.foreign_key.on_delete == "CASCADE"


def test_required_although_it_may_be_unloaded() -> None:
    class Account(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        user: User | None = Field(default=None, db_nullable=False)

    with pytest.raises(ValidationError):
        Account()
    assert Account._db_meta.field_metadata["user_id"].nullable is False
    with pytest.raises(ValidationError):
        Account(user_id=None)


def test_foreign_key_in_an_abstract_base() -> None:
    class Owned(Model):
        owner: User = Field(db_index=True)

    class House(Owned):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)

    class Boat(Owned):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)

    for model in (House, Boat):
        assert list(model.model_fields) == ["owner_id", "owner", "id"]
        assert model(owner=USER).owner_id == 7
        with pytest.raises(ValidationError):
            model()
        assert model._db_meta.field_metadata["owner_id"].index


def test_key_that_is_a_foreign_key() -> None:
    class Profile(Model):
        class Meta:
            is_table = True

        user: User = Field(db_pk=True)
        bio: str = ""

    class Badge(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        profile: Profile

    assert Profile._db_meta.primary_key == ("user_id",)
    assert Profile._db_meta.field_metadata["user_id"].auto_increment is False
    assert Profile._db_meta.relations["user"].kind == "one_to_one"
    badge = Badge(profile=Profile(user=USER))
    assert badge.profile_id == 7
    assert Badge._db_meta.field_metadata["profile_id"].foreign_key.target_field == "user_id"


def test_composite_key_of_foreign_keys() -> None:
    class Tag(Model):
        class Meta:
            is_table = True

        id: uuid.UUID = Field(default_factory=uuid.uuid4, db_pk=True)

    class PostTag(Model):
        class Meta:
            is_table = True

        post: Post = Field(db_pk=True)
        tag: Tag = Field(db_pk=True)
        weight: int = 0

    assert PostTag._db_meta.primary_key == ("post_id", "tag_id")
    assert PostTag._db_meta.field_metadata["tag_id"].column_type == "uuid"
    tag = Tag()
    assert PostTag(post_id=1, tag=tag).tag_id == tag.id
    with pytest.raises(FieldError, match="whose key has 2 fields"):

        class Note(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            about: PostTag


def test_aliases() -> None:
    class Aliased(Model):
        model_config = ConfigDict(alias_generator=pydantic.alias_generators.to_camel)

        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        main_author: User

    assert Aliased(mainAuthor=USER).main_author_id == 7
    assert Aliased(mainAuthorId=3).main_author_id == 3
    assert Aliased(mainAuthorId=3).model_dump(by_alias=True)["mainAuthorId"] == 3
    assert Aliased._db_meta.field_metadata["main_author_id"].db_column == "main_author_id"


def test_nested_in_a_plain_model() -> None:
    class Page(BaseModel):
        posts: list[Post]

    page = Page.model_validate({"posts": [{"author_id": 1}, {"author": USER}]})
    assert [post.author_id for post in page.posts] == [1, 7]


def test_validators_of_the_user_see_the_column() -> None:
    class Checked(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        author: User

        @pydantic.field_validator("author_id")
        @classmethod
        def positive(cls, value: int) -> int:
            assert value > 0
            return value

        @pydantic.model_validator(mode="before")
        @classmethod
        def default_author(cls, data: Any) -> Any:
            return {"author": USER, **data}

    assert Checked().author_id == 7
    with pytest.raises(ValidationError):
        Checked(author=None, author_id=-1)


def test_subclass_with_columns_of_its_own() -> None:
    class Special(Post):
        class Meta:
            is_table = True

        extra: int = 0

    assert list(Special.model_fields)[:3] == ["id", "author_id", "author"]
    assert Special(author=USER).author_id == 7
    assert Special._db_meta.table_name == "special"


@pytest.mark.parametrize("action", ["cascade", "SET_NULL", "set null"])
def test_actions_in_any_spelling(action: str) -> None:
    class Row(Model):
        class Meta:
            is_table = True

        id: int | None = Field(default=None, db_pk=True)
        user: User | None = Field(default=None, db_on_delete=action)

    key = Row._db_meta.field_metadata["user_id"].foreign_key
    assert key is not None
    assert key.on_delete == action.upper().replace("_", " ")


def test_wrong_actions() -> None:
    with pytest.raises(FieldError, match="db_on_delete does not take 'DROP'"):
        Field(db_on_delete="DROP")
    with pytest.raises(FieldError, match="cannot be set to NULL"):

        class Row(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            user: User = Field(db_on_delete="SET NULL")

    with pytest.raises(FieldError, match="is not a foreign key"):

        class Other(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            name: str = Field(db_on_delete="CASCADE")


def test_list_of_rows_needs_a_relation() -> None:
    with pytest.raises(FieldError, match=r"Row\.users is a list of User"):

        class Row(Model):
            class Meta:
                is_table = True

            id: int | None = Field(default=None, db_pk=True)
            users: list[User]


def test_index_by_either_name() -> None:
    class Row(Model):
        class Meta:
            is_table = True
            indexes = [Index("user"), Index("-user_id", "id")]
            unique_together = [("user", "id")]

        id: int | None = Field(default=None, db_pk=True)
        user: Annotated[User | None, "kept"] = None

    assert [index.name for index in Row._db_meta.indexes] == [
        "row_user_id_idx",
        "row_user_id_id_idx",
    ]
    assert Row._db_meta.unique_together == (("user_id", "id"),)
