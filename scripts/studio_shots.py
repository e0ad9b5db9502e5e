"""Uses `oxyde studio` in headless Chromium as a person does, fails if the browser reports an error,
and writes the screenshots of docs/images. Run it by `make studio-shots`.

The project is examples/shop, with generated rows in a temporary SQLite file.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SHOP = ROOT / "examples" / "shop"
# The largest screenshot, in bytes.
LARGEST = 150_000
SIZE = (1280, 800)
# Seconds until a page must show what is expected.
WAIT = 10
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}

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


class Browser:
    """A headless Chromium, driven over the WebDriver protocol."""

    def __init__(self, port: int, *, dark: bool = False) -> None:
        self._address = f"http://127.0.0.1:{port}"
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        arguments = ["--headless=new", "--no-sandbox", "--hide-scrollbars", *scheme]
        options = {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self._session = f"/session/{made['sessionId']}"
        self._size(*SIZE)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _post(self, path: str, body: object) -> Any:
        return self._call("POST", self._session + path, body)

    def _size(self, width: int, height: int) -> None:
        self._post("/window/rect", {"width": width, "height": height})
        inner = self.run("return [window.innerWidth, window.innerHeight]")
        wide, high = 2 * width - inner[0], 2 * height - inner[1]
        self._post("/window/rect", {"width": wide, "height": high})

    def open(self, url: str) -> None:
        """Go to a URL."""
        self._post("/url", {"url": url})

    def run(self, script: str) -> Any:
        """Run JavaScript in the page, as the test's eyes."""
        return self._post("/execute/sync", {"script": script, "args": []})

    def _find(self, css: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": css})
        return f"/element/{next(iter(found.values()))}"

    def click(self, css: str) -> None:
        """Click on an element."""
        self._post(f"{self._find(css)}/click", {})

    def type(self, css: str, text: str) -> None:
        """Replace what is in an input."""
        element = self._find(css)
        self._post(f"{element}/clear", {})
        self._post(f"{element}/value", {"text": text})

    def _text_now(self) -> str:
        """The visible text; empty while the next page comes."""
        try:
            text: str = self._call("GET", f"{self._session}{self._find('main')}/text")
        except urllib.error.HTTPError:
            return ""
        return text

    def expect(self, text: str, *, refused: int | None = None) -> None:
        """Fail if the page does not show a text, or the browser has reported an error. A form that
        is refused has the status `refused`, which the browser logs."""
        until = time.monotonic() + WAIT
        while text not in (shown := self._text_now()):
            if time.monotonic() > until:
                raise SystemExit(f"studio-shots: the page does not show {text!r}:\n{shown[:800]}")
            time.sleep(0.05)
        for entry in self._post("/se/log", {"type": "browser"}):
            if refused is None or f"status of {refused} " not in entry["message"]:
                raise SystemExit(f"studio-shots: the browser reports: {entry['message']}")

    def shoot(self, name: str) -> None:
        """Write a screenshot."""
        data = base64.b64decode(self._call("GET", f"{self._session}/screenshot"))
        file = IMAGES / f"{name}.png"
        file.write_bytes(data)
        if shutil.which("optipng"):
            subprocess.run(["optipng", "-quiet", "-o5", file], check=True)
        size = file.stat().st_size
        print(f"{file.relative_to(ROOT)}: {size / 1000:.0f} kB")
        if size > LARGEST:
            raise SystemExit(f"studio-shots: {file.name} is larger than {LARGEST / 1000:.0f} kB")

    def close(self) -> None:
        """End the browser."""
        self._call("DELETE", self._session)


@contextlib.contextmanager
def program(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that runs in the background."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


def first_match(running: subprocess.Popen[str], pattern: str) -> str:
    """Wait for a line of a program's output."""
    assert running.stdout is not None
    for line in running.stdout:
        if found := re.search(pattern, line):
            return found.group(1)
    raise SystemExit(f"studio-shots: {running.args!r} ended with {running.wait()}")


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
    browser.shoot("studio-tables")
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
    browser.shoot("studio-rows")


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
    browser.shoot("studio-row")


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
    browser.shoot("studio-form")
    browser.type("[name=slug]", "whisk-large")
    browser.click("button.primary")
    browser.expect("The row was saved.")
    browser.click(".button.danger")
    browser.expect("order_lines")
    browser.click("button.danger")
    browser.expect("FOREIGN KEY", refused=409)


def main() -> int:
    """Use the pages and write the screenshots; 2 if a program is missing."""
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    if missing:
        names = " ".join(missing)
        print(f"studio-shots: Chromium is missing: apt-get install -y {names}", file=sys.stderr)
        return 2
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make_database(Path(folder))
        command = [sys.executable, "-m", "oxyde", "studio", "--write", "--port", "0"]
        command += ["--config", str(SHOP / "oxyde.toml"), "--url", "sqlite:///shop.db"]
        with (
            program(command, cwd=folder) as studio,
            program(["chromedriver", "--port=0"]) as driver,
        ):
            address = first_match(studio, r"(http://\S+)")
            port = int(first_match(driver, r"successfully on port (\d+)"))
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
