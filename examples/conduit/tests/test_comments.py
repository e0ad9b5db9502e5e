"""Comments."""

from __future__ import annotations

import httpx
import pytest

from conduit.models import Comment, Follow, User
from oxyde.testing import assert_num_queries
from tests.factories import ArticleFactory, CommentFactory


async def test_commenting(as_ann: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    """Everybody sees the comments, the oldest first."""
    url = f"/api/articles/{(await ArticleFactory.create()).slug}/comments"
    for body in ("First!", "Second."):
        response = await as_ann.post(url, json={"comment": {"body": body}})
        assert response.status_code == 201
        assert response.json()["comment"]["author"]["username"] == "ann"
    found = (await anybody.get(url)).json()["comments"]
    assert [comment["body"] for comment in found] == ["First!", "Second."]


async def test_readers_see_whom_they_follow(
    as_ann: httpx.AsyncClient, ann: User, bob: User
) -> None:
    """The author of each comment says so."""
    article = await ArticleFactory.create()
    await CommentFactory.create(article=article, author=bob, body="Bob's")
    await CommentFactory.create(article=article, body="Another's")
    await Follow.objects.create(follower=ann, followed=bob)
    with assert_num_queries(4):
        found = (await as_ann.get(f"/api/articles/{article.slug}/comments")).json()["comments"]
    assert {each["body"]: each["author"]["following"] for each in found} == {
        "Bob's": True,
        "Another's": False,
    }


@pytest.mark.parametrize("body", ["", "  ", "x" * 5_001, None])
async def test_a_comment_that_says_nothing(as_ann: httpx.AsyncClient, body: str | None) -> None:
    """Or too much."""
    url = f"/api/articles/{(await ArticleFactory.create()).slug}/comments"
    response = await as_ann.post(url, json={"comment": {"body": body}})
    assert response.status_code == 422
    assert "body" in response.json()["errors"]


async def test_deleting_a_comment(as_ann: httpx.AsyncClient, ann: User) -> None:
    """One deletes one's own, where it is."""
    own = await CommentFactory.create(author=ann)
    other = await CommentFactory.create(article=own.article)
    url = f"/api/articles/{own.article.slug}/comments"
    elsewhere = (await ArticleFactory.create()).slug
    assert (await as_ann.delete(f"{url}/{other.id}")).status_code == 403
    assert (await as_ann.delete(f"/api/articles/{elsewhere}/comments/{own.id}")).status_code == 404
    assert (await as_ann.delete(f"{url}/{own.id}")).status_code == 204
    assert (await as_ann.delete(f"{url}/{own.id}")).status_code == 404
    assert (await as_ann.delete(f"{url}/{2**63}")).status_code == 422
    assert await Comment.objects.count() == 1


async def test_commenting_needs_a_login_and_an_article(
    anybody: httpx.AsyncClient, as_ann: httpx.AsyncClient
) -> None:
    """Without them nothing is stored."""
    slug = (await ArticleFactory.create()).slug
    comment = {"comment": {"body": "Hello"}}
    assert (await anybody.post(f"/api/articles/{slug}/comments", json=comment)).status_code == 401
    assert (await as_ann.post("/api/articles/none/comments", json=comment)).status_code == 404
    assert (await anybody.get("/api/articles/none/comments")).status_code == 404
    assert await Comment.objects.count() == 0
