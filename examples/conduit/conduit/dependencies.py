"""Who makes a request, and which page of a list it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Query

from conduit.models import User
from conduit.security import user_of

__all__ = ["Page", "PageOf", "Reader", "Writer", "key_of"]


async def reader(authorization: Annotated[str | None, Header()] = None) -> User | None:
    """The user whose token the request has; None if it has none."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    user_id = user_of(token) if scheme in ("Token", "Bearer") else None
    user = None if user_id is None else await User.objects.get_or_none(id=user_id)
    if user is None:
        raise HTTPException(401, "the token is not valid")
    return user


async def writer(user: Annotated[User | None, Depends(reader)]) -> User:
    """The user whose token the request has."""
    if user is None:
        raise HTTPException(401, "a token is missing")
    return user


Reader = Annotated[User | None, Depends(reader)]
Writer = Annotated[User, Depends(writer)]


@dataclass(frozen=True)
class Page:
    """A part of a list."""

    limit: Annotated[int, Query(ge=1, le=100)] = 20
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0


PageOf = Annotated[Page, Depends()]


def key_of(user: User | None) -> int:
    """The key of a user, or one that nobody has."""
    return 0 if user is None or user.id is None else user.id
