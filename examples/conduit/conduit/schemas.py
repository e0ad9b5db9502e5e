"""What requests and responses contain. The API speaks camelCase."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, StringConstraints
from pydantic.alias_generators import to_camel

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[Text, Field(max_length=50)]
Password = Annotated[str, Field(min_length=8, max_length=200)]
Title = Annotated[Text, Field(max_length=200)]
Summary = Annotated[Text, Field(max_length=500)]


class Schema(BaseModel):
    """The base of all of them."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Registration(Schema):
    """A new user."""

    username: Name
    email: EmailStr
    password: Password


class Login(Schema):
    """What a user logs in with."""

    email: EmailStr
    password: str


class UserUpdate(Schema):
    """What a user changes of themselves; absent fields stay."""

    username: Name | None = None
    email: EmailStr | None = None
    password: Password | None = None
    bio: str | None = Field(default=None, max_length=2_000)
    image: str | None = Field(default=None, max_length=500)


class Account(Schema):
    """A user, to themselves."""

    email: str
    token: str
    username: str
    bio: str | None
    image: str | None


class Profile(Schema):
    """A user, to others."""

    username: str
    bio: str | None
    image: str | None
    following: bool


class NewArticle(Schema):
    """An article to publish."""

    title: Title
    description: Summary
    body: Text
    tag_list: list[Name] = []


class ArticleUpdate(Schema):
    """What an author changes of an article; absent fields stay."""

    title: Title | None = None
    description: Summary | None = None
    body: Text | None = None


class ArticleSummary(Schema):
    """An article in a list."""

    slug: str
    title: str
    description: str
    tag_list: list[str]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    favorited: bool
    favorites_count: int
    author: Profile


class ArticleDetail(ArticleSummary):
    """An article with its text."""

    body: str


class NewComment(Schema):
    """A comment to add."""

    body: Annotated[Text, Field(max_length=5_000)]


class CommentDetail(Schema):
    """A comment."""

    id: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    body: str
    author: Profile


class RegistrationIn(Schema):
    """``{"user": …}`` of a request."""

    user: Registration


class LoginIn(Schema):
    """``{"user": …}`` of a request."""

    user: Login


class UserUpdateIn(Schema):
    """``{"user": …}`` of a request."""

    user: UserUpdate


class NewArticleIn(Schema):
    """``{"article": …}`` of a request."""

    article: NewArticle


class ArticleUpdateIn(Schema):
    """``{"article": …}`` of a request."""

    article: ArticleUpdate


class NewCommentIn(Schema):
    """``{"comment": …}`` of a request."""

    comment: NewComment


class AccountOut(Schema):
    """``{"user": …}`` of a response."""

    user: Account


class ProfileOut(Schema):
    """``{"profile": …}`` of a response."""

    profile: Profile


class ArticleOut(Schema):
    """``{"article": …}`` of a response."""

    article: ArticleDetail


class ArticlesOut(Schema):
    """A page of articles, and how many there are."""

    articles: list[ArticleSummary]
    articles_count: int


class CommentOut(Schema):
    """``{"comment": …}`` of a response."""

    comment: CommentDetail


class CommentsOut(Schema):
    """``{"comments": …}`` of a response."""

    comments: list[CommentDetail]


class TagsOut(Schema):
    """``{"tags": …}`` of a response."""

    tags: list[str]
