"""Registration, login, and one's own account."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException

from conduit.dependencies import Writer, key_of
from conduit.models import User
from conduit.schemas import Account, AccountOut, LoginIn, RegistrationIn, UserUpdateIn
from conduit.security import hash_password, is_password, token_for

router = APIRouter(tags=["users"])


@router.post("/users", status_code=201)
async def register(data: RegistrationIn) -> AccountOut:
    """Add a user."""
    given = data.user
    password = await asyncio.to_thread(hash_password, given.password)
    user = await User.objects.create(username=given.username, email=given.email, password=password)
    return _account(user)


@router.post("/users/login")
async def log_in(data: LoginIn) -> AccountOut:
    """Give a token to a user who knows their password."""
    user = await User.objects.get_or_none(email=data.user.email)
    if user is None or not await asyncio.to_thread(is_password, data.user.password, user.password):
        raise HTTPException(401, "the address or the password is wrong")
    return _account(user)


@router.get("/user")
async def me(user: Writer) -> AccountOut:
    """One's own account."""
    return _account(user)


@router.put("/user")
async def update(data: UserUpdateIn, user: Writer) -> AccountOut:
    """Change one's own account: an absent field stays, an empty bio or image goes."""
    given = data.user
    user.username = given.username or user.username
    user.email = given.email or user.email
    if given.password is not None:
        user.password = await asyncio.to_thread(hash_password, given.password)
    if "bio" in given.model_fields_set:
        user.bio = given.bio or None
    if "image" in given.model_fields_set:
        user.image = given.image or None
    return _account(await user.save())


def _account(user: User) -> AccountOut:
    account = Account(
        email=user.email,
        token=token_for(key_of(user)),
        username=user.username,
        bio=user.bio,
        image=user.image,
    )
    return AccountOut(user=account)
