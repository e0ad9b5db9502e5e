"""Thread time of SQL generation: 30 typical queries, from the query object to SQL and parameters.

`python -m bench.generation oxyde|sqlalchemy|django` prints mean seconds per query: `cold`, for a
new shape; `cached`, for a known shape; `whole`, including building the query object; and `simple`,
the same for one filter on one column. Each run uses a new query object, as in a program, so that
none can cache its own result.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench import work

Make = Callable[[], Any]
# Builders of the queries, and the function that returns a query's SQL and parameters.
Library = tuple[Sequence[Make], Callable[[Any], Any]]
ROUNDS = 9
LOOPS = 8


def oxyde() -> Library:
    """Oxyde's queries."""
    from bench.adapters.oxyde import Post, User
    from oxyde import Avg, Count, F, Q

    keys = work.hundred_keys(1)
    users, posts = User.objects, Post.objects
    queries: list[Make] = [
        lambda: users.filter(age__gte=18),
        lambda: users.filter(id=7),
        lambda: users.filter(name="Alice", active=True),
        lambda: users.filter(name__icontains="ali"),
        lambda: users.filter(email__startswith="a", age__lt=40),
        lambda: users.filter(Q(age__gt=60) | Q(active=False)),
        lambda: users.filter(~Q(name="Bob")),
        lambda: users.exclude(age__in=[1, 2, 3]),
        lambda: users.filter(age__between=(20, 30)),
        lambda: users.order_by("-created_at").limit(20),
        lambda: users.order_by("name", "-age").limit(20).offset(40),
        lambda: users.filter(active=True).order_by("id").limit(10),
        lambda: users.values("id", "name"),
        lambda: users.filter(age__gt=30).values_list("email", flat=True),
        lambda: users.values("age").distinct(),
        lambda: posts.filter(id__in=keys),
        lambda: posts.filter(author_id=5),
        lambda: posts.filter(author__name="Alice"),
        lambda: posts.filter(author__age__gte=18, views__gt=100),
        lambda: posts.filter(author__name__icontains="a").order_by("-views"),
        lambda: posts.join("author"),
        lambda: posts.join("author").filter(views__lte=10).limit(5),
        lambda: posts.filter(title__endswith="1", body__contains="lorem"),
        lambda: posts.filter(views__gt=F("author_id")),
        lambda: posts.filter(created_at__isnull=False).order_by("-id"),
        lambda: posts.group_by("author_id").annotate(n=Count("id")),
        lambda: posts.group_by("author_id").annotate(n=Count("id")).having(n__gt=5),
        lambda: posts.group_by("author_id").annotate(mean=Avg("views")).order_by("author_id"),
        lambda: posts.filter(Q(views__gt=1) & (Q(title="a") | Q(title="b"))),
        lambda: posts.filter(views__gt=5).exclude(author_id=3).order_by("views").limit(50),
    ]
    return queries, lambda query: query.sql(dialect="postgres")


def sqlalchemy() -> Library:
    """The same for SQLAlchemy, compiled with its own cache as an engine does."""
    from sqlalchemy import and_, func, not_, or_, select
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.orm import joinedload

    from bench.adapters.sqlalchemy import Post, User

    keys = work.hundred_keys(1)

    def by_author() -> Any:
        return select(Post.author_id, func.count(Post.id)).group_by(Post.author_id)

    queries: list[Make] = [
        lambda: select(User).where(User.age >= 18),
        lambda: select(User).where(User.id == 7),
        lambda: select(User).where(User.name == "Alice", User.active.is_(True)),
        lambda: select(User).where(User.name.icontains("ali", autoescape=True)),
        lambda: select(User).where(User.email.startswith("a", autoescape=True), User.age < 40),
        lambda: select(User).where(or_(User.age > 60, User.active.is_(False))),
        lambda: select(User).where(not_(User.name == "Bob")),
        lambda: select(User).where(User.age.not_in([1, 2, 3])),
        lambda: select(User).where(User.age.between(20, 30)),
        lambda: select(User).order_by(User.created_at.desc()).limit(20),
        lambda: select(User).order_by(User.name, User.age.desc()).limit(20).offset(40),
        lambda: select(User).where(User.active.is_(True)).order_by(User.id).limit(10),
        lambda: select(User.id, User.name),
        lambda: select(User.email).where(User.age > 30),
        lambda: select(User.age).distinct(),
        lambda: select(Post).where(Post.id.in_(keys)),
        lambda: select(Post).where(Post.author_id == 5),
        lambda: select(Post).join(Post.author).where(User.name == "Alice"),
        lambda: select(Post).join(Post.author).where(User.age >= 18, Post.views > 100),
        lambda: (
            select(Post)
            .join(Post.author)
            .where(User.name.icontains("a", autoescape=True))
            .order_by(Post.views.desc())
        ),
        lambda: select(Post).options(joinedload(Post.author)),
        lambda: select(Post).options(joinedload(Post.author)).where(Post.views <= 10).limit(5),
        lambda: select(Post).where(
            Post.title.endswith("1", autoescape=True), Post.body.contains("lorem", autoescape=True)
        ),
        lambda: select(Post).where(Post.views > Post.author_id),
        lambda: select(Post).where(Post.created_at.is_not(None)).order_by(Post.id.desc()),
        by_author,
        lambda: by_author().having(func.count(Post.id) > 5),
        lambda: (
            select(Post.author_id, func.avg(Post.views))
            .group_by(Post.author_id)
            .order_by(Post.author_id)
        ),
        lambda: select(Post).where(and_(Post.views > 1, or_(Post.title == "a", Post.title == "b"))),
        lambda: (
            select(Post).where(Post.views > 5, Post.author_id != 3).order_by(Post.views).limit(50)
        ),
    ]
    dialect = postgresql.asyncpg.dialect()
    cache: dict[Any, Any] = {}

    def generate(statement: Any) -> Any:
        compiled, extracted, _ = statement._compile_w_cache(
            dialect, compiled_cache=cache, column_keys=[]
        )[:3]
        return str(compiled), compiled.construct_params(extracted_parameters=extracted)

    return queries, generate


def django() -> Library:
    """The same for Django, whose compiler keeps no cache."""
    import django as package
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.postgresql", "NAME": "none"}
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=["bench"], USE_TZ=False)
    package.setup()
    from django.db import connection
    from django.db.models import Avg, Count, F, Q

    from bench.adapters.django_models import Post, User

    keys = work.hundred_keys(1)
    users, posts = User.objects, Post.objects
    queries: list[Make] = [
        lambda: users.filter(age__gte=18),
        lambda: users.filter(id=7),
        lambda: users.filter(name="Alice", active=True),
        lambda: users.filter(name__icontains="ali"),
        lambda: users.filter(email__startswith="a", age__lt=40),
        lambda: users.filter(Q(age__gt=60) | Q(active=False)),
        lambda: users.filter(~Q(name="Bob")),
        lambda: users.exclude(age__in=[1, 2, 3]),
        lambda: users.filter(age__range=(20, 30)),
        lambda: users.order_by("-created_at")[:20],
        lambda: users.order_by("name", "-age")[40:60],
        lambda: users.filter(active=True).order_by("id")[:10],
        lambda: users.values("id", "name"),
        lambda: users.filter(age__gt=30).values_list("email", flat=True),
        lambda: users.values("age").distinct(),
        lambda: posts.filter(id__in=keys),
        lambda: posts.filter(author_id=5),
        lambda: posts.filter(author__name="Alice"),
        lambda: posts.filter(author__age__gte=18, views__gt=100),
        lambda: posts.filter(author__name__icontains="a").order_by("-views"),
        lambda: posts.select_related("author"),
        lambda: posts.select_related("author").filter(views__lte=10)[:5],
        lambda: posts.filter(title__endswith="1", body__contains="lorem"),
        lambda: posts.filter(views__gt=F("author_id")),
        lambda: posts.filter(created_at__isnull=False).order_by("-id"),
        lambda: posts.values("author_id").annotate(n=Count("id")),
        lambda: posts.values("author_id").annotate(n=Count("id")).filter(n__gt=5),
        lambda: posts.values("author_id").annotate(mean=Avg("views")).order_by("author_id"),
        lambda: posts.filter(Q(views__gt=1) & (Q(title="a") | Q(title="b"))),
        lambda: posts.filter(views__gt=5).exclude(author_id=3).order_by("views")[:50],
    ]

    def generate(query: Any) -> Any:
        return query.query.get_compiler(connection=connection).as_sql()

    return queries, generate


def main() -> None:
    """Measure one library and print the results."""
    makes, generate = {"oxyde": oxyde, "sqlalchemy": sqlalchemy, "django": django}[sys.argv[1]]()
    gc.disable()
    cold = []
    for make in makes:
        query = make()
        start = time.thread_time()
        generate(query)
        cold.append(time.thread_time() - start)

    def each(run: Callable[[Make], Callable[[], Any]], makes: Sequence[Make]) -> float:
        """Mean seconds per call of `run`'s function for a query."""
        times = []
        for _ in range(ROUNDS):
            calls = [run(make) for _ in range(LOOPS) for make in makes]
            start = time.thread_time()
            for call in calls:
                call()
            times.append((time.thread_time() - start) / len(calls))
        return statistics.median(times)

    def from_object(make: Make) -> Callable[[], Any]:
        query = make()
        return lambda: generate(query)

    def whole(make: Make) -> Callable[[], Any]:
        return lambda: generate(make())

    found = {
        # Exclude one-time costs of the very first query, mostly imports.
        "cold": statistics.mean(cold[1:]),
        "cached": each(from_object, makes),
        "whole": each(whole, makes),
        "simple": each(whole, makes[:1] * len(makes)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
