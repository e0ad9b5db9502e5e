"""Registration, names that are defined later, cycles."""

import sys
import types
from typing import Any, Optional

import pytest

from oxyde.exceptions import FieldError
from oxyde.models import Field, Model, iter_tables
from oxyde.models.registry import clear_registry, register_table, tables_by_name


def key() -> Any:
    return Field(default=None, db_pk=True)


def test_tables_in_order() -> None:
    class Second(Model):
        class Meta:
            is_table = True
            table_name = "zzz"

        id: int | None = key()

    class First(Model):
        class Meta:
            is_table = True
            schema = "app"

        id: int | None = key()

    assert list(iter_tables())[-2:] == [Second, First]
    assert tables_by_name()["zzz"] is Second
    assert tables_by_name()["app.first"] is First


def test_clash() -> None:
    class One(Model):
        class Meta:
            is_table = True
            table_name = "same"

        id: int | None = key()

    with pytest.raises(FieldError, match=r"Two uses the table name 'same', which .*One"):

        class Two(Model):
            class Meta:
                is_table = True
                table_name = "same"

            id: int | None = key()

    assert tables_by_name()["same"] is One


def test_the_same_class_reloaded() -> None:
    def make() -> type[Model]:
        class Row(Model):
            class Meta:
                is_table = True

            id: int | None = key()

        return Row

    first, second = make(), make()
    assert first is not second
    assert tables_by_name()["row"] is second


def test_register_by_hand() -> None:
    class Row(Model):
        class Meta:
            is_table = True

        id: int | None = key()

    class Plain(Model):
        id: int | None = None

    clear_registry()
    assert tables_by_name() == {}
    register_table(Row)
    register_table(Row)
    assert tables_by_name() == {"row": Row}
    with pytest.raises(FieldError, match="has no table"):
        register_table(Plain)

    class Other(Model):
        class Meta:
            is_table = True

        id: int | None = key()

    Other.__oxyde_options__ = Row.__oxyde_options__.__class__(is_table=True, table_name="row")
    with pytest.raises(FieldError, match=r"which .* already uses"):
        register_table(Other)
    register_table(Other, overwrite=True)
    assert tables_by_name()["row"] is Other


def test_forward_reference_in_a_function() -> None:
    class Post(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        author: Optional["Scribe"] = None
        parent: "Post | None" = None

    with pytest.raises(FieldError, match="Post refers to `Scribe`, which is not defined"):
        _ = Post._db_meta

    class Scribe(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        posts: list["Post"] = Field(db_reverse_fk="author")

    user = Scribe(id=3)
    post = Post(author=user)
    assert post.author_id == 3  # type: ignore[attr-defined]
    assert list(Post.model_fields) == ["id", "author_id", "author", "parent_id", "parent"]
    assert Post._db_meta.relations["author"].model is Scribe
    assert Scribe._db_meta.relations["posts"].model is Post


def test_cycle_of_tables() -> None:
    class Team(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        captain: Optional["Player"] = Field(default=None, db_on_delete="SET NULL")
        players: list["Player"] = Field(db_reverse_fk="team")

    class Player(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        team: Team | None = None

    team = Team(id=1)
    player = Player(id=2, team=team)
    team.captain = player
    assert team.captain_id == 2  # type: ignore[attr-defined]
    assert player.team_id == 1  # type: ignore[attr-defined]
    assert Team._db_meta.field_metadata["captain_id"].foreign_key.model is Player  # type: ignore[union-attr]
    assert Player.model_validate({"team": {"id": 5}}).team_id == 5  # type: ignore[attr-defined]
    # The nested model has its columns and defaults too.
    nested = Player.model_validate({"team": {"id": 5, "captain_id": 9}}).team
    assert nested is not None
    assert nested.captain_id == 9  # type: ignore[attr-defined]


def test_three_tables_that_wait_for_each_other() -> None:
    class A(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        b: Optional["B"] = None

    class B(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        c: Optional["C"] = None

    class C(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        a: A | None = None

    for model, field, target in ((A, "b_id", B), (B, "c_id", C), (C, "a_id", A)):
        assert model._db_meta.field_metadata[field].foreign_key.model is target
    assert A(b_id=1).b_id == 1  # type: ignore[attr-defined]


def module(monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> Any:
    made = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, made)
    header = "from __future__ import annotations\nfrom oxyde.models import Field, Model\n"
    exec(header + source, made.__dict__)
    return made


BOOK = """
class Codex(Model):
    class Meta:
        is_table = True
        table_name = __name__ + "_book"
    id: int | None = Field(default=None, db_pk=True)
    writer: Scrivener | None = None
"""
WRITER = """
class Scrivener(Model):
    class Meta:
        is_table = True
        table_name = __name__ + "_writer"
    id: int | None = Field(default=None, db_pk=True)
    books: list[Codex] = Field(db_reverse_fk="writer")
"""


def test_models_of_two_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    books = module(monkeypatch, "books_module", BOOK)
    writers = module(monkeypatch, "writers_module", WRITER)
    assert books.Codex(writer_id=3).writer_id == 3
    assert books.Codex(writer=writers.Scrivener(id=4)).writer_id == 4
    assert books.Codex._db_meta.relations["writer"].model is writers.Scrivener


def test_a_name_means_the_models_own_module_first(monkeypatch: pytest.MonkeyPatch) -> None:
    module(monkeypatch, "other_module", WRITER.replace("    books", "    other: int = 0 #"))
    both = module(monkeypatch, "both_module", BOOK + WRITER)
    assert both.Codex._db_meta.relations["writer"].model is both.Scrivener
    assert both.Scrivener(id=1).books == []


def test_a_name_that_two_other_modules_have(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one_module", "two_module"):
        module(monkeypatch, name, WRITER.replace("    books", "    other: int = 0 #"))
    books = module(monkeypatch, "books_module", BOOK)
    with pytest.raises(
        FieldError, match=r"there are 2: one_module\.Scrivener, two_module\.Scrivener"
    ):
        _ = books.Codex._db_meta


def test_wrong_reverse_relations() -> None:
    class User(Model):
        class Meta:
            is_table = True

        id: int | None = key()

    class Post(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        author: User

    with pytest.raises(FieldError, match=r"Post has no foreign key `autor`"):

        class Reader(Model):
            class Meta:
                is_table = True

            id: int | None = key()
            posts: list[Post] = Field(db_reverse_fk="autor")

    with pytest.raises(FieldError, match=r"Post\.author refers to User, not to Critic"):

        class Critic(Model):
            class Meta:
                is_table = True

            id: int | None = key()
            posts: list[Post] = Field(db_reverse_fk="author")


def test_reverse_one_to_one() -> None:
    class User(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        profile: Optional["Profile"] = Field(db_reverse_fk="user")

    class Profile(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        user: User = Field(db_unique=True)

    assert User().profile is None
    relation = User._db_meta.relations["profile"]
    assert (relation.kind, relation.model, relation.many) == ("reverse_one_to_one", Profile, False)
    assert Profile._db_meta.relations["user"].kind == "one_to_one"


def test_many_to_many_with_a_declared_table() -> None:
    class Tag(Model):
        class Meta:
            is_table = True

        id: int | None = key()

    class Post(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        tags: list[Tag] = Field(db_m2m=True, db_through="PostTag")

    relation = Post._db_meta.relations["tags"]
    assert relation.kind == "many_to_many"
    with pytest.raises(FieldError, match="refers to `PostTag`, which is not defined"):
        _ = relation.through_model

    class PostTag(Model):
        class Meta:
            is_table = True

        post: Post = Field(db_pk=True)
        tag: Tag = Field(db_pk=True)
        weight: int = 0

    assert relation.through_model is PostTag
    assert (relation.through_source, relation.through_target) == ("post", "tag")
    assert Post().tags == []


def test_many_to_many_with_an_implicit_table() -> None:
    class Person(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        friends: list["Person"] = Field(db_m2m=True)

    relation = Person._db_meta.relations["friends"]
    through: Any = relation.through_model
    assert through is relation.through_model
    assert (relation.through_source, relation.through_target) == ("from_person", "to_person")
    assert through._db_meta.table_name == "person_friends"
    assert through._db_meta.primary_key == ("from_person_id", "to_person_id")
    assert tables_by_name()["person_friends"] is through
    assert through(from_person_id=1, to_person_id=2).to_person_id == 2


def test_table_between_without_both_foreign_keys() -> None:
    class Tag(Model):
        class Meta:
            is_table = True

        id: int | None = key()

    class Post(Model):
        class Meta:
            is_table = True

        id: int | None = key()
        tags: list[Tag] = Field(db_m2m=True, db_through=Tag)

    with pytest.raises(FieldError, match="needs one foreign key to Post and one to Tag"):
        _ = Post._db_meta.relations["tags"].through_model
