"""The tables as SQLAlchemy models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite generates keys for INTEGER only.
Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    posts: Mapped[list[Post]] = relationship(back_populates="author", foreign_keys="Post.author_id")
    edited: Mapped[list[Post]] = relationship(
        back_populates="editor", foreign_keys="Post.editor_id"
    )


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    posts: Mapped[list[Post]] = relationship(secondary="post_tag", back_populates="tags")


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    views: Mapped[int]
    created: Mapped[datetime]
    day: Mapped[date | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="posts", foreign_keys=[author_id])
    editor: Mapped[Author | None] = relationship(back_populates="edited", foreign_keys=[editor_id])
    tags: Mapped[list[Tag]] = relationship(secondary="post_tag", back_populates="posts")
    comments: Mapped[list[Comment]] = relationship(back_populates="post", passive_deletes=True)


class PostTag(Base):
    __tablename__ = "post_tag"
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)


class Comment(Base):
    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stars: Mapped[int]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    post: Mapped[Post] = relationship(back_populates="comments")


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(20))
    stock: Mapped[int]


class Document(Base):
    __tablename__ = "document"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB, "postgresql"))


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
