"""Comments on an article."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from conduit.dependencies import Reader, Writer
from conduit.models import Comment
from conduit.queries import article_by_slug, comment_detail, followed_among
from conduit.schemas import CommentOut, CommentsOut, NewCommentIn

router = APIRouter(prefix="/articles/{slug}/comments", tags=["comments"])


@router.get("")
async def list_comments(slug: str, reader: Reader) -> CommentsOut:
    """The comments, the oldest first."""
    article = await article_by_slug(slug)
    comments = (
        await Comment.objects.filter(article=article)
        .join(lambda c: c.author)
        .order_by("created_at", "id")
        .all()
    )
    followed = await followed_among(reader, {comment.author_id for comment in comments})
    return CommentsOut(
        comments=[comment_detail(each, each.author_id in followed) for each in comments]
    )


@router.post("", status_code=201)
async def add(slug: str, data: NewCommentIn, reader: Writer) -> CommentOut:
    """Add a comment."""
    article = await article_by_slug(slug)
    comment = await Comment.objects.create(body=data.comment.body, article=article, author=reader)
    return CommentOut(comment=comment_detail(comment, following=False))


@router.delete("/{number}", status_code=204)
async def delete(slug: str, number: Annotated[int, Path(ge=1, lt=2**63)], reader: Writer) -> None:
    """Delete one's own comment."""
    article = await article_by_slug(slug)
    comment = await Comment.objects.get_or_none(id=number, article=article)
    if comment is None:
        raise HTTPException(404, "there is no such comment")
    if comment.author_id != reader.id:
        raise HTTPException(403, "the comment belongs to somebody else")
    await comment.delete()
