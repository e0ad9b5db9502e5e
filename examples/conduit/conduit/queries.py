"""Articles and profiles as a reader sees them."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import HTTPException

from conduit.dependencies import Page, key_of
from conduit.models import Article, Comment, Favorite, Follow, User
from conduit.schemas import ArticleDetail, ArticlesOut, ArticleSummary, CommentDetail, Profile
from oxyde import Count, Exists, NotFoundError, OuterRef, Query

__all__ = [
    "article_by_slug",
    "articles_page",
    "comment_detail",
    "detail_of",
    "followed_among",
    "profile_of",
    "user_by_name",
]


async def user_by_name(username: str) -> User:
    """The user of this name, or status 404."""
    try:
        return await User.objects.get(username=username)
    except NotFoundError:
        raise HTTPException(404, "there is no such user") from None


async def article_by_slug(slug: str) -> Article:
    """The article at this address, with its author, or status 404."""
    try:
        return await Article.objects.join(lambda a: a.author).get(slug=slug)
    except NotFoundError:
        raise HTTPException(404, "there is no such article") from None


async def followed_among(reader: User | None, users: Collection[int]) -> set[int]:
    """Which of the users the reader follows, by their keys."""
    if reader is None or not users:
        return set()
    follows = Follow.objects.filter(follower_id=key_of(reader), followed_id__in=list(users))
    return set(await follows.values_list(lambda f: f.followed_id, flat=True))


def profile_of(user: User, following: bool) -> Profile:
    """A user, as others see them."""
    return Profile(username=user.username, bio=user.bio, image=user.image, following=following)


async def articles_page(query: Query[Article], reader: User | None, page: Page) -> ArticlesOut:
    """A page of a query's articles, the newest first: four statements, whatever their number."""
    count = await query.count()
    articles = await (
        _seen_by(reader, query)
        .order_by("-created_at", "-id")
        .limit(page.limit)
        .offset(page.offset)
        .all()
    )
    followed = await followed_among(reader, {article.author_id for article in articles})
    return ArticlesOut(
        articles=[_summary(article, article.author_id in followed) for article in articles],
        articles_count=count,
    )


async def detail_of(slug: str, reader: User | None) -> ArticleDetail:
    """An article with its text, as a reader sees it."""
    article = await _seen_by(reader, Article.objects.filter(slug=slug)).get()
    followed = await followed_among(reader, [article.author_id])
    summary = _summary(article, article.author_id in followed)
    return ArticleDetail(**summary.model_dump(by_alias=False), body=article.body)


def comment_detail(comment: Comment, following: bool) -> CommentDetail:
    """A comment, as a reader sees it."""
    assert comment.id is not None
    return CommentDetail(
        id=comment.id,
        created_at=comment.created_at,
        updated_at=comment.updated_at,
        body=comment.body,
        author=profile_of(comment.author, following),
    )


def _seen_by(reader: User | None, query: Query[Article]) -> Query[Article]:
    """The query with all that an `ArticleSummary` shows."""
    own = Favorite.objects.filter(article=OuterRef("id"), user_id=key_of(reader))
    return (
        query.join(lambda a: a.author)
        .prefetch(lambda a: a.tags)
        .annotate(favorites_count=Count("favorites__user_id"), favorited=Exists(own))
    )


def _summary(article: Article, following: bool) -> ArticleSummary:
    return ArticleSummary(
        slug=article.slug,
        title=article.title,
        description=article.description,
        tag_list=sorted(tag.name for tag in article.tags),
        created_at=article.created_at,
        updated_at=article.updated_at,
        favorited=bool(article.favorited),
        favorites_count=article.favorites_count,
        author=profile_of(article.author, following),
    )
