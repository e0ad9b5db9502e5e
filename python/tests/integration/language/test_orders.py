"""Enums and IP addresses in their own order, which is not that of their texts."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from enum import Enum

import pytest

from oxyde import Field, Max, Min, Model, create_tables, drop_tables
from oxyde.db import AsyncDatabase
from oxyde.exceptions import UnsupportedFeatureError
from oxyde.queries import F, Rank, Window


class Size(Enum):
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


SIZES = list(Size)


class Host(Model):
    id: int | None = Field(default=None, db_pk=True)
    size: Size | None = None
    ip: ipaddress.IPv4Address | None = None
    six: ipaddress.IPv6Address | None = None
    net: ipaddress.IPv4Network | None = None

    class Meta:
        is_table = True
        table_name = "ordered_host"


ADDRESSES = ["10.0.0.10", "10.0.0.9", "9.255.0.1", "192.168.0.1", "2.0.0.1", "100.1.1.1"]
SIXES = ["2001:db8::10", "::1", "2001:db8::9", "ff02::1", "1::", "2001:db8:0:1::"]
NETS = ["10.0.0.0/8", "10.0.0.0/16", "9.0.0.0/8", "10.128.0.0/9", "10.0.0.0/24", "172.16.0.0/12"]


@pytest.fixture
async def hosts(database: AsyncDatabase) -> AsyncIterator[list[Host]]:
    await create_tables(database, models=[Host])
    rows = [
        Host(
            id=at + 1,
            size=SIZES[(at * 2) % 3],
            ip=ipaddress.IPv4Address(ADDRESSES[at]),
            six=ipaddress.IPv6Address(SIXES[at]),
            net=ipaddress.IPv4Network(NETS[at]),
        )
        for at in range(6)
    ]
    await Host.objects.bulk_create([*rows, Host(id=7)])
    yield rows
    await drop_tables(database, models=[Host])


def place(size: Size | None) -> int:
    assert size is not None
    return SIZES.index(size)


async def test_enums(hosts: list[Host]) -> None:
    have = Host.objects.filter(size__isnull=False)
    by_size = sorted(hosts, key=lambda host: (place(host.size), host.id))
    assert await have.order_by("size", "id").all() == by_size
    assert (await have.order_by("-size", "id").first()).size is Size.LARGE  # type: ignore[union-attr]
    for lookup in ("gt", "gte", "lt", "lte"):
        for size in Size:
            wanted = [
                host.id
                for host in hosts
                if getattr(place(host.size), f"__{lookup[:1]}{'e' if lookup[2:] else 't'}__")(
                    place(size)
                )
            ]
            query = Host.objects.filter(**{f"size__{lookup}": size}).order_by("id")
            assert await query.values_list("id", flat=True) == wanted, (lookup, size)
    between = Host.objects.filter(size__between=(Size.MEDIUM, Size.LARGE))
    assert await between.count() == sum(place(host.size) >= 1 for host in hosts)
    assert await between.min("size") is Size.MEDIUM
    assert await Host.objects.min("size") is Size.SMALL
    assert await Host.objects.max("size") is Size.LARGE
    assert await Host.objects.filter(id=7).max("size") is None
    ranked = await (
        have.annotate(place=Window(Rank(), order_by=F("size").desc())).order_by("place", "id").all()
    )
    assert [row.size for row in ranked] == [host.size for host in by_size[::-1]]


@pytest.mark.parametrize("name", ["ip", "six"])
async def test_addresses(hosts: list[Host], name: str) -> None:
    def bits(host: Host) -> int:
        return int(getattr(host, name))

    ordered = sorted(hosts, key=bits)
    have = Host.objects.filter(**{f"{name}__isnull": False})
    assert await have.order_by(name).all() == ordered
    assert await have.order_by(f"-{name}").all() == ordered[::-1]
    for limit in hosts:
        value = getattr(limit, name)
        below = Host.objects.filter(**{f"{name}__lt": value}).order_by(name)
        assert await below.all() == [host for host in ordered if bits(host) < bits(limit)]
        above = Host.objects.filter(**{f"{name}__gte": value}).order_by(name)
        assert await above.all() == [host for host in ordered if bits(host) >= bits(limit)]
    assert await Host.objects.min(name) == getattr(ordered[0], name)
    assert await Host.objects.max(name) == getattr(ordered[-1], name)


async def test_networks(hosts: list[Host]) -> None:
    found = await Host.objects.aggregate(first=Min("net"), last=Max("net"))
    assert found == {
        "first": ipaddress.IPv4Network("9.0.0.0/8"),
        "last": ipaddress.IPv4Network("172.16.0.0/12"),
    }
    nets = (
        await Host.objects.filter(net__isnull=False).order_by("net").values_list("net", flat=True)
    )
    assert [str(net) for net in nets] == [
        "9.0.0.0/8",
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.0.0.0/24",
        "10.128.0.0/9",
        "172.16.0.0/12",
    ]


async def test_combined_rows(hosts: list[Host], database: AsyncDatabase) -> None:
    both = Host.objects.filter(id__lt=3).union(Host.objects.filter(id__in=[3, 4]))
    wanted = sorted(hosts[:4], key=lambda host: (place(host.size), host.id))
    if database.backend == "postgres":
        assert await both.order_by("size", "id").all() == wanted
        return
    with pytest.raises(UnsupportedFeatureError, match="combined rows by an enum"):
        await both.order_by("size").all()
