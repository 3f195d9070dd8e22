"""The development seed: accounts to sign in with, and a few jobs to look at (SPEC §9).

The jobs are ordinary ones, run by whatever workers there are; one of them is due in an hour, and
one must fail, for it asks for a file that nobody has put there.
"""

from typing import Any

import msgspec

from taskforge.core.errors import Denied
from taskforge.core.job import JobOrder
from taskforge.core.people import Principal, Role
from taskforge.core.priority import Priority
from taskforge.db import people
from taskforge.db.job_lists import JobFilters, list_jobs
from taskforge.flows.accounts import ensure_demo_users, ensure_user
from taskforge.flows.deps import Deps
from taskforge.flows.submit import Submitted, submit_many


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """What was made; nothing, when all was there."""

    accounts: list[str]
    jobs: int


async def seed(deps: Deps) -> Seeded:
    """Make what is missing; safe to repeat, also at the same time.

    The account of ADMIN_USERNAME is made when ADMIN_PASSWORD is set; then the demo accounts; then,
    when there is no job at all, the sample jobs.

    Raises:
        Denied: this is a production installation, whose accounts nobody else may know.
    """
    if deps.settings.environment == "production":
        raise Denied(
            "The demo accounts are not for production; make the first account with "
            "`taskforge user create NAME --role admin`."
        )
    made = await _ensure_admin(deps) + await ensure_demo_users(deps)
    return Seeded(accounts=made, jobs=await _submit_samples(deps))


async def _ensure_admin(deps: Deps) -> list[str]:
    settings = deps.settings
    made = settings.admin_password and await ensure_user(
        deps,
        username=settings.admin_username,
        email=settings.admin_email,
        password=settings.admin_password,
        role=Role.ADMIN,
    )
    return [settings.admin_username] if made else []


async def _submit_samples(deps: Deps) -> int:
    """Submit the samples as the demo operator; how many are new."""
    async with deps.db.connect() as connection:
        page = await list_jobs(connection, JobFilters(), after=None, limit=1)
        operator = await people.find_by_name(connection, Role.OPERATOR.value)
    if page.items or operator is None:
        return 0
    by = Principal(operator.id, operator.username, operator.role)
    answers = await submit_many(deps, SAMPLES, by, atomic=False)
    return sum(1 for answer in answers if isinstance(answer, Submitted) and answer.fresh)


def _sample(name: str, payload: dict[str, Any], *tags: str, **rest: Any) -> JobOrder:
    """An order whose key makes it one job, however many seeds run at once."""
    order: dict[str, Any] = {
        "type": "data_processing",
        "payload": payload,
        "tags": ["demo", *tags],
        "idempotency_key": f"taskforge-sample-{name}",
        **rest,
    }
    return JobOrder(**order)


SAMPLES = (
    _sample(
        "revenue",
        {"dataset": "sales_q1", "operation": "aggregate", "rows": 50_000},
        "sales",
        priority=Priority.HIGH,
    ),
    _sample(
        "channels",
        {
            "dataset": "sales_q1",
            "operation": "aggregate",
            "rows": 200_000,
            "params": {
                "group_by": ["channel"],
                "metrics": [{"fn": "count"}, {"fn": "p95", "column": "revenue"}],
            },
        },
        "sales",
        priority=Priority.CRITICAL,
    ),
    _sample(
        "columns",
        {"dataset": "sales_q1", "operation": "profile", "rows": 100_000},
        "quality",
        priority=Priority.LOW,
    ),
    _sample(
        "large-orders",
        {
            "dataset": "sales_q1",
            "operation": "filter",
            "rows": 100_000,
            "params": {
                "where": [{"column": "revenue", "op": "ge", "value": 5_000}],
                "order_by": [{"column": "revenue", "desc": True}],
            },
        },
        "sales",
    ),
    _sample(
        "inline",
        {
            "dataset": {
                "inline": [
                    {"city": "Oslo", "degrees": -3},
                    {"city": "Rome", "degrees": 11},
                    {"city": "Cairo", "degrees": 20},
                ]
            },
            "operation": "profile",
        },
        "weather",
    ),
    _sample(
        "regions",
        {
            "dataset": "sales_q1",
            "operation": "aggregate",
            "params": {"group_by": ["region"], "metrics": [{"fn": "count"}]},
        },
        "sales",
        type="custom",
    ),
    _sample(
        "crawl",
        {
            "url": "https://demo.taskforge.test/products",
            "delay_ms": 50,
            "include": ["/products*"],
            "item": ".product",
            "selectors": {
                "name": {"css": "h3 a", "required": True},
                "price": {"css": ".price", "type": "number"},
            },
        },
        "shop",
        type="web_scraping",
    ),
    _sample(
        "prompt",
        {"prompt": "Write one sentence about the sea.", "max_tokens": 40, "seed": 7},
        type="ai_inference",
    ),
    _sample(
        "scan",
        {"target": "https://broken.taskforge.test/", "scan_type": "headers"},
        "audit",
        type="security_scan",
        priority=Priority.HIGH,
    ),
    _sample(
        "newsletter",
        {
            "subject": "Welcome, {{ name }}",
            "template": "welcome",
            "variables": {"product": "TaskForge"},
            "recipients": [
                {"email": "ann@demo.taskforge.test", "name": "Ann"},
                {"email": "ben@demo.taskforge.test", "name": "Ben"},
                {"email": "reject@demo.taskforge.test", "name": "Nobody"},
            ],
        },
        type="email",
    ),
    _sample(
        "later",
        {"dataset": "sales_q1", "operation": "profile", "rows": 500_000},
        "quality",
        priority=Priority.LOW,
        delay_seconds=3_600,
    ),
    _sample(
        "missing-file",
        {"dataset": {"file": "orders-of-last-year.csv"}, "operation": "profile"},
        "quality",
    ),
)
