"""Fields of `Json[...]`: the text of a document comes in, the document is stored and read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Json, ValidationError, model_validator
from typing_extensions import Self

from oxyde import Field, Model, create_tables
from oxyde.db import AsyncDatabase


class Paper(Model):
    class Meta:
        is_table = True
        table_name = "json_papers"

    id: int | None = Field(default=None, db_pk=True)
    numbers: Json[list[int]] = Field(default_factory=list)
    facts: Json[dict[str, Any]] | None = None
    anything: Json = None


class Checked(Model):
    class Meta:
        is_table = True
        table_name = "json_checked"

    id: int | None = Field(default=None, db_pk=True)
    numbers: Json[list[int]]
    word: Json[str] = ""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.numbers:
            raise ValueError("no numbers")
        return self


@pytest.fixture
async def tables(database: AsyncDatabase) -> None:
    """The tables."""
    await create_tables(models=[Paper, Checked])


async def test_each_way_to_write_is_read_back(tables: None) -> None:
    objects = Paper.objects
    one = await objects.create(numbers="[1, 2]", facts='{"a": 1}', anything='"text"')
    assert (one.numbers, one.facts, one.anything) == ([1, 2], {"a": 1}, "text")
    two = Paper(numbers="[3]")
    await two.save()
    three, four = await objects.bulk_create([{"numbers": "[4]"}, Paper(facts='{"b": null}')])
    upserted = await objects.upsert(id=one.id, numbers="[5, 6]")
    assert upserted.numbers == [5, 6]
    assert await objects.filter(id=two.id).update(numbers="[7]", facts='{"c": [1]}') == 1
    read = await objects.order_by("id").all()
    assert [paper.numbers for paper in read] == [[5, 6], [7], [4], []]
    assert [paper.facts for paper in read] == [{"a": 1}, {"c": [1]}, None, {"b": None}]
    assert [paper.anything for paper in read] == ["text", None, None, None]
    assert [three.id, four.id] == [paper.id for paper in read[2:]]
    rows = await objects.order_by("id").values_list("numbers", "facts")
    assert rows == [(paper.numbers, paper.facts) for paper in read]


async def test_loaded_documents_are_changed_and_saved(tables: None) -> None:
    await Paper.objects.create(numbers="[1]", facts='{"a": 1}')
    paper = await Paper.objects.get()
    paper.numbers.append(2)
    await paper.save()
    assert (await Paper.objects.get()).numbers == [1, 2]
    paper.numbers = [9]
    paper.facts = {"z": 1}
    await paper.save()
    read = await Paper.objects.get()
    assert (read.numbers, read.facts) == ([9], {"z": 1})
    read.numbers = [3, 4]
    assert await Paper.objects.bulk_update([read], ["numbers", "facts"]) == 1
    assert (await Paper.objects.get()).numbers == [3, 4]


async def test_filters(tables: None) -> None:
    await Paper.objects.bulk_create([{"facts": '{"a": 1}'}, {"facts": '{"a": 2}'}])
    assert await Paper.objects.filter(facts__a=2).count() == 1
    assert await Paper.objects.filter(facts={"a": 1}).count() == 1


async def test_with_a_validator_of_the_whole_model(tables: None) -> None:
    await Checked.objects.create(numbers="[1, 2]", word='"5"')
    read = await Checked.objects.get()
    assert (read.numbers, read.word) == ([1, 2], "5")
    only = await Checked.objects.only("id", "word").get()
    assert only.word == "5"


async def test_what_is_no_document_is_refused(tables: None) -> None:
    with pytest.raises(ValidationError):
        await Paper.objects.create(numbers="[1")
    with pytest.raises(ValidationError):
        await Paper.objects.create(numbers='["x"]')
    with pytest.raises(ValidationError):
        await Paper.objects.update(numbers='{"a": 1}')
    assert await Paper.objects.count() == 0
