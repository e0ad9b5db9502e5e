"""Vectors in `oxyde studio`."""

from __future__ import annotations

from support.pages import Studio
from support.passages import MODELS, Passage

from oxyde.db import AsyncDatabase


async def test_vectors_are_cut_and_can_be_changed(vectors: AsyncDatabase) -> None:
    row = await Passage.objects.create(text="a", embedding=[1.0, 0.123456, -2.0])
    studio = Studio(vectors, MODELS, write=True)
    async with studio.client:
        await studio.log_in()
        page = await studio.get("/rows/vector_passage")
        assert "3 numbers · [1, 0.1235, -2]" in page.text
        page = await studio.get("/edit/vector_passage", id=str(row.id))
        await studio.send(page, {"embedding": "[0.5, 1, 2]"})
        assert (await Passage.objects.get(id=row.id)).embedding == [0.5, 1.0, 2.0]
        page = await studio.get("/edit/vector_passage", id=str(row.id))
        sent = await studio.send(page, {"embedding": "[1, 2]"}, status=422)
        assert "embedding" in sent.errors
