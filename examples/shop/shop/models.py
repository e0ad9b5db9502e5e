"""The models of the shop after its last migration."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from pydantic import AwareDatetime

from oxyde import Check, Field, Index, Model


class OrderStatus(Enum):
    """The status of an order."""

    OPEN = "open"
    PAID = "paid"
    SHIPPED = "shipped"


class Customer(Model):
    """A person who orders products."""

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=100)
    email: str = Field(max_length=200, db_unique=True)
    city: str | None = Field(default=None, max_length=80)

    class Meta:
        is_table = True
        table_name = "customers"


class Category(Model):
    """A group of products."""

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=60, db_unique=True)

    class Meta:
        is_table = True
        table_name = "categories"


class Product(Model):
    """A product for sale."""

    id: int | None = Field(default=None, db_pk=True)
    name: str = Field(max_length=120)
    price: Decimal = Field(max_digits=10, decimal_places=2)
    category: Category | None = Field(default=None, db_on_delete="SET NULL")
    slug: str = Field(max_length=120, db_unique=True)

    class Meta:
        is_table = True
        table_name = "products"
        constraints = [Check("price >= 0", name="products_price_check")]


class Order(Model):
    """An order of one customer."""

    id: int | None = Field(default=None, db_pk=True)
    customer: Customer = Field(db_on_delete="CASCADE")
    placed_at: AwareDatetime = Field(db_default="now()")
    status: OrderStatus = Field(default=OrderStatus.OPEN, db_default="'open'")

    class Meta:
        is_table = True
        table_name = "orders"
        indexes = [Index("-placed_at")]


class OrderLine(Model):
    """The quantity of one product in an order."""

    order: Order = Field(db_on_delete="CASCADE", db_pk=True)
    product: Product = Field(db_pk=True)
    quantity: int = Field(ge=1, db_default="1")

    class Meta:
        is_table = True
        table_name = "order_lines"
        indexes = [Index("product_id")]
