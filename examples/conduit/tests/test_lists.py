"""Lists of articles, the feed and the tags."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from conduit.models import Article, Favorite, Follow, User
from oxyde.testing import assert_num_queries
from tests.factories import ArticleFactory, TagFactory

START = datetime(2024, 1, 1, tzinfo=timezone.utc)


async def write(author: User, *titles: str) -> list[Article]:
    """Articles of one author, a day after one another."""
    return [
        await ArticleFactory.create(
            author=author, title=title, created_at=START + timedelta(days=day)
        )
        for day, title in enumerate(titles)
    ]


def titles(response: httpx.Response) -> list[str]:
    """The titles of a page."""
    body: dict[str, Any] = response.json()
    return [article["title"] for article in body["articles"]]


async def test_no_articles(anybody: httpx.AsyncClient) -> None:
    """An empty list is no error."""
    assert (await anybody.get("/api/articles")).json() == {"articles": [], "articlesCount": 0}


async def test_the_newest_come_first_in_pages(anybody: httpx.AsyncClient, ann: User) -> None:
    """A page has a part of the articles, and the number of all."""
    await write(ann, *"abcde")
    response = await anybody.get("/api/articles", params={"limit": 2, "offset": 1})
    assert titles(response) == ["d", "c"]
    assert response.json()["articlesCount"] == 5
    assert "body" not in response.json()["articles"][0]
    assert titles(await anybody.get("/api/articles", params={"offset": 9})) == []


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}])
async def test_a_page_that_cannot_be(anybody: httpx.AsyncClient, params: dict[str, Any]) -> None:
    """It is refused, before a statement runs."""
    with assert_num_queries(0):
        response = await anybody.get("/api/articles", params=params)
    assert response.status_code == 422


async def test_of_an_author_with_a_tag_or_liked(
    anybody: httpx.AsyncClient, ann: User, bob: User
) -> None:
    """The conditions can be combined."""
    first, second = await write(ann, "first", "second")
    (third,) = await write(bob, "third")
    tag = await TagFactory.create(name="dragons")
    for article in (first, third):
        await article.tags_set.add(tag)
    await Favorite.objects.create(user=bob, article=second)
    for params, expected in [
        ({"author": "ann"}, ["second", "first"]),
        ({"tag": "dragons", "author": "ann"}, ["first"]),
        ({"tag": "dragons", "author": "bob"}, ["third"]),
        ({"favorited": "bob"}, ["second"]),
        ({"favorited": "bob", "tag": "dragons"}, []),
        ({"author": "nobody"}, []),
    ]:
        response = await anybody.get("/api/articles", params=params)
        assert titles(response) == expected
        assert response.json()["articlesCount"] == len(expected)


async def test_the_feed(as_ann: httpx.AsyncClient, ann: User, bob: User) -> None:
    """It has the articles of those whom one follows."""
    await write(ann, "own")
    await write(bob, "one", "two")
    assert titles(await as_ann.get("/api/articles/feed")) == []
    await Follow.objects.create(follower=ann, followed=bob)
    response = await as_ann.get("/api/articles/feed", params={"limit": 1})
    assert titles(response) == ["two"]
    assert response.json()["articlesCount"] == 2
    assert response.json()["articles"][0]["author"]["following"] is True


async def test_the_feed_needs_a_login(anybody: httpx.AsyncClient) -> None:
    """Without a token there is nobody who follows."""
    assert (await anybody.get("/api/articles/feed")).status_code == 401


@pytest.mark.parametrize("size", [1, 20])
async def test_the_number_of_statements(as_ann: httpx.AsyncClient, size: int) -> None:
    """The user, the number, the articles with their authors, the tags, and whom one follows."""
    await ArticleFactory.create_batch(size)
    with assert_num_queries(5):
        response = await as_ann.get("/api/articles")
    assert len(titles(response)) == size


async def test_tags(anybody: httpx.AsyncClient) -> None:
    """They come in the order of the alphabet."""
    assert (await anybody.get("/api/tags")).json() == {"tags": []}
    for name in ("rust", "dragons", "python"):
        await TagFactory.create(name=name)
    assert (await anybody.get("/api/tags")).json() == {"tags": ["dragons", "python", "rust"]}
