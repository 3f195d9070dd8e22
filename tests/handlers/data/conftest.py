from datetime import datetime, timedelta

import pytest

from taskforge.handlers.data.generated.sales import MARKETS, PRODUCTS
from taskforge.handlers.data.work import process

MASK = 0xFFFFFFFF


def mix(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def spread(items):
    return [item for item in items for _ in range(item.weight)]


def order(i, seed):
    """Row `i` worked out in plain Python from the description of the data set."""
    a = mix(((i + 1) * 0x9E3779B9 + mix((seed + 0x9E3779B9) & MASK)) & MASK)
    b = mix((a + 0x9E3779B9) & MASK)
    c = mix((b + 0x9E3779B9) & MASK)
    d = mix((c + 0x9E3779B9) & MASK)
    market = spread(MARKETS)[a % 100]
    product = spread(PRODUCTS)[b % 100]
    hours = 6 + (c >> 7) % 9 + (d >> 4) % 9
    quantity = 1 + (d % 1000) ** 2 // 90_000
    cents = product.cents * (90 + (b >> 8) % 21) // 100
    off = (0, 0, 0, 0, 0, 5, 5, 10, 10, 15, 20)[(a >> 16) % 11] if (c >> 16) % 50 else None
    web = ("web",) * 4 + ("store",) * 2 + ("partner", "phone")
    return (
        100_001 + i,
        datetime(2025, 1, 1) + timedelta(days=c % 90, hours=hours, seconds=(c >> 11) % 3600),  # noqa: DTZ001 - the data set has no zone
        market.region,
        market.country,
        product.name,
        product.category,
        quantity,
        cents,
        off,
        quantity * cents * (100 - (off or 0)) // 100,
        web[(b >> 16) % 8] if (d >> 16) % 33 else None,
    )


@pytest.fixture
def sales_order():
    return order


class Worker:
    """Runs jobs as the child does, in this process."""

    def __init__(self, folder):
        self.folder = folder
        self.reports = []

    def __call__(self, operation, dataset=None, *, places=None, **fields):
        payload = {"operation": operation, "dataset": dataset or "sales_q1", **fields}
        places = {"datasets_dir": str(self.folder), **(places or {})}
        return process(lambda **parts: self.reports.append(parts), payload, places)

    def inline(self, operation, given, /, **params):
        return self(operation, {"inline": given}, params=params)


@pytest.fixture
def work(tmp_path, monkeypatch):
    folder = tmp_path / "datasets"
    folder.mkdir()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(scratch)
    return Worker(folder)
