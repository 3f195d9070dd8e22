"""Lists, a job and the summary, at ten thousand and at a million finished jobs."""

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Load, Wire, load

_FILL = """
WITH made AS (
    INSERT INTO jobs (id, type, priority, status, version, attempt, max_retries, timeout_seconds,
                      created_at, run_at, queued_at, started_at, finished_at, duration_seconds,
                      worker_id)
    SELECT uuidv7((n - $1) * interval '1 second'), 'noop', n % 4,
           CASE n % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'success' END, 3, 1, 3, 60,
           t, t, t, t, t, 0.01, '00000000-0000-7000-8000-000000000001'
    FROM generate_series(1, $1) AS n,
         LATERAL (SELECT clock_timestamp() + (n - $1) * interval '1 second' AS t) AS at
    RETURNING *
), details AS (
    INSERT INTO job_details (job_id, type, priority, tags, payload)
    SELECT id, type, priority, CASE WHEN priority = 0 THEN ARRAY['nightly'] ELSE '{}' END, '{}'
    FROM made
), tags AS (
    INSERT INTO job_tags (tag, job_id) SELECT 'nightly', id FROM made WHERE priority = 0
), events AS (
    INSERT INTO job_events (job_id, version, at, cycle, attempt, event, status)
    SELECT id, 3, created_at, 1, 1,
           CASE status WHEN 'success' THEN 'job_success' WHEN 'failed' THEN 'job_failed'
                ELSE 'job_cancelled' END, status FROM made
), counted AS (
    INSERT INTO job_counts (type, priority, status, n)
    SELECT type, priority, status, count(*) FROM made GROUP BY type, priority, status
)
SELECT count(*) FROM made
"""
PATHS = {
    "list": "/api/v1/jobs",
    "list by status": "/api/v1/jobs?status=failed",
    "list by type and priority": "/api/v1/jobs?type=noop&priority=high",
    "list by tag": "/api/v1/jobs?tag=nightly",
    "summary": "/api/v1/jobs/metrics/summary",
}


async def reads(stack: Stack) -> list[Figure]:
    """Each read with one client, at both sizes."""
    api = await stack.start_api()
    headers = await operator(stack)
    small = await _at(stack, headers, 10_000)
    large = await _at(stack, headers, 1_000_000)
    await stack.empty()
    stack.stop(api)
    return [
        Figure(f"{name} at 1,000,000 finished jobs",
               f"p50 {large[name].p50_ms:.1f} ms = {large[name].p50_ms / small[name].p50_ms:.2f} x"
               " that at 10,000", "p50 ≤ 10 ms, ≤ 1.3 x",
               large[name].p50_ms <= 10 and large[name].p50_ms / small[name].p50_ms <= 1.3)
        for name in small
    ]  # fmt: skip


async def _at(stack: Stack, headers: dict[str, str], jobs: int) -> dict[str, Load]:
    await stack.empty()
    await stack.query(_FILL, jobs)
    await stack.query("ANALYZE jobs, job_details, job_tags, job_events, job_counts")
    middle = (await stack.query("SELECT id FROM jobs ORDER BY id LIMIT 1 OFFSET $1", jobs // 2))[0]
    paths = {**PATHS, "get by id": f"/api/v1/jobs/{middle[0]}"}
    found: dict[str, Load] = {}
    for name, path in paths.items():

        def get(wire: Wire, path: str = path) -> bytes:
            return wire.request("GET", path)

        await load(stack.url, headers, get, connections=1, seconds=0.5, expect=200)
        found[name] = await load(stack.url, headers, get, connections=1, seconds=2, expect=200)
    return found
