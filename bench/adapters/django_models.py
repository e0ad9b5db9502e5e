"""The models of the Django contender; they can only be imported after Django is set up."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Person(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=200)
    age = models.IntegerField()
    active = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class User(Person):
    class Meta:
        app_label = "bench"
        db_table = "users"


class Entry(Person):
    class Meta:
        app_label = "bench"
        db_table = "entries"


class Tag(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "bench"
        db_table = "tags"


class Post(models.Model):
    id = models.BigAutoField(primary_key=True)
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts")
    title = models.CharField(max_length=200)
    body = models.TextField()
    views = models.IntegerField()
    created_at = models.DateTimeField()
    tags: ClassVar[models.ManyToManyField] = models.ManyToManyField(Tag, through="PostTag")

    class Meta:
        app_label = "bench"
        db_table = "posts"


class PostTag(models.Model):
    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE)

    class Meta:
        app_label = "bench"
        db_table = "post_tags"
