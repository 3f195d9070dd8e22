"""Why a job waits, asked where a million jobs wait."""

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Load, Wire, load

WAITING = 1_000_000
_FILL = """
WITH made AS (
    INSERT INTO jobs (id, type, priority, status, version, max_retries, timeout_seconds,
                      created_at, run_at, queued_at, hinted_at)
    SELECT uuidv7((n - $1) * interval '1 millisecond'), (ARRAY['noop', 'pause', 'fail'])[1 + n % 3],
           n % 4, 'queued', 1, 3, 60, t, t, t, t
    FROM generate_series(1, $1) AS n,
         LATERAL (SELECT clock_timestamp() + (n - $1) * interval '1 millisecond' AS t) AS at
    RETURNING *
), details AS (
    INSERT INTO job_details (job_id, type, priority, tags, payload)
    SELECT id, type, priority, '{}', '{}' FROM made
), counted AS (
    INSERT INTO job_counts (type, priority, status, n)
    SELECT type, priority, status, count(*) FROM made GROUP BY type, priority, status
)
SELECT count(*) FROM made
"""
_LATELY = """
INSERT INTO job_minutes (minute, type, priority, status, bucket, n, seconds)
SELECT date_trunc('minute', now()) - back * interval '1 minute', type, rank, status, bucket, 9, 9
FROM generate_series(0, 59) AS back, unnest(ARRAY['noop', 'pause', 'fail']) AS type,
     generate_series(0, 3) AS rank, unnest(ARRAY['running', 'success', 'queued']) AS status,
     generate_series(1, 20) AS bucket
"""
_UNITS = """
INSERT INTO workers (id, host, pid, version, queues, types, slots, status, beat_at)
SELECT uuidv7(), 'bench', n, '1', '{critical,high,default,low}', '{noop,pause,fail}', 16, 'online',
       now() + interval '1 hour'
FROM generate_series(1, 20) AS n
"""
_RUNNING = """
UPDATE jobs j SET status = 'running', attempt = 1, started_at = now(), worker_id = w.id,
    lease_expires_at = now() + interval '1 hour'
FROM (SELECT id, row_number() OVER () AS n FROM workers) AS w,
     (SELECT id, row_number() OVER () AS n FROM (
         SELECT id FROM jobs WHERE priority = 0 ORDER BY run_at LIMIT 320) AS first) AS f
WHERE j.id = f.id AND w.n = 1 + f.n % 20
"""
_NTH = """
SELECT id FROM jobs WHERE status = 'queued' AND priority = $1 ORDER BY run_at OFFSET $2 LIMIT 1
"""
_PLACES = {
    "the last in line": (3, WAITING // 4 - 1),
    "one in the middle": (2, WAITING // 8),
    "one with 1,000 ahead": (0, 1_000),
}


async def why(stack: Stack) -> list[Figure]:
    """Each place with one client; 20 units with 320 running jobs, statistics of an hour."""
    await stack.empty()
    for statement, values in ((_FILL, (WAITING,)), (_LATELY, ()), (_UNITS, ()), (_RUNNING, ())):
        await stack.query(statement, *values)
    await stack.query("VACUUM ANALYZE")
    api = await stack.start_api()
    headers = await operator(stack)
    figures: list[Figure] = []
    for place, which in _PLACES.items():
        path = f"/api/v1/jobs/{(await stack.query(_NTH, *which))[0][0]}"
        job, found = [await _read(stack, headers, it) for it in (path, f"{path}/why")]
        figures.append(
            Figure(f"GET /jobs/{{id}}/why of {place}, {WAITING:,} queued",
                   f"p50 {found.p50_ms:.1f}, p99 {found.p99_ms:.1f} ms; the job itself:"
                   f" {job.p50_ms:.1f}, {job.p99_ms:.1f} ms", "p99 ≤ 10 ms", found.p99_ms <= 10)
        )  # fmt: skip
    await stack.empty()
    stack.stop(api)
    return figures


async def _read(stack: Stack, headers: dict[str, str], path: str) -> Load:
    def get(wire: Wire) -> bytes:
        return wire.request("GET", path)

    await load(stack.url, headers, get, connections=1, seconds=1, expect=200)
    return await load(stack.url, headers, get, connections=1, seconds=4, expect=200)
