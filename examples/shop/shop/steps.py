"""The data steps of the shop's migrations."""

from __future__ import annotations

import re
from typing import Any


async def fill_slugs(models: Any, db: Any) -> None:
    """Give each product a slug: its name in lower case, followed by its key."""
    for product in await models.Products.objects.filter(slug=None).all(client=db):
        words = re.sub(r"[^a-z0-9]+", "-", product.name.lower()).strip("-")
        product.slug = f"{words}-{product.id}"
        await product.save(client=db)


async def empty_slugs(models: Any, db: Any) -> None:
    """Remove the slugs."""
    await models.Products.objects.update(slug=None, client=db)
