"""join() and lookups over foreign keys, one level and more."""

from __future__ import annotations

import pytest
from support.library import Author, Book, Company, Library

from oxyde import Q, atomic
from oxyde.exceptions import FieldError


async def test_join_loads_the_parent(books: Library) -> None:
    found = await Book.objects.join("author").order_by("id").all()
    assert [book.author.name for book in found] == [
        books.author(book.author_id).name
        for book in books.books  # type: ignore[union-attr, attr-defined]
    ]
    assert all(isinstance(book.author, Author) for book in found)
    assert found[0].author == books.authors[0]
    assert all(book.editor is None for book in found)


async def test_a_parent_that_is_not_there_is_none(books: Library) -> None:
    found = await Book.objects.join("editor").order_by("id").all()
    assert len(found) == 7
    assert [book.editor and book.editor.id for book in found] == [
        book.editor_id
        for book in books.books  # type: ignore[attr-defined]
    ]


async def test_one_row_is_one_instance(books: Library) -> None:
    found = await Book.objects.join("author", "editor").order_by("id").all()
    assert found[0].author is found[1].author is found[2].author
    # Åse as an author and Åse as an editor are the same row.
    assert found[3].editor is not None
    assert found[3].editor.name == found[0].author.name == "Åse"
    assert found[3].author is not found[0].author


async def test_joined_rows_can_be_changed_and_saved(books: Library) -> None:
    book = await Book.objects.join("author").get(id=1)
    book.author.age = 71
    await book.author.save()
    book.pages = 301
    await book.save()
    assert (await Author.objects.get(id=1)).age == 71
    stored = await Book.objects.get(id=1)
    assert (stored.pages, stored.author_id) == (301, 1)  # type: ignore[attr-defined]


async def test_several_paths_and_levels(books: Library) -> None:
    found = await Book.objects.join("author__company", "editor__mentor").order_by("id").all()
    for book, expected in zip(found, books.books, strict=True):
        author = books.author(expected.author_id)  # type: ignore[attr-defined]
        assert author is not None
        company = books.company(author.company_id)  # type: ignore[attr-defined]
        assert (book.author.company and book.author.company.name) == (company and company.name)
        editor = books.author(expected.editor_id)  # type: ignore[attr-defined]
        if editor is None:
            assert book.editor is None
        else:
            assert book.editor is not None
            mentor = books.author(editor.mentor_id)  # type: ignore[attr-defined]
            assert (book.editor.mentor and book.editor.mentor.name) == (mentor and mentor.name)


async def test_self_joins(books: Library) -> None:
    found = await Author.objects.join("mentor__mentor").order_by("id").all()
    dag = found[3]
    assert dag.mentor is not None
    assert dag.mentor.mentor is not None
    assert (dag.mentor.name, dag.mentor.mentor.name) == ("Bo", "Åse")
    assert found[0].mentor is None


async def test_filters_over_relations(books: Library) -> None:
    async def ids(*conditions: Q, **lookups: object) -> list[int]:
        return (
            await Book.objects.filter(*conditions, **lookups)
            .order_by("id")
            .values_list("id", flat=True)
        )

    assert await ids(author__name="Bo") == [4, 5]
    assert await ids(author__company__name="Aschehoug") == [1, 2, 3, 4, 5]
    assert await ids(author__company__name__istartswith="gy") == [7]
    assert await ids(author__mentor__company__country="Norway") == [4, 5, 6]
    assert await ids(editor__isnull=True) == [2, 6]
    assert await ids(editor__name=None) == [2, 6]
    assert await ids(author=books.authors[1]) == [4, 5]
    assert await ids(author_id=2) == [4, 5]
    assert await ids(author__id__in=[2, 5]) == [4, 5, 7]
    assert await ids(Q(author__name="Bo") | Q(editor__name="Bo")) == [1, 4, 5]
    assert await ids(~Q(editor__name="Bo")) == [2, 3, 4, 6, 7]
    assert await ids(author__age__isnull=True) == [6]
    assert await ids(Q(editor__company=None)) == [2, 6]


async def test_exclude_keeps_rows_without_a_parent(books: Library) -> None:
    found = (
        await Book.objects.exclude(editor__name="Bo").order_by("id").values_list("id", flat=True)
    )
    assert found == [2, 3, 4, 6, 7]
    found = (
        await Author.objects.exclude(mentor__age__gt=50)
        .order_by("id")
        .values_list("name", flat=True)
    )
    assert found == ["Åse", "Dag", "Eli"]


async def test_order_by_a_parent_keeps_rows_without_one(books: Library) -> None:
    found = await Book.objects.order_by("editor__name", "id").values_list("id", flat=True)
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]
    with_editor = [each for each in found if each not in (2, 6)]
    assert with_editor == [1, 5, 3, 4, 7]


async def test_a_join_and_a_filter_over_the_same_path_are_one_join(books: Library) -> None:
    query = Book.objects.join("author").filter(author__name="Bo").order_by("author__name", "-id")
    assert query.sql()[0].upper().count("JOIN") == 1
    assert [book.id for book in await query.all()] == [5, 4]
    assert await query.count() == 2
    assert (await query.first()).id == 5  # type: ignore[union-attr]


async def test_lookups_over_the_other_side(books: Library) -> None:
    async def names(**lookups: object) -> list[str]:
        return await Author.objects.filter(**lookups).order_by("id").values_list("name", flat=True)

    assert await names(books__pages__gt=500) == ["Åse", "Cleo"]
    assert await names(books__genre="novel") == ["Åse", "Eli"]  # Åse once, though she has two
    assert await names(books__genre="poems", books__pages__lt=100) == ["Bo"]
    assert await names(books__isnull=True) == ["Dag"]
    assert await names(edited__author__name="Åse") == ["Bo", "Cleo"]
    without = (
        await Author.objects.exclude(books__genre="novel")
        .order_by("id")
        .values_list("name", flat=True)
    )
    assert without == ["Bo", "Cleo", "Dag"]


async def test_join_refuses_what_it_cannot_load(books: Library) -> None:
    for wrong in ("autor", "title", "author__nothing", "author_id"):
        with pytest.raises(FieldError) as caught:
            await Book.objects.join(wrong).all()
        assert "hint" in str(caught.value)
    with pytest.raises(FieldError) as caught:
        await Author.objects.join("books").all()
    assert "prefetch" in str(caught.value)


async def test_join_inside_a_transaction(books: Library) -> None:
    async with atomic():
        company = await Company.objects.create(id=9, name="New")
        await Author.objects.filter(id=2).update(company=company)
        book = await Book.objects.join("author__company").get(id=4)
        assert book.author.company == company
