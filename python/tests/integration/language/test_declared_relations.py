"""What a model declares for type checkers: keys of relations, managers, annotations."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import ValidationError

from oxyde import AsyncDatabase, Count, Field, Model, RelatedManager, create_tables


class PressAuthor(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str
    issues: list[PressIssue] = Field(db_reverse_fk="editor")


class PressTag(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    name: str


class PressIssue(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    title: str
    author: PressAuthor | None = Field(default=None, db_on_delete="SET NULL")
    author_id: int | None = None
    editor: PressAuthor = Field(default=..., db_on_delete="CASCADE")
    editor_id: int = Field(default=...)
    tags: list[PressTag] = Field(db_m2m=True)
    tags_set: ClassVar[RelatedManager[PressTag]]
    tag_count: ClassVar[int]


@pytest.fixture
async def editor(database: AsyncDatabase) -> PressAuthor:
    await create_tables(models=[PressAuthor, PressTag, PressIssue])
    return await PressAuthor.objects.create(name="Ann")


async def test_either_name_of_a_declared_key(editor: PressAuthor) -> None:
    assert editor.id is not None
    one = await PressIssue(title="one", editor_id=editor.id).save()
    two = await PressIssue(title="two", editor=editor, author_id=editor.id).save()
    assert (one.editor_id, one.author_id) == (editor.id, None)
    assert (two.editor_id, two.author_id) == (editor.id, editor.id)
    mine = PressIssue.objects.filter(lambda i: i.author_id == editor.id)
    assert await mine.values_list(lambda i: i.id, flat=True) == [two.id]
    one.author_id = editor.id
    await one.save(update_fields=["author"])
    joined = await PressIssue.objects.join("author").get(id=one.id)
    assert joined.author == editor
    with pytest.raises(ValidationError, match="editor_id"):
        PressIssue(title="nobody")


async def test_declared_managers_and_annotations(editor: PressAuthor) -> None:
    issue = await PressIssue(title="one", editor=editor).save()
    tag = await PressTag.objects.create(name="x")
    await issue.tags_set.add(tag)
    assert await issue.tags_set.all() == [tag]
    counted = await PressIssue.objects.annotate(tag_count=Count("tags")).get(id=issue.id)
    assert counted.tag_count == 1
    assert "tag_count" not in PressIssue.model_fields
    with pytest.raises(AttributeError):
        _ = issue.tag_count
