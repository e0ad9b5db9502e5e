"""The whole API in one play, over HTTP, with the application's own lifespan, thread and loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from conduit.app import app

USER = {"email", "token", "username", "bio", "image"}
PROFILE = {"username", "bio", "image", "following"}
LISTED = {
    "slug",
    "title",
    "description",
    "tagList",
    "createdAt",
    "updatedAt",
    "favorited",
    "favoritesCount",
    "author",
}
COMMENT = {"id", "createdAt", "updatedAt", "body", "author"}


class Actor:
    """Somebody who uses the API.

    Args:
        client: the client.
        token: their token, if they have one.
    """

    def __init__(self, client: TestClient, token: str | None = None) -> None:
        self._client = client
        self._headers = {} if token is None else {"Authorization": f"Token {token}"}

    def does(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """Make a request, check its status, and return what the response contains."""
        response = self._client.request(
            method, f"/api{path}", json=body or None, headers=self._headers
        )
        assert response.status_code == status, (method, path, response.text)
        return response.json() if response.content else None


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The application, started."""
    with TestClient(app) as client:
        yield client


def join(client: TestClient, name: str) -> Actor:
    """Somebody registers, and logs in."""
    anybody = Actor(client)
    login = {"email": f"{name}@example.com", "password": "long enough"}
    made = anybody.does("POST", "/users", 201, user={"username": name, **login})
    assert set(made["user"]) == USER
    token = anybody.does("POST", "/users/login", user=login)["user"]["token"]
    return Actor(client, token)


def test_the_contract(client: TestClient) -> None:
    """Two users write, follow, like and comment; a visitor reads."""
    ann, bob, visitor = join(client, "ann"), join(client, "bob"), Actor(client)
    assert set(ann.does("GET", "/user")["user"]) == USER
    ann.does("PUT", "/user", user={"bio": "Writes.", "image": "https://example.com/ann.png"})

    slug = _article_is_published(ann, bob, visitor)
    _bob_follows_ann(bob, visitor)
    _bob_likes(bob, ann, slug)
    _comments(ann, bob, visitor, slug)

    assert visitor.does("GET", "/tags") == {"tags": ["dragons", "training"]}
    bob.does("DELETE", f"/articles/{slug}", 403)
    ann.does("DELETE", f"/articles/{slug}", 204)
    visitor.does("GET", f"/articles/{slug}", 404)
    assert visitor.does("GET", "/articles")["articlesCount"] == 0


def _article_is_published(ann: Actor, bob: Actor, visitor: Actor) -> str:
    article = {"title": "Dragons", "description": "How to train them", "body": "Gently."}
    visitor.does("POST", "/articles", 401, article=article)
    made = ann.does("POST", "/articles", 201, article={**article, "tagList": ["training"]})
    assert set(made["article"]) == LISTED | {"body"}
    assert set(made["article"]["author"]) == PROFILE
    url = f"/articles/{made['article']['slug']}"
    bob.does("PUT", url, 403, article={"body": "Roughly."})
    changed = ann.does("PUT", url, article={"body": "Very gently."})["article"]
    assert changed["body"] == "Very gently."
    ann.does("POST", "/articles", 201, article={**article, "title": "More", "tagList": ["dragons"]})
    page = visitor.does("GET", "/articles?limit=1")
    assert page["articlesCount"] == 2
    assert set(page["articles"][0]) == LISTED
    (more,) = visitor.does("GET", "/articles?tag=dragons")["articles"]
    ann.does("DELETE", f"/articles/{more['slug']}", 204)
    slug: str = changed["slug"]
    return slug


def _bob_follows_ann(bob: Actor, visitor: Actor) -> None:
    assert bob.does("GET", "/articles/feed") == {"articles": [], "articlesCount": 0}
    profile = bob.does("POST", "/profiles/ann/follow")["profile"]
    assert set(profile) == PROFILE
    assert (profile["following"], profile["bio"]) == (True, "Writes.")
    feed = bob.does("GET", "/articles/feed")
    assert [article["author"]["following"] for article in feed["articles"]] == [True]
    assert visitor.does("GET", "/profiles/ann")["profile"]["following"] is False
    bob.does("DELETE", "/profiles/ann/follow")
    assert bob.does("GET", "/articles/feed")["articlesCount"] == 0


def _bob_likes(bob: Actor, ann: Actor, slug: str) -> None:
    liked = bob.does("POST", f"/articles/{slug}/favorite")["article"]
    assert (liked["favorited"], liked["favoritesCount"]) == (True, 1)
    assert bob.does("GET", "/articles?favorited=bob")["articlesCount"] == 1
    seen = ann.does("GET", f"/articles/{slug}")["article"]
    assert (seen["favorited"], seen["favoritesCount"]) == (False, 1)
    bob.does("DELETE", f"/articles/{slug}/favorite")
    assert bob.does("GET", "/articles?favorited=bob")["articlesCount"] == 0


def _comments(ann: Actor, bob: Actor, visitor: Actor, slug: str) -> None:
    url = f"/articles/{slug}/comments"
    made = bob.does("POST", url, 201, comment={"body": "Thank you!"})["comment"]
    assert set(made) == COMMENT
    assert visitor.does("GET", url)["comments"] == [made]
    visitor.does("POST", url, 401, comment={"body": "Hello"})
    ann.does("DELETE", f"{url}/{made['id']}", 403)
    bob.does("DELETE", f"{url}/{made['id']}", 204)
    assert visitor.does("GET", url)["comments"] == []
