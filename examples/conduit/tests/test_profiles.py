"""Users as others see them, and whom one follows."""

from __future__ import annotations

import httpx
import pytest

from conduit.models import Follow, User


async def test_a_profile(anybody: httpx.AsyncClient, bob: User) -> None:
    """Everybody sees it, without the address."""
    response = await anybody.get("/api/profiles/bob")
    assert response.json() == {
        "profile": {"username": "bob", "bio": None, "image": None, "following": False}
    }


@pytest.mark.usefixtures("bob")
async def test_following(as_ann: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    """One follows once, however often one says so."""
    for _ in range(2):
        response = await as_ann.post("/api/profiles/bob/follow")
        assert response.json()["profile"]["following"] is True
    assert await Follow.objects.count() == 1
    assert (await as_ann.get("/api/profiles/bob")).json()["profile"]["following"] is True
    assert (await anybody.get("/api/profiles/bob")).json()["profile"]["following"] is False
    for _ in range(2):
        response = await as_ann.delete("/api/profiles/bob/follow")
        assert response.json()["profile"]["following"] is False
    assert await Follow.objects.count() == 0


async def test_nobody_follows_themselves(as_ann: httpx.AsyncClient) -> None:
    """It makes no sense."""
    assert (await as_ann.post("/api/profiles/ann/follow")).status_code == 422


async def test_a_user_that_does_not_exist(as_ann: httpx.AsyncClient) -> None:
    """Status 404, whatever is asked."""
    assert (await as_ann.get("/api/profiles/nobody")).status_code == 404
    assert (await as_ann.post("/api/profiles/nobody/follow")).status_code == 404
    assert (await as_ann.delete("/api/profiles/nobody/follow")).status_code == 404


@pytest.mark.usefixtures("bob")
async def test_following_needs_a_login(anybody: httpx.AsyncClient) -> None:
    """Without a token there is nobody who follows."""
    assert (await anybody.post("/api/profiles/bob/follow")).status_code == 401
