"""Articles: publishing, changing, favourites."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conduit.models import Article, Comment, Favorite, Tag, User
from oxyde.testing import assert_num_queries
from tests.factories import ArticleFactory, CommentFactory

DRAGONS = {
    "title": "How to train your dragon",
    "description": "Ever wonder how?",
    "body": "It takes a Jacobian.",
    "tagList": ["training", "dragons", "dragons"],
}


async def publish(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Publish an article; what the response says of it."""
    response = await client.post("/api/articles", json={"article": {**DRAGONS, **changes}})
    assert response.status_code == 201, response.text
    article: dict[str, Any] = response.json()["article"]
    return article


async def test_publishing(as_ann: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    """Everybody sees the article, with its tags."""
    article = await publish(as_ann)
    assert article["slug"].startswith("how-to-train-your-dragon-")
    assert article["tagList"] == ["dragons", "training"]
    assert article["author"]["username"] == "ann"
    assert (article["favorited"], article["favoritesCount"]) == (False, 0)
    seen = (await anybody.get(f"/api/articles/{article['slug']}")).json()["article"]
    assert seen == article


async def test_two_articles_with_one_title(as_ann: httpx.AsyncClient) -> None:
    """Each has an address of its own, and they share their tags."""
    first, second = await publish(as_ann), await publish(as_ann)
    assert first["slug"] != second["slug"]
    assert await Tag.objects.count() == 2


@pytest.mark.parametrize("title", ["Über Füße", "龍の訓練", "!!!"])
async def test_any_title_gives_an_address(as_ann: httpx.AsyncClient, title: str) -> None:
    """Also one without a letter of the alphabet."""
    article = await publish(as_ann, title=title)
    assert article["title"] == title
    assert article["slug"].isascii()
    assert (await as_ann.get(f"/api/articles/{article['slug']}")).status_code == 200


@pytest.mark.parametrize("field", ["title", "description", "body"])
async def test_an_article_that_lacks_something(as_ann: httpx.AsyncClient, field: str) -> None:
    """Nothing is published, and no tag is added."""
    response = await as_ann.post("/api/articles", json={"article": {**DRAGONS, field: " "}})
    assert response.status_code == 422
    assert field in response.json()["errors"]
    assert await Article.objects.count() == await Tag.objects.count() == 0


async def test_changing_ones_own_article(as_ann: httpx.AsyncClient, ann: User) -> None:
    """A new title gives a new address; what is not given stays."""
    article = await ArticleFactory.create(author=ann, title="Old", body="Text")
    url = f"/api/articles/{article.slug}"
    changed = (await as_ann.put(url, json={"article": {"title": "New"}})).json()["article"]
    assert (changed["title"], changed["body"]) == ("New", "Text")
    assert changed["slug"].startswith("new-")
    assert changed["updatedAt"] > changed["createdAt"]
    assert (await as_ann.get(url)).status_code == 404
    same = await as_ann.put(f"/api/articles/{changed['slug']}", json={"article": {"body": "More"}})
    assert same.json()["article"]["slug"] == changed["slug"]


async def test_deleting_ones_own_article(as_ann: httpx.AsyncClient, ann: User) -> None:
    """Its comments go with it, and other articles stay."""
    article = await ArticleFactory.create(author=ann)
    await CommentFactory.create_batch(2, article=article)
    other = await CommentFactory.create()
    assert (await as_ann.delete(f"/api/articles/{article.slug}")).status_code == 204
    assert await Article.objects.values_list("id", flat=True).all() == [other.article_id]
    assert await Comment.objects.values_list("id", flat=True).all() == [other.id]


async def test_the_article_of_somebody_else(as_ann: httpx.AsyncClient) -> None:
    """It cannot be changed or deleted."""
    article = await ArticleFactory.create()
    url = f"/api/articles/{article.slug}"
    assert (await as_ann.put(url, json={"article": {"title": "Mine"}})).status_code == 403
    assert (await as_ann.delete(url)).status_code == 403
    assert (await Article.objects.get(id=article.id)).title == article.title


async def test_liking(as_ann: httpx.AsyncClient, as_bob: httpx.AsyncClient) -> None:
    """Each user counts once; readers see what they like themselves."""
    slug = (await ArticleFactory.create()).slug
    url = f"/api/articles/{slug}/favorite"
    await as_bob.post(url)
    for _ in range(2):
        article = (await as_ann.post(url)).json()["article"]
        assert (article["favorited"], article["favoritesCount"]) == (True, 2)
    await as_bob.delete(url)
    article = (await as_bob.get(f"/api/articles/{slug}")).json()["article"]
    assert (article["favorited"], article["favoritesCount"]) == (False, 1)
    assert await Favorite.objects.count() == 1


async def test_an_article_that_does_not_exist(as_ann: httpx.AsyncClient) -> None:
    """Status 404, whatever is asked."""
    url = "/api/articles/nothing"
    assert (await as_ann.get(url)).status_code == 404
    assert (await as_ann.put(url, json={"article": {}})).status_code == 404
    assert (await as_ann.delete(url)).status_code == 404
    assert (await as_ann.post(f"{url}/favorite")).status_code == 404


async def test_writing_needs_a_login(anybody: httpx.AsyncClient) -> None:
    """Without a token one only reads."""
    slug = (await ArticleFactory.create()).slug
    assert (await anybody.post("/api/articles", json={"article": DRAGONS})).status_code == 401
    assert (await anybody.delete(f"/api/articles/{slug}")).status_code == 401
    assert (await anybody.post(f"/api/articles/{slug}/favorite")).status_code == 401


async def test_the_number_of_statements(as_ann: httpx.AsyncClient) -> None:
    """The user, the article twice, its tags, and whom the reader follows."""
    slug = (await ArticleFactory.create()).slug
    with assert_num_queries(5):
        await as_ann.get(f"/api/articles/{slug}")


@pytest.mark.oxyde(transaction=True)
async def test_publishing_is_all_or_nothing(as_ann: httpx.AsyncClient) -> None:
    """With real transactions: the article is there for other connections."""
    article = await publish(as_ann)
    assert await Article.objects.filter(slug=article["slug"]).count() == 1
    assert await Tag.objects.count() == 2
