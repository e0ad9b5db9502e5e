"""The tables as Django models."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Author(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        db_table = "author"


class Tag(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20, unique=True)

    class Meta:
        db_table = "tag"


class Post(models.Model):
    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=80)
    views = models.IntegerField()
    created = models.DateTimeField()
    day = models.DateField(null=True)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
    editor = models.ForeignKey(Author, models.PROTECT, null=True, related_name="edited")
    tags: ClassVar[models.ManyToManyField] = models.ManyToManyField(
        Tag, through="PostTag", related_name="posts"
    )

    class Meta:
        db_table = "post"


class PostTag(models.Model):
    pk = models.CompositePrimaryKey("post_id", "tag_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE)

    class Meta:
        db_table = "post_tag"


class Comment(models.Model):
    id = models.BigAutoField(primary_key=True)
    stars = models.IntegerField()
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")

    class Meta:
        db_table = "comment"


class Item(models.Model):
    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20, unique=True)
    stock = models.IntegerField()

    class Meta:
        db_table = "item"


class Document(models.Model):
    id = models.BigAutoField(primary_key=True)
    data = models.JSONField()

    class Meta:
        db_table = "document"


class Note(models.Model):
    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=80)
    body = models.TextField()

    class Meta:
        db_table = "note"
