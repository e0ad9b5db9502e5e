"""Random prefixes of random strings: the ranges that `startswith` becomes, against functions that
cut the strings, and against Python.

The letters are those that LIKE takes as wildcards, the last ones of the ranges of UTF-8 and UTF-16,
spaces, and letters with case and accents.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.collated import MODELS, letters
from support.examples import examples
from support.reference import fold, holds

from oxyde import F, Field, Model, db
from oxyde.db import AsyncDatabase
from oxyde.queries import Lower, Substr


class Word(Model):
    class Meta:
        is_table = True
        table_name = "prefix_word"

    id: int = Field(db_pk=True)
    plain: str
    short: str | None = Field(default=None, max_length=40, db_index=True)
    found: bool = False


class Phrase(Model):
    class Meta:
        is_table = True
        table_name = "prefix_phrase"

    id: int = Field(db_pk=True)
    word: Word | None = Field(default=None, db_on_delete="SET NULL")


_LAST = "\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"
_LETTERS = "aAbBéÉæÆяЯ"
_TEXTS = st.text(st.sampled_from([*"%_\\' ", *_LAST, *_LETTERS, *"aA"]), max_size=5)


@st.composite
def _prefixes(draw: st.DrawFn, texts: list[str]) -> str:
    """Often the start of one of the texts, at times with its last letter changed."""
    if not draw(st.integers(0, 3)):
        return draw(_TEXTS)
    text = draw(st.sampled_from(texts))
    prefix = text[: draw(st.integers(0, len(text)))]
    return draw(st.sampled_from([prefix, prefix, prefix.swapcase(), prefix + draw(_TEXTS)]))


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


@pytest.fixture
async def tables(database: AsyncDatabase) -> AsyncDatabase:
    await db.create_tables(models=[Word, Phrase])
    return database


_WORDS = st.lists(st.tuples(_TEXTS, st.none() | _TEXTS), min_size=1, max_size=12)


@examples(15)
@given(data=st.data(), words=_WORDS)
async def test_prefixes(
    tables: AsyncDatabase, data: st.DataObject, words: list[tuple[str, str | None]]
) -> None:
    await Phrase.objects.delete()
    await Word.objects.delete()
    numbered = list(enumerate(words, 1))
    await Word.objects.bulk_create([{"id": n, "plain": p, "short": s} for n, (p, s) in numbered])
    await Phrase.objects.bulk_create(
        [{"id": 100, "word_id": None}, *[{"id": n, "word_id": n} for n, _ in numbered]]
    )
    every = [n for n, _ in numbered]
    texts = [text for pair in words for text in pair if text is not None]

    async def check(column: str, lookup: str, prefix: str) -> None:
        place = ("plain", "short").index(column)
        expected = [n for n, word in numbered if holds(lookup, word[place], prefix)]
        others = [n for n in every if n not in expected]
        case = (column, lookup, prefix, words)
        condition = {f"{column}__{lookup}": prefix}
        assert await _ids(Word.objects.filter(**condition)) == expected, case
        assert await _ids(Word.objects.exclude(**condition)) == others, case
        of_word = {f"word__{column}__{lookup}": prefix}
        assert await _ids(Phrase.objects.filter(**of_word)) == expected, case
        assert await _ids(Phrase.objects.exclude(**of_word)) == [*others, 100], case
        # The same by functions, which no index serves.
        cut: Any = Substr(column if lookup == "startswith" else Lower(column), 1, len(prefix))
        start = prefix if lookup == "startswith" else fold(prefix)
        assert await _ids(Word.objects.annotate(start=cut).filter(start=start)) == expected, case
        assert (
            await _ids(Word.objects.annotate(same=F(column)).filter(**{f"same__{lookup}": prefix}))
            == expected
        ), case

    for column in ("plain", "short"):
        for _ in range(3):
            prefix = data.draw(_prefixes(texts))
            await check(column, "startswith", prefix)
            await check(column, "istartswith", prefix)
    prefix = data.draw(_prefixes(texts))
    expected = [n for n, word in numbered if word[0].startswith(prefix)]
    changed = Word.objects.filter(plain__startswith=prefix)
    assert await changed.update(found=True) == len(expected), (prefix, words)
    assert await _ids(Word.objects.filter(found=True)) == expected
    assert await changed.delete() == len(expected), (prefix, words)
    assert await _ids(Word.objects) == [n for n in every if n not in expected]


@examples(15)
@given(data=st.data(), texts=st.lists(st.text("aAbBéÉ%_ ", max_size=5), min_size=1, max_size=12))
async def test_prefixes_by_the_collation_of_the_column(
    database: AsyncDatabase, flavour: str, data: st.DataObject, texts: list[str]
) -> None:
    model = MODELS[flavour]
    await db.create_tables(models=[model])
    await model.objects.delete()
    numbered = list(enumerate(texts, 1))
    await model.objects.bulk_create([{"id": n, "text": text} for n, text in numbered])
    for _ in range(6):
        prefix = data.draw(_prefixes(texts))
        start = letters(flavour, prefix)
        expected = [n for n, text in numbered if letters(flavour, text)[: len(prefix)] == start]
        found = await _ids(model.objects.filter(text__startswith=prefix))
        assert found == expected, (prefix, texts)
        cut = model.objects.annotate(start=Substr("text", 1, len(prefix)))
        assert await _ids(cut.filter(start__startswith=prefix)) == expected, (prefix, texts)
