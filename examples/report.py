"""A sales report: totals by month, running totals, the best seller of each region, moving averages.

python examples/report.py                        # on a temporary SQLite file
python examples/report.py postgresql://…/mydb    # on a server
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from oxyde import (
    Avg,
    Case,
    Count,
    Field,
    Frame,
    Index,
    Lag,
    Model,
    Rank,
    Sum,
    Trunc,
    Value,
    When,
    Window,
    db,
)


class Sale(Model):
    """The sales of one seller on one day."""

    class Meta:
        is_table = True
        table_name = "report_sale"
        indexes = [Index("region", "day")]

    id: int | None = Field(default=None, db_pk=True)
    day: date
    region: str = Field(max_length=20)
    seller: str = Field(max_length=20)
    amount: Decimal = Field(max_digits=10, decimal_places=2, ge=0)


REGIONS = {"north": ("Ann", "Bo"), "south": ("Cem", "Dot", "Eli")}


def made_up_sales() -> list[Sale]:
    """Return 120 days of sales in two regions; the same ones in each run."""
    sales = []
    for number in range(120):
        day = date(2024, 1, 1) + timedelta(days=number)
        for shift, (region, sellers) in enumerate(REGIONS.items()):
            seller = sellers[(number + shift) % len(sellers)]
            amount = Decimal((number * 37 + shift * 101) % 500) + Decimal("0.25") * (number % 4)
            sales.append(Sale(day=day, region=region, seller=seller, amount=amount))
    return sales


async def monthly() -> None:
    """Print the totals by region and month."""
    by_month = (
        Sale.objects.annotate(month=Trunc("day", "month"))
        .group_by("region", "month")
        .annotate(total=Sum("amount"), sales=Count("id"))
        .order_by("region", "month")
    )
    print("Region  Month    Sales     Total")
    for row in await by_month.all():
        print(f"{row['region']:<7} {row['month']:%Y-%m}  {row['sales']:>5}  {row['total']:>8.2f}")


async def best_sellers() -> None:
    """Print the seller of each region with the highest total."""
    totals = await (
        Sale.objects.group_by("region", "seller")
        .annotate(total=Sum("amount"))
        .order_by("region", "-total")
    )
    best: dict[str, str] = {}
    for row in totals:
        best.setdefault(row["region"], row["seller"])
    for region, seller in best.items():
        print(f"The best seller of the {region}: {seller}")


async def running() -> None:
    """Print running total, moving average and daily change for the north."""
    north = (
        Sale.objects.filter(region="north")
        .annotate(
            so_far=Window(Sum("amount"), order_by="day", frame=Frame(None, 0)),
            week=Window(Avg("amount"), order_by="day", frame=Frame(-6, 0)),
            before=Window(Lag("amount"), order_by="day"),
            place=Window(Rank(), order_by="-amount"),
        )
        .order_by("day")
    )
    print("Day         Amount    So far    Week  Change  Rank")
    for sale in await north.values("day", "amount", "so_far", "week", "before", "place")[:5].all():
        change = "" if sale["before"] is None else f"{sale['amount'] - sale['before']:+.2f}"
        print(
            f"{sale['day']}  {sale['amount']:>6.2f}  {sale['so_far']:>8.2f}  {sale['week']:>6.2f}"
            f"  {change:>7} {sale['place']:>4}"
        )


async def sizes() -> None:
    """Count small, middling and large sales."""
    size = Case(
        When(amount__lt=100, then=Value("small")),
        When(amount__gte=400, then=Value("large")),
        default=Value("middling"),
    )
    counted = Sale.objects.annotate(size=size).group_by("size").annotate(sales=Count("id"))
    for row in await counted.order_by("-sales", "size").all():
        print(f"{row['sales']} {row['size']} sales")


async def main(url: str) -> None:
    """Create the table, print the report, drop the table again."""
    async with db.connect(url):
        await db.create_tables(models=[Sale])
        try:
            await Sale.objects.bulk_create(made_up_sales())
            await monthly()
            await best_sellers()
            await running()
            await sizes()
        finally:
            await db.drop_tables(models=[Sale])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'sales.db'}")
        )
