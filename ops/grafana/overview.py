"""The board that tells how the whole installation fares; its first rows: now, and the work."""

from ops.grafana.board import Board, Choice, Line
from ops.grafana.colours import OUTCOMES, QUANTILES, QUEUES, SOURCES
from ops.grafana.overview_edges import API, LIVE, SERVERS, WEBHOOKS
from ops.grafana.overview_fleet import SCHEDULERS, WORKERS
from ops.grafana.panels import Graph, Tile
from ops.grafana.promql import BAD, ENDED, latest, quantiles, rate

QUEUE = 'queue=~"$queue"'
BOTH = 'queue=~"$queue", job_type=~"$job_type"'
JOBS = "suffix: jobs/s"
QUEUES_PAGE = {"Open the queues": "${taskforge}/queues"}
WORKERS_PAGE = {"Open the workers": "${taskforge}/workers"}
SLOTS = f"sum(max by (state) ({latest('taskforge_worker_slots')}))"

NOW = [
    Line(height=4, panels=[
        Tile(
            title="Waiting", says="Jobs that are due and have not started.",
            of=f'sum(queue_state:taskforge_queue_jobs:last1m{{{QUEUE}, state="queued"}})',
            links={"List them": "${taskforge}/jobs?q=status:queued"},
        ),
        Tile(
            title="Oldest wait", unit="s", limits=(60, 900), links=QUEUES_PAGE,
            says="How long the job that has waited longest has been due. What each queue may take "
                 "stands in rules.yml.",
            of=f"max(queue:taskforge_queue_oldest_seconds:last1m{{{QUEUE}}})",
        ),
        Tile(
            title="Running", says="Jobs that a worker has at this moment.",
            of=f'sum(queue_state:taskforge_queue_jobs:last1m{{{QUEUE}, state="running"}})',
            links={"List them": "${taskforge}/jobs?q=status:running"},
        ),
        Tile(
            title="Finished", unit="suffix: /min", says="Jobs that came to an end, per minute.",
            of=f"60 * sum({rate('taskforge_jobs_finished_total', BOTH)})",
        ),
        Tile(
            title="Failed for good", unit="percentunit", limits=(0.01, 0.05),
            says="Of the jobs of the last hour that ended and were not cancelled.",
            of=f"(sum(increase(taskforge_jobs_finished_total{{{BOTH}, {BAD}}}[1h])) or vector(0))"
               f" / (sum(increase(taskforge_jobs_finished_total{{{BOTH}, {ENDED}}}[1h])) > 0)",
            links={"See what fails": "${taskforge}/failures"},
        ),
        Tile(
            title="Alerts", limits=(1, 1),
            says="That fire now. Each has a section in ops/runbook.md.",
            of='count(ALERTS{alertstate="firing", alertname=~"TaskForge.*", severity!="none"})'
               " or vector(0)",
        ),
    ]),
    Line(height=4, panels=[
        Tile(
            title="Workers", says="Units that are online.", links=WORKERS_PAGE,
            of='sum(state:taskforge_workers:last1m{state="online"})',
        ),
        Tile(
            title="Slots in use", unit="percentunit", limits=(0.8, 0.95), links=WORKERS_PAGE,
            says="Of the units that are online. Near 100 % a backlog can only grow: add workers.",
            of=f"""max({latest("taskforge_worker_slots", 'state="busy"')}) / ({SLOTS} > 0)""",
        ),
        Tile(
            title="Requests", unit="reqps", says="That the API answers.",
            of=f"sum({rate('taskforge_http_request_seconds_count')})",
        ),
        Tile(
            title="Errors of ours", unit="percentunit", limits=(0.01, 0.05),
            says="Requests of the last five minutes that got a 5xx.",
            of="taskforge_http_errors:ratio5m",
        ),
        Tile(
            title="Listening", says="Live connections: sockets and event streams.",
            of="sum(taskforge_ws_connections)",
        ),
        Tile(
            title="Live lag", unit="s", limits=(1, 5),
            says="99 of 100 live events reach their clients sooner; unknown while nobody listens.",
            of="taskforge_events_lag_seconds:p99_5m >= 0",
        ),
    ]),
]  # fmt: skip

WORK = [
    Line(height=8, panels=[
        Graph(
            title="Finished, by outcome", unit=JOBS, colours=OUTCOMES, stacked=True, width=12,
            says="Jobs that entered a final status. dead_letter: retries were exhausted; failed: "
                 "a retry could not have helped.",
            of={"{{outcome}}": f"sum by (outcome) ({rate('taskforge_jobs_finished_total', BOTH)})"},
            links={"List them": "${taskforge}/jobs?q=status:${__field.labels.outcome}"},
        ),
        Graph(
            title="Submitted, by source", unit=JOBS, colours=SOURCES, stacked=True, width=12,
            says="Jobs that were made: one by one, in bulk, or by a schedule.",
            of={"{{source}}": f"sum by (source) ({rate('taskforge_jobs_submitted_total', BOTH)})"},
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Waiting, by queue", colours=QUEUES, links=QUEUES_PAGE,
            says="Jobs that are due and have not started.",
            of={"{{queue}}": f'queue_state:taskforge_queue_jobs:last1m{{{QUEUE}, state="queued"}}'},
        ),
        Graph(
            title="Oldest wait, by queue", unit="s", colours=QUEUES, links=QUEUES_PAGE,
            dashed="/ objective$/",
            says="How long the job that has waited longest has been due; dashed: what the queue "
                 "may take, above which TaskForgeQueueLate fires.",
            of={
                "{{queue}}": f"queue:taskforge_queue_oldest_seconds:last1m{{{QUEUE}}}",
                "{{queue}} objective":
                    f"queue:taskforge_queue_objective_seconds:setting{{{QUEUE}}}"
                    f" and on (queue) queue:taskforge_queue_oldest_seconds:last1m > 0",
            },
        ),
        Graph(
            title="Time to start", unit="s", colours=QUANTILES,
            says="From the moment a job is due to its start, deliberate delay left out.",
            of=quantiles("taskforge_job_wait_seconds", BOTH),
        ),
    ]),
]  # fmt: skip

OVERVIEW = Board(
    uid="taskforge-overview",
    title="TaskForge overview",
    says="What waits, what runs, who works, and whether anybody should get up.",
    choices=[
        Choice(name="queue", label="Queue", metric="taskforge_queue_jobs"),
        Choice(name="job_type", label="Job type", metric="taskforge_type_jobs"),
    ],
    rows={
        "Now": NOW,
        "Work": WORK,
        "Workers": WORKERS,
        "Schedulers": SCHEDULERS,
        "API": API,
        "Live": LIVE,
        "Webhooks": WEBHOOKS,
        "Servers": SERVERS,
    },
)
