"""A blog: posts by authors, with tags (many to many) and comments.

python examples/blog.py                          # on a temporary SQLite file
python examples/blog.py postgresql://…/mydb      # on a server
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from oxyde import Count, F, Field, Model, Q, atomic, db, related


class Author(Model):
    """A person who writes posts."""

    class Meta:
        is_table = True
        table_name = "blog_author"

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(min_length=1, max_length=50, db_unique=True)
    posts: list[Post] = Field(db_reverse_fk="author")


class Tag(Model):
    """A topic of posts."""

    class Meta:
        is_table = True
        table_name = "blog_tag"

    id: int | None = Field(default=None, db_pk=True)
    label: str = Field(max_length=30, db_unique=True)


class Post(Model):
    """A post; it is published if it has a date."""

    class Meta:
        is_table = True
        table_name = "blog_post"

    id: int | None = Field(default=None, db_pk=True)
    title: str
    text: str
    views: int = Field(default=0, ge=0)
    published_at: datetime | None = Field(default=None, db_index=True)
    author: Author = Field(db_on_delete="CASCADE")
    comments: list[Comment] = Field(db_reverse_fk="post")
    tags: list[Tag] = Field(db_m2m=True, db_through="PostTag")


class PostTag(Model):
    """A tag of a post."""

    class Meta:
        is_table = True
        table_name = "blog_post_tag"

    post: Post = Field(db_pk=True, db_on_delete="CASCADE")
    tag: Tag = Field(db_pk=True, db_on_delete="CASCADE")


class Comment(Model):
    """A comment; it remains when its author is deleted."""

    class Meta:
        is_table = True
        table_name = "blog_comment"

    id: int | None = Field(default=None, db_pk=True)
    text: str = Field(min_length=1)
    post: Post = Field(db_on_delete="CASCADE")
    author: Author | None = Field(default=None, db_on_delete="SET NULL")


MODELS = [Author, Tag, Post, PostTag, Comment]


async def fill() -> None:
    """Create two authors, four tags, three posts and their comments, in one transaction."""
    async with atomic():
        ann = await Author.objects.create(name="Ann")
        bo = await Author.objects.create(name="Bo")
        tags = {
            tag.label: tag
            for tag in await Tag.objects.bulk_create(
                [{"label": label} for label in ("python", "rust", "sql", "travel")]
            )
        }
        speed, joins, norway = await Post.objects.bulk_create(
            [
                Post(
                    title="How fast?", text="Very.", author=ann, published_at=datetime(2024, 1, 5)
                ),
                Post(
                    title="Joins",
                    text="Left and inner.",
                    author=ann,
                    published_at=datetime(2024, 2, 1),
                ),
                Post(title="Norway", text="Fjords.", author=bo),
            ]
        )
        await related(speed, "tags").add(tags["python"], tags["rust"])
        await related(joins, "tags").set([tags["sql"], tags["python"]])
        await related(norway, "tags").add(tags["travel"])
        await Comment.objects.bulk_create(
            [
                Comment(text="Nice!", post=speed, author=bo),
                Comment(text="Measured how?", post=speed),
                Comment(text="And full joins?", post=joins, author=bo),
            ]
        )


async def show() -> None:
    """Run the queries of a blog."""
    published = Post.objects.exclude(published_at=None).order_by("-published_at")

    print("Published, newest first, with their authors in the same query:")
    for post in await published.join("author").all():
        print(f"  {post.title} by {post.author.name}")

    print("About Python, each post once, though some have several tags:")
    for title in (
        await Post.objects.filter(tags__label="python")
        .order_by("id")
        .values_list("title", flat=True)
    ):
        print(f"  {title}")

    print("Never commented by Bo:")
    for title in await Post.objects.exclude(comments__author__name="Bo").values_list(
        "title", flat=True
    ):
        print(f"  {title}")

    print("Posts with the number of their comments and tags, which do not multiply each other:")
    counted = Post.objects.annotate(
        comment_count=Count("comments"), tag_count=Count("tags")
    ).order_by("id")
    for title, comments, tags in await counted.values_list("title", "comment_count", "tag_count"):
        print(f"  {title}: {comments} comments, {tags} tags")

    print("Everything about the newest, in four queries:")
    newest = await published.join("author").prefetch("tags", "comments__author").first()
    assert newest is not None
    labels = ", ".join(sorted(tag.label for tag in newest.tags))
    print(f"  {newest.title} by {newest.author.name}, on {labels}")
    for comment in newest.comments:
        print(f"  {comment.author.name if comment.author else 'somebody'}: {comment.text}")

    print("Found by a word, in title or text, whatever its case:")
    for post in await Post.objects.filter(
        Q(title__icontains="JOIN") | Q(text__icontains="fjord")
    ).order_by("id"):
        print(f"  {post.title}")


async def change() -> None:
    """Write concurrently, and delete an author."""
    await asyncio.gather(
        *(Post.objects.filter(title="How fast?").update(views=F("views") + 1) for _ in range(10))
    )
    post = await Post.objects.get(title="How fast?")
    print(f"{post.title} was read {post.views} times.")

    tag, created = await Tag.objects.get_or_create(label="rust")
    print(f"The tag {tag.label} {'is new' if created else 'was there already'}.")

    bo = await Author.objects.get(name="Bo")
    await bo.delete()  # deletes his posts; his comments remain without an author
    nameless = await Comment.objects.filter(author=None).count()
    print(f"Without Bo: {await Post.objects.count()} posts, {nameless} comments without an author.")


async def main(url: str) -> None:
    """Create the tables, run the example, drop them again."""
    async with db.connect(url):
        await db.create_tables(models=MODELS)
        try:
            await fill()
            await show()
            await change()
        finally:
            await db.drop_tables(models=MODELS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'blog.db'}")
        )
