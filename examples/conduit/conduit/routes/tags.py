"""The tags of all articles."""

from __future__ import annotations

from fastapi import APIRouter

from conduit.models import Tag
from conduit.schemas import TagsOut

router = APIRouter(prefix="/tags", tags=["tags"])


@router.get("")
async def list_tags() -> TagsOut:
    """The tags, in the order of the alphabet."""
    return TagsOut(tags=await Tag.objects.order_by("name").values_list(lambda t: t.name, flat=True))
