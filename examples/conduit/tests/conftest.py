"""Clients: of anybody, and of users."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from conduit.app import app
from conduit.models import User
from conduit.security import token_for
from tests.factories import UserFactory

ClientOf = Callable[[User], httpx.AsyncClient]


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Makes a client with the token of a user."""
    opened: list[httpx.AsyncClient] = []

    def make(user: User) -> httpx.AsyncClient:
        assert user.id is not None
        client = _client({"Authorization": f"Token {token_for(user.id)}"})
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
async def anybody() -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with _client({}) as client:
        yield client


@pytest.fixture
async def ann() -> User:
    """A user."""
    return await UserFactory.create(username="ann", email="ann@example.com")


@pytest.fixture
async def bob() -> User:
    """Another user."""
    return await UserFactory.create(username="bob", email="bob@example.com")


@pytest.fixture
def as_ann(ann: User, client_of: ClientOf) -> httpx.AsyncClient:
    """Ann's client."""
    return client_of(ann)


@pytest.fixture
def as_bob(bob: User, client_of: ClientOf) -> httpx.AsyncClient:
    """Bob's client."""
    return client_of(bob)


def _client(headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://conduit", headers=headers)
