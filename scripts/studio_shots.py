"""Uses `oxyde studio` in headless Chromium as a person does, fails if the browser reports an error,
and writes the screenshots of docs/images. Run it by `make studio-shots`.

The project is examples/shop, with generated rows in a temporary SQLite file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.browser import Browser, browser_is_missing, browsers, first_match, program

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SHOP = ROOT / "examples" / "shop"
# The largest screenshot, in bytes.
LARGEST = 150_000

ROWS = """
import asyncio, datetime, random
from decimal import Decimal
from oxyde import db, execute_raw
from shop.models import Category, Customer, Order, OrderLine, OrderStatus, Product

FIRST = "Ada Bela Cleo Dora Emil Fynn Gitta Hugo Ines Jon Kira Leo Mila Nils Olga Pia".split()
LAST = "Berg Castro Dietz Egger Falk Gruber Holm Ivanov Jansen Kraus Lind Moreau".split()
CITIES = ["Oslo", "Lyon", "Graz", "Porto", "Gdańsk", None]
GOODS = {
    "Kitchen": "Kettle,Pan,Whisk,Ladle,Cutting board,Colander,Salad bowl,Pepper mill",
    "Garden": "Spade,Rake,Watering can,Hose,Wheelbarrow,Secateurs,Trowel",
    "Office": "Notebook,Fountain pen,Stapler,Desk lamp,Paper tray,Ruler",
    "Outdoor": "Tent,Sleeping bag,Camping stove,Compass,Rucksack,Water bottle",
}

async def main(url):
    pick = random.Random(7)
    async with db.connect(url):
        groups = await Category.objects.bulk_create([{"name": name} for name in GOODS])
        customers = [
            {
                "name": f"{first} {last}", "email": f"{first}.{last}@example.org".lower(),
                "city": pick.choice(CITIES),
            }
            for first in FIRST for last in LAST
        ]
        customers = await Customer.objects.bulk_create(customers)
        products = await Product.objects.bulk_create([
            {
                "name": name, "slug": name.lower().replace(" ", "-"),
                "price": Decimal(pick.randint(299, 18999)) / 100, "category_id": group.id,
            }
            for group in groups for name in GOODS[group.name].split(",")
        ])
        start = datetime.datetime(2026, 1, 5, 8, tzinfo=datetime.timezone.utc)
        orders = await Order.objects.bulk_create([
            {
                "customer_id": pick.choice(customers).id,
                "placed_at": start + datetime.timedelta(minutes=37 * n),
                "status": pick.choice(list(OrderStatus)),
            }
            for n in range(12_500)
        ])
        await OrderLine.objects.bulk_create([
            {"order_id": order.id, "product_id": product.id, "quantity": pick.randint(1, 5)}
            for order in orders for product in pick.sample(products, pick.randint(1, 4))
        ])
        await execute_raw("ANALYZE")

import sys
asyncio.run(main(sys.argv[1]))
"""


def shoot(browser: Browser, name: str) -> None:
    """Write a screenshot."""
    file = IMAGES / f"{name}.png"
    file.write_bytes(browser.screenshot())
    if shutil.which("optipng"):
        subprocess.run(["optipng", "-quiet", "-o5", file], check=True)
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}: {size / 1000:.0f} kB")
    if size > LARGEST:
        raise SystemExit(f"{file.name} is larger than {LARGEST / 1000:.0f} kB")


def make_database(folder: Path) -> None:
    """The shop with rows in a file."""
    url = f"sqlite:///{folder}/shop.db"
    environment = {**os.environ, "DATABASE_URL": url}
    for command in (["-m", "oxyde", "migrate"], ["-c", ROWS, url]):
        subprocess.run(
            [sys.executable, *command], cwd=SHOP, env=environment, check=True, capture_output=True
        )


def show_tables(browser: Browser, root: str) -> None:
    """The overview and a list of rows with filters."""
    browser.expect("orders")
    shoot(browser, "studio-tables")
    browser.open(f"{root}/rows/orders?_sort=-placed_at")
    browser.expect("rows")
    browser.click("a[rel=next]")
    browser.expect("51–100")
    browser.open(f"{root}/rows/orders?status__exact=paid&_sort=-placed_at")
    browser.click(".filters summary")
    browser.type("[name='customer_id.value']", "7")
    browser.click(".filters button.primary")
    browser.expect("customer_id = 7")
    browser.open(f"{root}/rows/products?price__gte=20&_sort=-price")
    browser.click(".filters summary")
    browser.expect("Rucksack")
    shoot(browser, "studio-rows")


def show_row(browser: Browser, root: str) -> None:
    """A row with what belongs to it, and the SQL."""
    browser.open(f"{root}/row/customers?id=7")
    browser.expect("orders · customer_id")
    browser.click(".related li a")
    browser.expect("placed_at")
    browser.click(".row a")
    browser.expect("example.org")
    browser.click(".sql summary")
    browser.expect("SEARCH customers")
    shoot(browser, "studio-row")


def change_row(browser: Browser, root: str) -> None:
    """A form with errors, and a saved one."""
    browser.open(f"{root}/row/products?id=3")
    browser.click(".button.primary")
    browser.type("[name=price]", "cheap")
    browser.type("[name=slug]", "kettle")
    browser.click("button.primary")
    browser.expect("Input should be a valid decimal", refused=422)
    browser.type("[name=price]", "12.50")
    browser.click("button.primary")
    browser.expect("UNIQUE", refused=422)
    shoot(browser, "studio-form")
    browser.type("[name=slug]", "whisk-large")
    browser.click("button.primary")
    browser.expect("The row was saved.")
    browser.click(".button.danger")
    browser.expect("order_lines")
    browser.click("button.danger")
    browser.expect("FOREIGN KEY", refused=409)


def main() -> int:
    """Use the pages and write the screenshots; 2 if a program is missing."""
    if browser_is_missing():
        return 2
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make_database(Path(folder))
        command = [sys.executable, "-m", "oxyde", "studio", "--write", "--port", "0"]
        command += ["--config", str(SHOP / "oxyde.toml"), "--url", "sqlite:///shop.db"]
        with (
            program(command, cwd=folder) as studio,
            browsers() as port,
        ):
            address = first_match(studio, r"(http://\S+)")
            root = address.partition("/?")[0]
            for dark, steps in ((False, (show_tables, change_row)), (True, (show_row,))):
                browser = Browser(port, dark=dark)
                with contextlib.closing(browser):
                    browser.open(address)
                    time.sleep(0.2)
                    for step in steps:
                        step(browser, root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
