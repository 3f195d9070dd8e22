"""The board that tells how the types of jobs fare, beside each other or one by one."""

from ops.grafana.board import Board, Choice, Line
from ops.grafana.colours import OUTCOMES, QUANTILES
from ops.grafana.panels import Column, Graph, Heat, Sheet
from ops.grafana.promql import BAD, ENDED, latest, quantile, quantiles, rate

TYPE = 'job_type=~"$job_type"'
BOTH = 'queue=~"$queue", job_type=~"$job_type"'
JOBS = "suffix: jobs/s"
RUN, WAIT = "taskforge_job_run_seconds", "taskforge_job_wait_seconds"
FINISHED = "taskforge_jobs_finished_total"
LIST_TYPE = {"List its jobs": "${taskforge}/jobs?q=type:${__field.labels.job_type}"}
FAILURES_PAGE = {"See what fails": "${taskforge}/failures"}


def over_range(metric: str, more: str = "") -> str:
    """What a counter grew by within the chosen time, by type."""
    where = f"{BOTH}, {more}" if more else BOTH
    return f"sum by (job_type) (increase({metric}{{{where}}}[$__range]))"


def slowest(q: float, metric: str) -> str:
    """A quantile over the chosen time, by type; none (and not NaN) where nothing was timed."""
    buckets = f"rate({metric}_bucket{{{BOTH}}}[$__range])"
    return f"histogram_quantile({q}, sum by (job_type, le) ({buckets})) >= 0"


def jobs(state: str) -> str:
    """How many there are, by type, in all queues."""
    where = f'{TYPE}, state="{state}"'
    return f"max by (job_type) ({latest('taskforge_type_jobs', where)})"


TYPES = [
    Line(height=9, panels=[
        Sheet(
            title="All types", key="job_type", key_title="Job type", sort="Finished",
            says="Numbers of jobs, and shares and times over the chosen time. Waiting and running "
                 "count all queues.",
            links={"List its jobs": "${taskforge}/jobs?q=type:${__data.fields[0]}"},
            columns=[
                Column(title="Waiting", of=jobs("queued")),
                Column(title="Running", of=jobs("running")),
                Column(title="To be retried", of=jobs("retrying")),
                Column(title="Finished", of=over_range(FINISHED)),
                Column(title="Failed", unit="percentunit", limits=(0.01, 0.05),
                       of=f"({over_range(FINISHED, BAD)} or 0 * {over_range(FINISHED)})"
                          f" / ({over_range(FINISHED, ENDED)} > 0)"),
                Column(title="Wait p95", unit="s", of=slowest(0.95, WAIT)),
                Column(title="Run p50", unit="s", of=slowest(0.5, RUN)),
                Column(title="Run p95", unit="s", of=slowest(0.95, RUN)),
                Column(title="Run p99", unit="s", of=slowest(0.99, RUN)),
                Column(title="Longest now", unit="s",
                       of=f"job_type:taskforge_running_oldest_seconds:last1m{{{TYPE}}}"),
            ],
        ),
    ]),
]  # fmt: skip

OUTCOME = [
    Line(height=8, panels=[
        Graph(
            title="Finished, by type", unit=JOBS, stacked=True, width=12, links=LIST_TYPE,
            says="Jobs that entered a final status.",
            of={"{{job_type}}": f"sum by (job_type) ({rate(FINISHED, BOTH)})"},
        ),
        Graph(
            title="Finished, by outcome", unit=JOBS, colours=OUTCOMES, stacked=True, width=12,
            says="dead_letter: retries were exhausted; failed: a retry could not have helped.",
            of={"{{outcome}}": f"sum by (outcome) ({rate(FINISHED, BOTH)})"},
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Failed for good, by type", unit="percentunit", limit=0.05, width=12,
            says="Of the jobs of ten minutes that ended and were not cancelled, in all queues. "
                 "Above the line TaskForgeJobsFailing begins to count.",
            of={"{{job_type}}": f"job_type:taskforge_jobs_failed:ratio10m{{{TYPE}}}"},
            links=FAILURES_PAGE,
        ),
        Graph(
            title="Attempts, by result", unit="suffix: /s", colours=OUTCOMES, stacked=True,
            width=12, links=FAILURES_PAGE,
            says="A job has an attempt for each try. released: handed back by a leaving worker; "
                 "lost: the lease had passed to another.",
            of={"{{result}}":
                f"sum by (result) ({rate('taskforge_job_attempts_total', BOTH)})"},
        ),
    ]),
]  # fmt: skip

TIME = [
    Line(height=8, panels=[
        Graph(
            title="Time to start, by type (p95)", unit="s", links=LIST_TYPE,
            says="From the moment a job is due to its start. One type waiting longer than the "
                 "others has a limit, or workers that do not know it.",
            of={"{{job_type}}": quantile(0.95, WAIT, BOTH, by="job_type")},
        ),
        Graph(
            title="Run time, by type (p95)", unit="s", links=LIST_TYPE,
            says="One attempt, from start to end.",
            of={"{{job_type}}": quantile(0.95, RUN, BOTH, by="job_type")},
        ),
        Graph(
            title="Run time of the chosen", unit="s", colours=QUANTILES,
            says="All chosen types and queues together.",
            of=quantiles(RUN, BOTH),
        ),
    ]),
    Line(height=9, panels=[
        Heat(
            title="Run times", unit="s",
            says="How many attempts took how long. Two bands are two kinds of jobs under one name; "
                 "a band that climbs is something that gets slower.",
            of=f"sum by (le) (increase({RUN}_bucket{{{BOTH}}}[$__rate_interval]))",
        ),
    ]),
]  # fmt: skip

LOAD = [
    Line(height=8, panels=[
        Graph(
            title="Waiting, by type", links=LIST_TYPE, width=12,
            says="Jobs that are due and have not started, in all queues.",
            of={"{{job_type}}": jobs("queued")},
        ),
        Graph(
            title="Running, by type", dashed="/ limit$/", links=LIST_TYPE, width=12,
            says="In all queues; dashed: what the type may run at once, where it has a limit.",
            of={
                "{{job_type}}": jobs("running"),
                "{{job_type}} limit":
                    f"max by (job_type) ({latest('taskforge_type_limit', TYPE)})",
            },
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Submitted, by type", unit=JOBS, stacked=True, width=12, links=LIST_TYPE,
            says="Jobs that were made.",
            of={"{{job_type}}":
                f"sum by (job_type) ({rate('taskforge_jobs_submitted_total', BOTH)})"},
        ),
        Graph(
            title="Longest run going on", unit="s", dashed="/ p99$/", width=12, links=LIST_TYPE,
            says="Dashed: what 99 of 100 jobs of the type took within a day. At three times of "
                 "that TaskForgeRunLong begins to count.",
            of={
                "{{job_type}}": f"job_type:taskforge_running_oldest_seconds:last1m{{{TYPE}}}",
                "{{job_type}} p99": f"job_type:taskforge_job_run_seconds:p99_1d{{{TYPE}}}",
            },
        ),
    ]),
]  # fmt: skip

JOB_TYPES = Board(
    uid="taskforge-job-types",
    title="TaskForge by job type",
    says="Which kind of job waits, runs, fails, and how long it takes.",
    choices=[
        Choice(name="job_type", label="Job type", metric="taskforge_type_jobs"),
        Choice(name="queue", label="Queue", metric="taskforge_queue_jobs"),
    ],
    rows={"Types": TYPES, "Outcomes": OUTCOME, "Times": TIME, "Load": LOAD},
)
