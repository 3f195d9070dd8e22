"""The development seed: accounts to sign in with, a few jobs and schedules to look at (SPEC §9).

The jobs are ordinary ones, run by whatever workers there are; one of them is due in an hour, and
one must fail, for it asks for a file that nobody has put there. One schedule makes a small job
every five minutes; the other is paused.
"""

from typing import Any

import msgspec

from taskforge.core.errors import Conflict, Denied
from taskforge.core.job import JobOrder, JobTemplate
from taskforge.core.people import Principal, Role
from taskforge.core.priority import Priority
from taskforge.core.schedule import Plan
from taskforge.db import people
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.flows import schedules
from taskforge.flows.accounts import ensure_demo_users, ensure_user
from taskforge.flows.deps import Deps
from taskforge.flows.submit import Submitted, submit_many


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """What was made; nothing, when all was there."""

    accounts: list[str]
    jobs: int
    schedules: int


async def seed(deps: Deps) -> Seeded:
    """Make what is missing; safe to repeat, also at the same time.

    The account of ADMIN_USERNAME is made when ADMIN_PASSWORD is set; then the demo accounts; then,
    when there is no job at all, the sample jobs and schedules.

    Raises:
        Denied: this is a production installation, whose accounts nobody else may know.
    """
    if deps.settings.environment == "production":
        raise Denied(
            "The demo accounts are not for production; make the first account with "
            "`taskforge user create NAME --role admin`."
        )
    made = await _ensure_admin(deps) + await ensure_demo_users(deps)
    by = await _first_operator(deps)
    if by is None:
        return Seeded(accounts=made, jobs=0, schedules=0)
    new = await _make_schedules(deps, by)
    return Seeded(accounts=made, jobs=await _submit_samples(deps, by), schedules=new)


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


async def _first_operator(deps: Deps) -> Principal | None:
    """The demo operator of an installation that has no job yet."""
    async with deps.db.connect() as connection:
        page = await list_jobs(connection, JobFilters(), after=None, limit=1)
        operator = await people.find_by_name(connection, Role.OPERATOR.value)
    if page.items or operator is None:
        return None
    return Principal(operator.id, operator.username, operator.role)


async def _submit_samples(deps: Deps, by: Principal) -> int:
    """Submit the samples; how many are new."""
    answers = await submit_many(deps, SAMPLES, by, atomic=False)
    return sum(1 for answer in answers if isinstance(answer, Submitted) and answer.fresh)


async def _make_schedules(deps: Deps, by: Principal) -> int:
    """Make the sample schedules; how many are new."""
    made = 0
    for plan, pause_reason in SCHEDULES:
        try:
            told = await schedules.create(deps, plan, by)
        except Conflict:  # it is there
            continue
        made += 1
        if pause_reason:
            await schedules.pause(deps, told.answer.id, by, reason=pause_reason)
    return made


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

SCHEDULES = (
    (
        Plan(
            name="Sales by channel, every five minutes",
            cron="*/5 * * * *",
            jitter_seconds=20.0,
            template=JobTemplate(
                type="data_processing",
                payload={
                    "dataset": "sales_q1",
                    "operation": "aggregate",
                    "rows": 20_000,
                    "params": {"group_by": ["channel"], "metrics": [{"fn": "count"}]},
                },
                tags=["demo", "sales"],
            ),
        ),
        None,
    ),
    (
        Plan(
            name="Data quality, every night",
            cron="30 2 * * *",
            timezone="Europe/Paris",
            template=JobTemplate(
                type="data_processing",
                payload={"dataset": "sales_q1", "operation": "profile", "rows": 200_000},
                priority=Priority.LOW,
                tags=["demo", "quality"],
            ),
        ),
        "A sample: resume it, and it fires in the night.",
    ),
)
"""Each with the reason why it is paused, if it is."""
