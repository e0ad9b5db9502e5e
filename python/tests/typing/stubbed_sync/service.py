"""Keywords without `await`: each marked line has an error."""

from __future__ import annotations

from typing_extensions import assert_type

from models import Task


def right() -> None:
    task = Task.objects.create(title="a", points=3)
    assert_type(task, Task)
    assert_type(Task.objects.filter(points__gt=2).order_by("-points").all(), list[Task])
    assert_type(Task.objects.get(title="a"), Task)
    assert_type(Task.objects.filter(id=1).update(points=4), int)
    assert_type(task.save(update_fields=["title"]), Task)
    for each in Task.objects.limit(3):
        assert_type(each, Task)


def wrong() -> None:
    Task.objects.create(titel="a")  # error
    Task.objects.filter(point=3)  # error
    Task.objects.get(points__gt="b")  # error
    Task.objects.order_by("point")  # error
