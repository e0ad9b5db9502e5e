"""join() through any depth and several paths, against plain SQL."""

from __future__ import annotations

from support.newsroom import Article, Note, Writer, table

from oxyde.db import AsyncDatabase


async def test_deep_and_parallel_paths(news: AsyncDatabase) -> None:
    notes = (
        await Note.objects.join("article__writer__agency", "article__reviewer__chief", "by__agency")
        .order_by("id")
        .all()
    )

    def name(row: object) -> str | None:
        return None if row is None else row.name  # type: ignore[attr-defined, no-any-return]

    found = [
        (
            note.id,
            note.article.title,
            name(note.article.writer),
            name(note.article.writer.agency),
            name(note.article.reviewer),
            name(note.article.reviewer and note.article.reviewer.chief),
            name(note.by),
            name(note.by and note.by.agency),
        )
        for note in notes
    ]
    assert found == await table(
        "SELECT n.id, a.title, w.name, wa.name AS wan, r.name AS rn, c.name AS cn, b.name AS bn,"
        " ba.name AS ban FROM news_note n JOIN news_article a ON a.id = n.article_id"
        " JOIN news_writer w ON w.id = a.writer_id LEFT JOIN news_agency wa ON wa.id = w.agency_id"
        " LEFT JOIN news_writer r ON r.id = a.reviewer_id"
        " LEFT JOIN news_writer c ON c.id = r.chief_id"
        " LEFT JOIN news_writer b ON b.id = n.by_id LEFT JOIN news_agency ba ON ba.id = b.agency_id"
        " ORDER BY n.id"
    )


async def test_one_instance_for_one_row(news: AsyncDatabase) -> None:
    notes = await Note.objects.join("article__writer").order_by("id").all()
    assert notes[0].article is notes[1].article is notes[2].article
    assert notes[0].article.writer is notes[3].article.writer
    assert notes[0].article is not notes[3].article


async def test_null_parents_anywhere(news: AsyncDatabase) -> None:
    writers = await Writer.objects.join("chief__chief__agency").order_by("id").all()
    assert [writer.chief and writer.chief.name for writer in writers] == [
        None,
        "Ada",
        "Ada",
        "Bob",
        None,
    ]
    dot = writers[3]
    assert dot.chief is not None
    assert dot.chief.chief is not None
    assert dot.chief.chief.agency is not None
    assert dot.chief.chief.agency.name == "North"
    assert dot.agency is None


async def test_join_with_filter_order_and_slice(news: AsyncDatabase) -> None:
    query = (
        Article.objects.join("writer")
        .filter(writer__name__in=["Ada", "Cem"], tags__label="politics")
        .order_by("-writer__name")
    )
    assert [(article.title, article.writer.name) for article in await query.all()] == [
        ("Vote", "Cem"), ("Vote", "Ada"),
    ]  # fmt: skip
    assert (await query[1:2].all())[0].id == 1
    assert await query.count() == 2
    assert await query.exists()
