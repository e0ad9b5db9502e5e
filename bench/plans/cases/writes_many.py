"""Writes to 10,000 rows."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from sqlalchemy import delete, select, update

from bench.plans.case import MANY, Case, Prepared, sql
from bench.plans.tables import oxyde as o
from bench.plans.tables import sqlalchemy as s
from bench.plans.tables.django import models as d

STOCK = "SELECT SUM(stock) AS n FROM item"
# Half of the codes exist, if there are as many items.
CODES = [f"code{number}" for number in range(1, MANY, 2)] + [f"new{n}" for n in range(MANY // 2)]
_JSON_ROWS = "JSON_TABLE(?, '$[*]' COLUMNS ({} PATH '$[0]', stock INT PATH '$[1]')) v"


def _by_key() -> list[Any]:
    return [json.dumps([[key, key % 97] for key in range(1, MANY + 1)])]


def _by_code() -> list[Any]:
    return [json.dumps([[code, 5] for code in CODES])]


def _restocked(items: list[Any]) -> list[Any]:
    for item in items:
        item.stock = item.id % 97
    return items


async def _restocked_items() -> list[o.Item]:
    return _restocked(await o.Item.objects.filter(id__lte=MANY).all())


def _restock_in_sqlalchemy(pair: tuple[Any, list[Any]]) -> None:
    session, items = pair
    _restocked(items)
    session.flush()


def _upsert_in_django() -> int:
    items = [d.Item(code=code, stock=5) for code in CODES]
    # Django requires the unique fields on PostgreSQL and SQLite, and refuses them on MySQL.
    targets = connection.features.supports_update_conflicts_with_target
    unique = {"unique_fields": ["code"]} if targets else {}
    made = d.Item.objects.bulk_create(
        items, update_conflicts=True, update_fields=["stock"], **unique
    )
    return len(made)


_UPDATE_JOIN = (
    f"UPDATE item i JOIN {_JSON_ROWS.format('id BIGINT')} ON v.id = i.id SET i.stock = v.stock"
)
_CODES_BY_KEY = (
    "INSERT INTO item (code, stock) SELECT code, stock FROM "
    + _JSON_ROWS.format("code VARCHAR(20)")
    + " ON DUPLICATE KEY UPDATE item.stock = VALUES(stock)"
)
_ON_CONFLICT = " ON CONFLICT (code) DO UPDATE SET stock = EXCLUDED.stock"

CASES = (
    Case(
        "bulk_update",
        "bulk_update of 10,000 rows",
        oxyde=Prepared(
            _restocked_items,
            lambda items: o.Item.objects.bulk_update(items, ["stock"]),
        ),
        sql=sql(
            _UPDATE_JOIN,
            _by_key,
            postgres="UPDATE item SET stock = (v ->> 1)::int"
            " FROM jsonb_array_elements(?::text::jsonb) v WHERE item.id = (v ->> 0)::bigint",
            sqlite="UPDATE item SET stock = v.value ->> 1 FROM json_each(?) v"
            " WHERE item.id = v.value ->> 0",
        ),
        django=Prepared(
            lambda: _restocked(list(d.Item.objects.filter(id__lte=MANY))),
            lambda items: d.Item.objects.bulk_update(items, ["stock"], batch_size=500),
        ),
        sqlalchemy=Prepared(
            lambda: select(s.Item).where(s.Item.id <= MANY),
            _restock_in_sqlalchemy,
        ),
        probe=STOCK,
    ),
    Case(
        "upsert",
        "upsert of 10,000 rows",
        oxyde=lambda: o.Item.objects.bulk_create(
            [{"code": code, "stock": 5} for code in CODES],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["stock"],
        ),
        sql=sql(
            _CODES_BY_KEY,
            _by_code,
            postgres="INSERT INTO item (code, stock)"
            " SELECT v ->> 0, (v ->> 1)::int FROM jsonb_array_elements(?::text::jsonb) v"
            + _ON_CONFLICT,
            sqlite="INSERT INTO item (code, stock)"
            f" SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true{_ON_CONFLICT}",
        ),
        django=_upsert_in_django,
        probe=STOCK,
    ),
    Case(
        "update_many",
        "update of 10,000 rows, one value",
        oxyde=lambda: o.Post.objects.filter(id__lte=MANY).update(views=-1),
        sql=sql("UPDATE post SET views = -1 WHERE id <= ?", [MANY]),
        django=lambda: d.Post.objects.filter(id__lte=MANY).update(views=-1),
        sqlalchemy=lambda session: (
            update(s.Post)
            .where(s.Post.id <= MANY)
            .values(views=-1)
            .execution_options(synchronize_session=False)
        ),
        probe="SELECT SUM(views) AS n FROM post",
    ),
    Case(
        "delete_many",
        "delete of 10,000 posts with their comments and tags",
        oxyde=lambda: o.Post.objects.filter(id__lte=MANY).delete(),
        sql=sql("DELETE FROM post WHERE id <= ?", [MANY]),
        django=lambda: d.Post.objects.filter(id__lte=MANY).delete(),
        sqlalchemy=lambda session: (
            delete(s.Post).where(s.Post.id <= MANY).execution_options(synchronize_session=False)
        ),
        probe="SELECT (SELECT COUNT(*) FROM comment) + (SELECT COUNT(*) FROM post_tag) AS n",
    ),
)
