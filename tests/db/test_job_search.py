"""Searches, against the plainest reading of each term over all jobs."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from support.searches import ANA, BEN, BLUE, NAMES, NIGHTLY, RED, holds
from taskforge.core.errors import Invalid
from taskforge.core.query import parse
from taskforge.core.states import JobStatus
from taskforge.db import parts, sketches
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.db.sketches import prune_sketches, sketch

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ERRORS = [
    None,
    {"class": "timeout", "kind": "ReadTimeout", "message": "The read operation timed out (30 s)"},
    {"class": "target_error", "kind": "Refused", "message": "mail-7.example.com: größe out timed"},
]
BIG = 9_007_199_254_740_993
PAYLOADS = [
    {},
    {"to": "ann@example.com", "rows": 5, "deep": {"a.b": [{"c": 1}, {"c": [2, "x"]}]}},
    {"to": ["ann@example.com", "ben@example.com"], "rows": "5", "n": BIG},
    {"to": 'quo"te\\ größe', "rows": 5.0, "n": BIG - 1, "ok": True, "none": None},
    {"to": "", "rows": -1.5e3, "ok": "true", "deep": {"a.b": {"c": 2}}},
]
TERMS = [
    "type:email", "type:email,custom", "-type:email", "type:nope", "status:failed,running",
    "-status:success", "state:success", "priority:low,critical", "queue:default", "tag:eu",
    "tag:eu,nightly", "-tag:eu", f"worker:{RED}", "worker:01990000", "worker:redhost,nohost",
    "-worker:redhost", "created_by:me", "created_by:Ben", f"created_by:{BEN},ana", "-created_by:me",
    "created_by:nobody", f"schedule:{NIGHTLY}", "schedule:every-night", "-schedule:every-night",
    'error:"timed out"', 'error:"out timed"', "error:timeout,refused", "-error:timed",
    "error:größe", "error:nothing", "created>=2026-03-01T00:01:00Z", "created<2026-03-01T00:02:30Z",
    "-created<2026-03-01T00:02:30Z", "created>-2h", "finished>2026-03-01T00:03:00Z",
    "finished<=2026-03-01T00:03:00Z", "-finished>2026-03-01T00:03:00Z", "duration>30s",
    "duration>=60s", "duration<2s", "-duration>30s", "duration>0.5s", "attempt>=2", "attempt:1,50",
    "attempt>40", "attempt<=2", "-attempt>=2", "failures>=1", "failures:0", "failures>1",
    "payload.to:ann@example.com", '-payload.to:"ann@example.com"', "payload.rows:5",
    'payload.rows:"5"', "payload.rows:-1500", f"payload.n:{BIG}", "payload.ok:true",
    "payload.none:null", 'payload.to:""', 'payload.deep."a.b".c:2', "payload.deep.c:2",
    'payload.to:"quo\\"te\\\\ größe"', "payload.rows:7,-1.5e3", "eu", "custom", "timed", "-timeout",
    "größe", "zzz", "nightly",
]  # fmt: skip


def some_jobs(n):
    chance = random.Random(11)
    return [
        {
            "status": chance.choice(list(JobStatus)),
            "type": chance.choice(["email", "custom", "data_processing"]),
            "priority": chance.randrange(4),
            "tags": chance.sample(["nightly", "eu", "custom"], chance.randrange(3)),
            "created_by": chance.choice([ANA, BEN, None]),
            "schedule_id": chance.choice([NIGHTLY, None, None]),
            "workers": chance.choices([RED, BLUE], k=chance.randrange(3)),
            "worker_id": chance.choice([RED, BLUE]),
            "payload": chance.choice(PAYLOADS),
            "error": chance.choice(ERRORS),
            "attempt": chance.choice([1, 1, 1, 2, 3, 40, 41, 50]),
            "failures": chance.choice([0, 0, 1, 2]),
            "duration": chance.choice([None, 0.01, 1.0, 3.5, 30.0, 30.5, 60.0, 90_000.0]),
            "took": chance.randrange(100),
        }
        for _ in range(n)
    ]


async def all_pages(connection, filters, limit=50):
    found, after = [], None
    while True:
        page = await list_jobs(connection, filters, after=after, limit=limit, me=ANA)
        found += [item.id for item in page.items]
        after = page.last
        if after is None:
            return found


@pytest.fixture
async def planted(connection, plant):
    """Some hundred jobs, and what is said of them by name."""
    for name, id_ in NAMES.items():
        await connection.execute(
            text("INSERT INTO users (id, username, email, password_hash, role)"
                 " VALUES (:id, :name, :name || '@example.com', 'x', 'viewer')"),
            {"id": id_, "name": name.title()},
        )  # fmt: skip
    await connection.execute(
        text("INSERT INTO schedules (id, name, cron, timezone, template, overlap, missed)"
             " VALUES (:id, 'every-night', '0 0 * * *', 'UTC', '{}', 'allow', 'skip')"),
        {"id": NIGHTLY},
    )  # fmt: skip
    await connection.execute(
        text("INSERT INTO workers (id, host, pid, version, queues, types, slots, status)"
             " VALUES (:id, 'redhost', 1, '1', '{}', '{}', 1, 'online')"),
        {"id": RED},
    )  # fmt: skip
    jobs = some_jobs(300)
    ids = await plant(jobs)
    for n, job in enumerate(jobs):
        job["id"], job["created_at"] = ids[n], BEGIN + timedelta(seconds=n)
        ended = job["status"] in ("success", "failed", "dead_letter", "cancelled")
        job["finished_at"] = job["created_at"] + timedelta(seconds=job["took"]) if ended else None
    return jobs


async def check(connection, planted, searches):
    for search in searches:
        terms = parse(search)
        wanted = [job["id"] for job in planted if all(holds(job, term) for term in terms)]

        found = await all_pages(connection, JobFilters(q=search), limit=30)

        assert found == wanted[::-1], search


async def test_each_term_finds_what_it_means(connection, planted):
    await check(connection, planted, TERMS)


async def test_each_term_finds_the_same_when_its_hits_are_many(connection, planted, monkeypatch):
    monkeypatch.setattr(parts, "FEW", 3)

    await check(connection, planted, TERMS)


async def test_payloads_are_found_by_their_sketches(connection, planted, monkeypatch):
    monkeypatch.setattr(sketches, "CHUNK", 10)
    while await sketch(connection):
        pass

    drawn = await connection.scalar(text("SELECT count(*) FROM job_sketches"))
    assert drawn >= 20
    await check(connection, planted, [term for term in TERMS if "payload" in term])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_terms_together_find_what_all_of_them_mean(connection, planted, seed):
    chance = random.Random(seed)
    await sketch(connection)

    await check(
        connection,
        planted,
        [" ".join(chance.sample(TERMS, chance.randint(2, 4))) for _ in range(60)],
    )


async def test_an_id_is_found_by_its_beginning_with_and_without_a_key(connection, planted):
    whole = planted[7]["id"]

    for search in (f"id:{whole.hex}", f"id:{str(whole)[:13]}", str(whole), f"id:{whole},{whole}"):
        assert await all_pages(connection, JobFilters(q=search)) == [whole]
    assert len(await all_pages(connection, JobFilters(q="id:0"))) == len(planted)
    assert len(await all_pages(connection, JobFilters(q=f"-id:{whole}"))) == len(planted) - 1


async def test_a_search_and_filters_narrow_together(connection, planted):
    wanted = [it["id"] for it in planted if it["type"] == "email" and it["created_by"] == ANA]
    filters = JobFilters(type=frozenset({"email"}), q="created_by:me")

    assert await all_pages(connection, filters) == wanted[::-1]


async def test_a_search_that_is_none_is_refused(connection):
    with pytest.raises(Invalid):
        await list_jobs(connection, JobFilters(q="a:b"), after=None, limit=1)


async def test_a_large_payload_is_found_without_being_read(connection, plant, monkeypatch):
    monkeypatch.setattr(sketches, "CHUNK", 2)
    large = {"text": "x" * sketches.LARGE, "to": "me"}
    ids = await plant([{}, {"payload": large}, {}, {}, {}, {}])

    await sketch(connection)

    assert await all_pages(connection, JobFilters(q="payload.to:me")) == [ids[1]]


async def test_sketches_go_with_their_jobs(connection, plant, monkeypatch):
    monkeypatch.setattr(sketches, "CHUNK", 2)
    ids = await plant([{}] * 8)
    assert await sketch(connection) == 6  # the last two may be joined by another
    assert await sketch(connection) == 0
    await connection.execute(text("DELETE FROM jobs WHERE id < :id"), {"id": ids[3]})

    assert await prune_sketches(connection) == 1
    assert await all_pages(connection, JobFilters(q="-payload.a:1")) == ids[:2:-1]


async def test_jobs_that_may_not_be_committed_yet_are_not_sketched(connection, make_jobs):
    await make_jobs(200)

    assert await sketch(connection) == 0


def test_the_same_search_written_in_two_ways_has_one_scope():
    one, other = JobFilters(q="state:FAILED  NOT tag:x"), JobFilters(q='status:failed -tag:"x"')

    assert one.scope() == other.scope() != JobFilters(q="status:failed").scope()
