"""Statements that loops build: what they put in a row is linear, what they nest is bounded."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor
from typing import Any

import pytest
from support.newsroom import Article, Writer

from oxyde import Count, F, Max, OxydeError, Q
from oxyde.db import AsyncDatabase
from oxyde.queries import Case, Coalesce, Exists, Lower, Value, When

_MANY = 12_000


async def _ids(query: Any) -> list[int]:
    return await query.order_by("id").values_list("id", flat=True)  # type: ignore[no-any-return]


def _all_of(operator: Callable[[Any, Any], Any], one: Q) -> Q:
    return reduce(operator, [one] * _MANY)


async def test_what_stands_in_a_row_may_be_long(news: AsyncDatabase) -> None:
    started = time.process_time()
    one = Q(id__gte=3)
    assert await _ids(Article.objects.filter(_all_of(or_, one))) == [3, 4, 5]
    assert await _ids(Article.objects.filter(_all_of(and_, one))) == [3, 4, 5]
    assert await _ids(Article.objects.filter(_all_of(xor, one))) == []
    assert await _ids(Article.objects.filter(_all_of(xor, one) ^ one)) == [3, 4, 5]
    assert await _ids(Article.objects.exclude(_all_of(lambda a, b: b | a, one))) == [1, 2]
    assert await _ids(Article.objects.filter(~_all_of(lambda a, b: b & a, one))) == [1, 2]
    assert await _ids(Article.objects.filter(_all_of(lambda a, b: b ^ a, one))) == []
    assert await _ids(Writer.objects.filter(_all_of(or_, Q(articles__id=3)))) == [2]
    assert await _ids(Writer.objects.filter(_all_of(and_, Q(articles__id=3)))) == [2]
    assert time.process_time() - started < 60

    chained: Any = Article.objects
    for _ in range(300):
        chained = chained.filter(id__gte=3)
    assert await _ids(chained) == [3, 4, 5]
    turned = one
    for _ in range(_MANY + 1):
        turned = ~turned
    assert await _ids(Article.objects.filter(turned)) == [1, 2]
    wrapped = one
    for _ in range(_MANY):
        wrapped = Q(wrapped)
    assert await _ids(Article.objects.filter(wrapped)) == [3, 4, 5]


def test_long_conditions_are_shown_copied_and_pickled() -> None:
    long = _all_of(or_, Q(id=1))
    assert repr(long).count("|") == _MANY - 1
    again = pickle.loads(pickle.dumps(~long))
    assert Article.objects.filter(again).sql(dialect="sqlite") == Article.objects.exclude(long).sql(
        dialect="sqlite"
    )
    assert repr(copy.deepcopy(long)) == repr(long)
    assert "…" in repr(_alternating(_MANY))


def _alternating(rounds: int) -> Q:
    condition = Q(id=0)
    for number in range(rounds):
        condition = condition | Q(id=1) if number % 2 else condition & Q(id__gte=1)
    return condition


def _nested(start: Any, step: Callable[[Any], Any], rounds: int) -> Any:
    for _ in range(rounds):
        start = step(start)
    return start


def _exists(inner: Any) -> Any:
    return Article.objects.filter(Exists(inner))


# Each gives a query that is nested so many levels deep.
_DEEP: dict[str, Callable[[int], Any]] = {
    "conditions": lambda n: Article.objects.filter(_alternating(n)),
    "negations": lambda n: Article.objects.exclude(
        _nested(Q(id=0), lambda q: ~(q & Q(id__gte=1)), n)
    ),
    "sum": lambda n: Article.objects.filter(id__lt=_nested(F("id"), lambda f: f + F("id"), n)),
    "sum from the right": lambda n: Article.objects.annotate(
        x=_nested(F("id"), lambda f: 1 + f, n)
    ),
    "order": lambda n: Article.objects.order_by(_nested(F("id"), lambda f: f - 1, n)),
    "functions": lambda n: Article.objects.annotate(x=_nested(F("title"), Lower, n)),
    "choices": lambda n: Article.objects.annotate(x=_nested(F("id"), lambda f: Coalesce(f, 0), n)),
    "case": lambda n: Article.objects.annotate(
        x=_nested(Value(1), lambda c: Case(When(id=1, then=c), default=Value(0)), n)
    ),
    "when": lambda n: Article.objects.annotate(
        x=_nested(Value(1), lambda c: Case(When(Lower("title") == "x", then=1), default=c), n)
    ),
    "in": lambda n: _nested(
        Article.objects, lambda q: Article.objects.filter(id__in=q.values("id")), n // 4
    ),
    "exists": lambda n: _nested(Article.objects, _exists, n // 4),
    "unions": lambda n: _nested(
        Article.objects.filter(id=1), lambda q: Article.objects.filter(id=1).union(q), n // 4
    ),
}


@pytest.mark.parametrize("kind", _DEEP)
def test_what_is_nested_has_a_limit_that_is_said(kind: str) -> None:
    """On the stack of a usual thread; far beyond the limit as just beyond it."""
    found: list[Any] = []

    def work() -> None:
        for rounds in (80, 190, 260, 1_000, 4_000):
            try:
                made = _DEEP[kind](rounds)
                found.append([made.sql(dialect=each) for each in ("sqlite", "postgres", "mysql")])
            except OxydeError as error:
                found.append(error)
            except BaseException as error:
                found.append(repr(error))

    before = threading.stack_size(2 << 20)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert isinstance(found[0], list), found[0]
    for error in found[-2:]:
        assert isinstance(error, OxydeError), error
        assert "more than 200 levels" in str(error)
        assert error.hint
    assert not any(isinstance(each, str) for each in found), found


async def test_a_deep_expression_is_refused_by_every_verb(news: AsyncDatabase) -> None:
    deep = _nested(F("id"), lambda f: f + 1, 4_000)
    attempts: list[Callable[[], Any]] = [
        lambda: Article.objects.filter(id=1).update(words=deep),
        lambda: Article.objects.values(x=deep),
        lambda: Article.objects.values("title").annotate(n=Max(deep)),
        lambda: Article.objects.group_by("title").having(deep > 1),
        lambda: Article.objects.filter(deep > 1),
        lambda: Article.objects.filter(lambda a: deep == a.id),
        lambda: Article.objects.annotate(n=Count("notes", filter=_alternating(4_000))),
        lambda: Article.objects.aggregate(n=Max(deep)),
    ]
    for attempt in attempts:
        with pytest.raises(OxydeError, match="more than 200 levels"):
            await attempt()
