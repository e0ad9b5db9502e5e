"""Registration, login and one's own account."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import httpx
import pytest
import time_machine

from conduit.models import User
from conduit.security import token_for, user_of
from tests.factories import PASSWORD

CY = {"username": "cy", "email": "cy@example.com", "password": "long enough"}


async def test_registering(anybody: httpx.AsyncClient) -> None:
    """A new user gets a token, and the password is stored as a hash."""
    response = await anybody.post("/api/users", json={"user": CY})
    assert response.status_code == 201
    user = response.json()["user"]
    assert set(user) == {"email", "token", "username", "bio", "image"}
    assert (user["username"], user["bio"]) == ("cy", None)
    stored = await User.objects.get(username="cy")
    assert "long enough" not in stored.password
    assert user_of(user["token"]) == stored.id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "x" * 51),
        ("email", "no address"),
        ("password", "short"),
        ("username", None),
    ],
)
async def test_registering_with_something_wrong(
    anybody: httpx.AsyncClient, field: str, value: str | None
) -> None:
    """The response names the field."""
    response = await anybody.post("/api/users", json={"user": {**CY, field: value}})
    assert response.status_code == 422
    assert field in response.json()["errors"]


@pytest.mark.parametrize("field", ["username", "email"])
async def test_a_name_or_address_that_is_taken(
    anybody: httpx.AsyncClient, ann: User, field: str
) -> None:
    """It is a conflict, and the request changes nothing."""
    response = await anybody.post("/api/users", json={"user": {**CY, field: getattr(ann, field)}})
    assert response.status_code == 409
    assert response.json() == {"errors": {field: ["has already been taken"]}}
    assert await User.objects.count() == 1


async def test_logging_in(anybody: httpx.AsyncClient, ann: User) -> None:
    """The right password gives a token, and a wrong one none."""
    good = {"email": ann.email, "password": PASSWORD}
    response = await anybody.post("/api/users/login", json={"user": good})
    assert response.status_code == 200
    assert user_of(response.json()["user"]["token"]) == ann.id
    for bad in ({**good, "password": "wrong"}, {**good, "email": "nobody@example.com"}):
        response = await anybody.post("/api/users/login", json={"user": bad})
        assert response.status_code == 401


async def test_ones_own_account(as_ann: httpx.AsyncClient) -> None:
    """A user sees and changes their own account."""
    user = (await as_ann.get("/api/user")).json()["user"]
    assert (user["username"], user["email"]) == ("ann", "ann@example.com")
    changed = {"bio": "Writes.", "password": "another one"}
    user = (await as_ann.put("/api/user", json={"user": changed})).json()["user"]
    assert (user["username"], user["bio"]) == ("ann", "Writes.")
    login = {"email": "ann@example.com", "password": "another one"}
    assert (await as_ann.post("/api/users/login", json={"user": login})).status_code == 200
    user = (await as_ann.put("/api/user", json={"user": {"bio": ""}})).json()["user"]
    assert user["bio"] is None


async def test_a_name_cannot_be_changed_to_a_taken_one(
    as_ann: httpx.AsyncClient, bob: User
) -> None:
    """The account stays as it was."""
    response = await as_ann.put("/api/user", json={"user": {"username": bob.username}})
    assert response.status_code == 409
    assert (await as_ann.get("/api/user")).json()["user"]["username"] == "ann"


@pytest.mark.parametrize("header", ["", "Token", "Token x.y.z", "Basic abc"])
async def test_a_token_that_is_not_valid(anybody: httpx.AsyncClient, header: str) -> None:
    """It is no login, and no error of the server."""
    response = await anybody.get("/api/user", headers={"Authorization": header})
    assert response.status_code == 401


async def test_a_token_of_another_secret_or_time(anybody: httpx.AsyncClient, ann: User) -> None:
    """Tokens cannot be changed, and end after a week."""
    assert ann.id is not None
    head, claims, signature = token_for(ann.id).split(".")
    _, other_claims, _ = token_for(ann.id + 1).split(".")
    forged = {"Authorization": f"Token {head}.{other_claims}.{signature}"}
    assert (await anybody.get("/api/user", headers=forged)).status_code == 401
    good = {"Authorization": f"Token {head}.{claims}.{signature}"}
    assert (await anybody.get("/api/user", headers=good)).status_code == 200
    with time_machine.travel(datetime.now(timezone.utc) + timedelta(days=8)):
        assert (await anybody.get("/api/user", headers=good)).status_code == 401


async def test_a_user_who_was_deleted(as_ann: httpx.AsyncClient, ann: User) -> None:
    """Their token is not valid any more."""
    await ann.delete()
    assert (await as_ann.get("/api/user")).status_code == 401
