"""Text with the NUL character, which only SQLite stores: the lookups see what comes after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oxyde import Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Concat, F, Value

pytestmark = pytest.mark.databases("sqlite")

TEXTS = ["a\0b", "a", "a\0B", "a\0", "\0a", "", "ab", "A\0b", "a\0bc", "xa\0b", "\0", "é\0ß"]

LOOKUPS: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda text, part: text == part,
    "iexact": lambda text, part: text.lower() == part.lower(),
    "contains": lambda text, part: part in text,
    "icontains": lambda text, part: part.lower() in text.lower(),
    "startswith": lambda text, part: text.startswith(part),
    "istartswith": lambda text, part: text.lower().startswith(part.lower()),
    "endswith": lambda text, part: text.endswith(part),
    "iendswith": lambda text, part: text.lower().endswith(part.lower()),
    "gt": lambda text, part: text > part,
    "lte": lambda text, part: text <= part,
    "in": lambda text, part: text == part,
}


class Note(Model):
    class Meta:
        is_table = True
        table_name = "nul_note"

    id: int | None = Field(default=None, db_pk=True)
    text: str
    data: dict[str, str] = Field(default_factory=dict)


@pytest.fixture
async def notes(database: AsyncDatabase) -> None:
    await db.create_tables(models=[Note])
    await Note.objects.bulk_create([{"text": text, "data": {"k": text}} for text in TEXTS])


@pytest.mark.parametrize("lookup", LOOKUPS)
async def test_lookups(notes: None, lookup: str) -> None:
    query = Note.objects.annotate(made=Concat(F("text"), Value("")))
    for part in TEXTS:
        wanted = sorted(text for text in TEXTS if LOOKUPS[lookup](text, part))
        for count in (1, 50):
            value = [part, "none"] * count if lookup == "in" else part
            for path in ("text", "made", "data__k"):
                found = await query.filter(**{f"{path}__{lookup}": value}).all()
                assert sorted(note.text for note in found) == wanted, (path, part)


async def test_order_and_storage(notes: None) -> None:
    notes_ = await Note.objects.order_by("text").all()
    assert [note.text for note in notes_] == sorted(TEXTS)
    assert [note.data["k"] for note in notes_] == sorted(TEXTS)
    await Note.objects.filter(text="a\0b").update(text="c\0d", data__k="e\0f")
    changed = await Note.objects.get(text__endswith="\0d")
    assert (changed.text, changed.data) == ("c\0d", {"k": "e\0f"})
