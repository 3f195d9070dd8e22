"""The audit trail: filtered by what stands in it, and pruned by a clock of its own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from support.make import person
from taskforge.core.ids import new_id
from taskforge.db.audit import AuditFilters, list_audit, note, prune_audit
from taskforge.db.engine import open_engine

ANN, KEY = UUID(int=1), UUID(int=2)
NOW = datetime.now(UTC)


@pytest.fixture
async def told(connection):
    """Three deeds: ann's key cancelled, ann submitted, and somebody made a user."""
    ann = person("ann")._replace(user_id=ANN, ip="192.0.2.1")
    await note(connection, None, "user.created", "user:1", after={"role": "viewer"})
    await note(connection, ann, "job.submitted", "job:1")
    await note(connection, ann._replace(api_key_id=KEY), "job.cancelled", "job:1")


@pytest.fixture
async def api_engine(settings):
    """As the API plans: by what is asked."""
    engine = open_engine(settings, statement_seconds=5, pool_size=1)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (AuditFilters(), ["job.cancelled", "job.submitted", "user.created"]),
        (AuditFilters(actor_id=ANN), ["job.cancelled", "job.submitted"]),
        (AuditFilters(api_key_id=KEY), ["job.cancelled"]),
        (AuditFilters(ip="192.0.2.1"), ["job.cancelled", "job.submitted"]),
        (AuditFilters(ip="192.0.2.2"), []),
        (AuditFilters(action="job.submitted"), ["job.submitted"]),
        (AuditFilters(action="job.*"), ["job.cancelled", "job.submitted"]),
        (AuditFilters(action="job."), []),
        (AuditFilters(action="%"), []),
        (AuditFilters(action="*"), ["job.cancelled", "job.submitted", "user.created"]),
        (AuditFilters(action="job.*", actor_id=ANN, target="job:1", api_key_id=KEY),
         ["job.cancelled"]),
        (AuditFilters(since=NOW - timedelta(hours=1)),
         ["job.cancelled", "job.submitted", "user.created"]),
        (AuditFilters(since=NOW + timedelta(hours=1)), []),
        (AuditFilters(until=NOW - timedelta(hours=1)), []),
        (AuditFilters(since=datetime.max.replace(tzinfo=UTC)), []),
        (AuditFilters(until=datetime.min.replace(tzinfo=UTC)), []),
    ],
    ids=[
        "none", "actor", "key", "address", "another address", "action", "beginning",
        "half a beginning", "no pattern", "star", "several", "since before", "since after",
        "until before", "since the end of time", "until its beginning",
    ],
)  # fmt: skip
async def test_filters_narrow_and_combine(connection, told, filters, expected):
    found = await list_audit(connection, filters, after=None, limit=10)

    assert [record.action for record in found] == expected


async def test_a_page_goes_on_where_the_one_before_it_ended(connection, told):
    first = await list_audit(connection, AuditFilters(action="job.*"), after=None, limit=1)
    rest = await list_audit(connection, AuditFilters(action="job.*"), after=first[0].id, limit=9)

    assert [record.action for record in [*first, *rest]] == ["job.cancelled", "job.submitted"]


@pytest.mark.parametrize(
    "asked", ["a.action = 'user.created'", "starts_with(a.action, 'user.')", "a.actor_id = :id"]
)
async def test_what_is_rare_is_found_by_an_index(api_engine, asked):
    async with api_engine.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO audit (id, actor_id, action)"
                " SELECT gen_random_uuid(), gen_random_uuid(), 'job.submitted'"
                " FROM generate_series(1, 5000)"
            )
        )
        await connection.execute(text("ANALYZE audit"))
        plan = await connection.execute(
            text(f"EXPLAIN SELECT * FROM audit a WHERE {asked} ORDER BY a.id DESC LIMIT 50"),
            {"id": new_id()} if ":id" in asked else {},
        )

        assert "ix_audit_" in "\n".join(plan.scalars())


async def test_only_what_is_old_is_pruned_the_oldest_first(connection, told):
    await connection.execute(text("UPDATE audit SET at = at - interval '2 days'"))
    await note(connection, None, "user.created", "user:2")

    assert await prune_audit(connection, days=3, limit=10) == 0
    assert await prune_audit(connection, days=1, limit=2) == 2
    assert await prune_audit(connection, days=1, limit=2) == 1
    left = await list_audit(connection, AuditFilters(), after=None, limit=10)
    assert [record.target for record in left] == ["user:2"]
