"""Articles: lists, the feed, one article, favourites."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from conduit.dependencies import PageOf, Reader, Writer
from conduit.models import Article, Favorite, Follow, Tag, User, now
from conduit.queries import article_by_slug, articles_page, detail_of
from conduit.schemas import ArticleOut, ArticlesOut, ArticleUpdateIn, NewArticleIn
from oxyde import atomic

router = APIRouter(prefix="/articles", tags=["articles"])

Name = Annotated[str | None, Query(max_length=50)]


@router.get("")
async def list_articles(
    reader: Reader, page: PageOf, tag: Name = None, author: Name = None, favorited: Name = None
) -> ArticlesOut:
    """The newest articles, of all, or with a tag, of an author, or that a user likes."""
    query = Article.objects.filter()
    if tag is not None:
        query = query.filter(tags__name=tag)
    if author is not None:
        query = query.filter(author__username=author)
    if favorited is not None:
        query = query.filter(favorites__user__username=favorited)
    return await articles_page(query, reader, page)


@router.get("/feed")
async def feed(reader: Writer, page: PageOf) -> ArticlesOut:
    """The newest articles of those whom one follows."""
    followed = Follow.objects.filter(follower=reader).values("followed_id")
    return await articles_page(Article.objects.filter(author_id__in=followed), reader, page)


@router.post("", status_code=201)
async def publish(data: NewArticleIn, reader: Writer) -> ArticleOut:
    """Publish an article, with its tags, or nothing of both."""
    given = data.article
    async with atomic():
        article = await Article.objects.create(
            slug=_slug(given.title),
            title=given.title,
            description=given.description,
            body=given.body,
            author=reader,
        )
        if given.tag_list:
            await article.tags_set.set(await _tags(given.tag_list))
    return ArticleOut(article=await detail_of(article.slug, reader))


@router.get("/{slug}")
async def show(slug: str, reader: Reader) -> ArticleOut:
    """An article."""
    await article_by_slug(slug)
    return ArticleOut(article=await detail_of(slug, reader))


@router.put("/{slug}")
async def update(slug: str, data: ArticleUpdateIn, reader: Writer) -> ArticleOut:
    """Change one's own article. A new title gives it a new address."""
    article, given = await _own_article(slug, reader), data.article
    if given.title is not None and given.title != article.title:
        article.title, article.slug = given.title, _slug(given.title)
    article.description = given.description or article.description
    article.body = given.body or article.body
    article.updated_at = now()
    await article.save()
    return ArticleOut(article=await detail_of(article.slug, reader))


@router.delete("/{slug}", status_code=204)
async def delete(slug: str, reader: Writer) -> None:
    """Delete one's own article; its comments and favourites go with it."""
    await (await _own_article(slug, reader)).delete()


@router.post("/{slug}/favorite")
async def like(slug: str, reader: Writer) -> ArticleOut:
    """Like an article; it does no harm to do it twice."""
    await Favorite.objects.get_or_create(user=reader, article=await article_by_slug(slug))
    return ArticleOut(article=await detail_of(slug, reader))


@router.delete("/{slug}/favorite")
async def unlike(slug: str, reader: Writer) -> ArticleOut:
    """Like an article no longer."""
    await Favorite.objects.filter(user=reader, article=await article_by_slug(slug)).delete()
    return ArticleOut(article=await detail_of(slug, reader))


async def _own_article(slug: str, reader: User) -> Article:
    article = await article_by_slug(slug)
    if article.author_id != reader.id:
        raise HTTPException(403, "the article belongs to somebody else")
    return article


async def _tags(names: list[str]) -> list[Tag]:
    """The tags of these names; those that are missing are added."""
    wanted = list(dict.fromkeys(names))
    await Tag.objects.bulk_create([Tag(name=name) for name in wanted], ignore_conflicts=True)
    return await Tag.objects.filter(name__in=wanted).all()


def _slug(title: str) -> str:
    """An address that tells what the article is about, and that no other one has."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"{words or 'article'}-{secrets.token_hex(4)}"
