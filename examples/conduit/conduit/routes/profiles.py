"""Users as others see them, and whom one follows."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from conduit.dependencies import Reader, Writer, key_of
from conduit.models import Follow
from conduit.queries import followed_among, profile_of, user_by_name
from conduit.schemas import ProfileOut

router = APIRouter(prefix="/profiles/{username}", tags=["profiles"])


@router.get("")
async def show(username: str, reader: Reader) -> ProfileOut:
    """A user."""
    user = await user_by_name(username)
    following = bool(await followed_among(reader, [key_of(user)]))
    return ProfileOut(profile=profile_of(user, following))


@router.post("/follow")
async def follow(username: str, reader: Writer) -> ProfileOut:
    """Follow a user; it does no harm to do it twice."""
    user = await user_by_name(username)
    if user.id == reader.id:
        raise HTTPException(422, "nobody follows themselves")
    await Follow.objects.get_or_create(follower=reader, followed=user)
    return ProfileOut(profile=profile_of(user, following=True))


@router.delete("/follow")
async def unfollow(username: str, reader: Writer) -> ProfileOut:
    """Follow a user no longer."""
    user = await user_by_name(username)
    await Follow.objects.filter(follower=reader, followed=user).delete()
    return ProfileOut(profile=profile_of(user, following=False))
