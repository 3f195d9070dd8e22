"""Searches by each key alone at a million jobs, for values that are rare and that are common."""

from urllib.parse import quote

from ops.bench.client import operator
from ops.bench.rows import Figure
from ops.bench.stack import Stack
from ops.bench.wire import Wire, load
from taskforge.db.engine import open_engine, transaction
from taskforge.db.sketches import sketch

JOBS = 1_000_000
STEP = 100_000

_FILL = """
WITH made AS (
    INSERT INTO jobs (id, type, priority, status, version, attempt, failures, max_retries,
                      timeout_seconds, created_at, run_at, queued_at, started_at, finished_at,
                      duration_seconds, worker_id, error_class)
    SELECT uuidv7((n - $1) * interval '1 second'),
           (ARRAY['email', 'data_processing', 'web_scraping', 'custom'])[n % 4 + 1], n % 4,
           CASE n % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'success' END, 3,
           CASE WHEN n % 997 = 0 THEN 3 ELSE 1 END, CASE WHEN n % 997 = 0 THEN 2 ELSE 0 END, 3, 60,
           t, t, t, t, t,
           CASE WHEN n % 1009 = 0 THEN 40 WHEN n % 20 = 0 THEN 2 ELSE 0.01 END,
           '00000000-0000-7000-8000-000000000001',
           CASE WHEN n % 50 = 0 THEN 'target_error' END
    FROM generate_series($2::integer, $3::integer) AS n,
         LATERAL (SELECT clock_timestamp() + (n - $1) * interval '1 second' AS t) AS at
    RETURNING *
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY id) + $2 - 1 AS n FROM made
), details AS (
    INSERT INTO job_details (job_id, type, priority, tags, payload)
    SELECT id, type, priority, CASE WHEN priority = 0 THEN ARRAY['nightly'] ELSE '{}' END,
           jsonb_build_object(
               'to', 'user' || (n * 7919 % 200000) || '@example.com',
               'template', (ARRAY['welcome', 'invoice'])[n % 2 + 1], 'rows', n % 1000,
               'order', jsonb_build_object('id', n, 'early', n < $1 / 2),
               'labels', jsonb_build_array('a' || n % 10, 'b' || n % 5000))
    FROM numbered
), tags AS (
    INSERT INTO job_tags (tag, job_id) SELECT 'nightly', id FROM made WHERE priority = 0
), results AS (
    INSERT INTO job_results (job_id, error)
    SELECT id, jsonb_build_object(
        'class', 'target_error', 'kind', 'TargetError', 'message',
        CASE WHEN n % 5000 = 0 THEN 'The host mail' || n || '.example.com refused'
             ELSE 'The read operation timed out after 30 s' END)
    FROM numbered WHERE status = 'failed'
), attempts AS (
    INSERT INTO job_attempts (job_id, number, started_at, finished_at, worker_id, outcome)
    SELECT id, 1, started_at, finished_at, worker_id, status FROM made
)
SELECT count(*) FROM made
"""
SEARCHES = (
    "type:email", "type:nope", "status:failed", "status:running", "priority:critical",
    "tag:nightly", "tag:nope", "worker:00000000", "worker:nohost", "id:01", "created>-2h",
    "created<2020-01-01", 'error:"timed out"', "error:mail500000", "error:nothing",
    "payload.template:welcome", "payload.to:user77@example.com", "payload.order.id:500000",
    "payload.order.early:true", "payload.labels:b77", "payload.to:nobody", "finished>-1h",
    "finished>-1s", "duration>30s", "duration>1h", "attempt>=2", "attempt>=9", "failures>=1",
    "-status:success", "nightly", "refused", "nothing",
)  # fmt: skip


async def search(stack: Stack) -> list[Figure]:
    """Each search with one client, sketches drawn."""
    for first in range(1, JOBS, STEP):
        await stack.query(_FILL, JOBS, first, first + STEP - 1)
    engine = open_engine(stack.settings, statement_seconds=30)
    drawn = 1
    while drawn:
        async with transaction(engine) as connection:
            drawn = await sketch(connection)
    await engine.dispose()
    await stack.query("VACUUM ANALYZE")
    api = await stack.start_api()
    headers = await operator(stack)
    figures: list[Figure] = []
    for asked in SEARCHES:

        def get(wire: Wire, asked: str = asked) -> bytes:
            return wire.request("GET", "/api/v1/jobs?q=" + quote(asked))

        await load(stack.url, headers, get, connections=1, seconds=0.5, expect=200)
        found = await load(stack.url, headers, get, connections=1, seconds=2, expect=200)
        figures.append(
            Figure(f"search {asked}", f"p50 {found.p50_ms:.1f}, p99 {found.p99_ms:.1f} ms",
                   "p99 ≤ 50 ms", found.p99_ms <= 50)
        )  # fmt: skip
    stack.stop(api)
    return figures
