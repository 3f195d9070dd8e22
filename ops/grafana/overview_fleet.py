"""The overview's rows about those who do the work: workers and schedulers."""

from ops.grafana.board import Line
from ops.grafana.colours import FIRES, FLEET, HINTS, QUANTILES, SLOTS
from ops.grafana.panels import Column, Graph, Sheet
from ops.grafana.promql import latest, quantiles, rate

PER_MINUTE = "suffix: /min"
WORKERS_PAGE = {"Open the workers": "${taskforge}/workers"}
SCHEDULES_PAGE = {"Open the schedules": "${taskforge}/schedules"}
BEAT = latest("taskforge_worker_heartbeat_age_seconds")
RELEASED = rate("taskforge_job_attempts_total", 'result="released"')

WORKERS = [
    Line(height=8, panels=[
        Graph(
            title="Slots", colours=SLOTS, stacked=True, links=WORKERS_PAGE,
            says="Jobs that the units online run at this moment, and further ones they could run.",
            of={"{{state}}": f"max by (state) ({latest('taskforge_worker_slots')})"},
        ),
        Graph(
            title="Units, by state", colours=FLEET, stacked=True, links=WORKERS_PAGE,
            says="late: two heartbeats are missing. lost: silent for a whole lease; its jobs have "
                 "gone to others.",
            of={"{{state}}": "state:taskforge_workers:last1m"},
        ),
        Graph(
            title="Oldest heartbeat", unit="s", links=WORKERS_PAGE,
            says="Of all units that are not offline. After a lease (LEASE_SECONDS) without one a "
                 "unit has lost its jobs.",
            of={"oldest": f"max({BEAT})"},
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Claims", unit="s", colours=QUANTILES,
            says="One claim statement with its wait for a connection: the hot path of the "
                 "database. When it slows down, look at PostgreSQL first.",
            of=quantiles("taskforge_claim_seconds"),
        ),
        Graph(
            title="Loop lag, by unit", unit="s", limit=1,
            says="How late a unit's event loop did what was due. A handler that works in the loop "
                 "and not in the sandbox holds up all its neighbours.",
            of={"{{instance}}": "taskforge_worker_loop_lag_seconds"},
        ),
        Graph(
            title="Out of the ordinary", unit=PER_MINUTE,
            says="Attempts that did not end where they began (handed back by a leaving unit; let "
                 "go of because their lease had passed; taken from a unit that fell silent), and "
                 "claims that failed.",
            of={
                "handed back": f"60 * sum({RELEASED}) or vector(0)",
                "lease passed": f"60 * sum({rate('taskforge_leases_lost_total')})",
                "recovered": f"60 * sum({rate('taskforge_jobs_recovered_total')})",
                "claims failed": f"60 * sum({rate('taskforge_claims_failed_total')})",
            },
        ),
    ]),
]  # fmt: skip

SCHEDULERS = [
    Line(height=11, panels=[
        Sheet(
            title="Duties", key="duty", key_title="Duty", sort="Last done", width=12,
            says="What schedulers do every so often, all of them together. A duty that was not "
                 "done for three periods and 30 s fires TaskForgeDutyLate. TaskForge's own page "
                 "tells which error it was.",
            links={"Open the system's page": "${taskforge}/settings/system"},
            columns=[
                Column(title="Last done", unit="s", of="duty:taskforge_duty_age_seconds:now",
                       limits=(120, 300)),
                Column(title="Period", unit="s",
                       of="max by (duty) (taskforge_duty_period_seconds)"),
                Column(title="Passes", unit=PER_MINUTE,
                       of="60 * sum by (duty) (rate(taskforge_duty_passes_total[$__range]))"),
                Column(title="Failed", unit=PER_MINUTE, limits=(0.01, 1),
                       of="60 * sum by (duty) "
                          '(rate(taskforge_duty_passes_total{result="failed"}[$__range]))'),
                Column(title="Did", unit=PER_MINUTE,
                       of="60 * sum by (duty) (rate(taskforge_duty_items_total[$__range]))"),
                Column(title="p95", unit="s",
                       of="histogram_quantile(0.95, sum by (duty, le) "
                          "(rate(taskforge_duty_seconds_bucket[$__range]))) >= 0"),
            ],
        ),
        Graph(
            title="Time for duties", unit="suffix: s/s", stacked=True, width=12,
            says="How much of each second schedulers spend on a duty; one scheduler has several "
                 "going at once.",
            of={"{{duty}}": f"sum by (duty) ({rate('taskforge_duty_seconds_sum')})"},
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Schedules", unit=PER_MINUTE, colours=FIRES, stacked=True, links=SCHEDULES_PAGE,
            says="Moments of schedules. held: waits for the job before; skipped: left out, as the "
                 "schedule says, with a row that tells why.",
            of={"{{result}}":
                f"60 * sum by (result) ({rate('taskforge_schedule_fires_total')})"},
        ),
        Graph(
            title="Schedules: late by", unit="s", links=SCHEDULES_PAGE,
            colours={"overdue": "#f43f5e", **QUANTILES},
            says="From the due moment to the pass that fired it; overdue: what should have fired "
                 "and has not.",
            of={
                **quantiles("taskforge_schedule_fire_delay_seconds"),
                "overdue": f"max({latest('taskforge_schedule_lag_seconds')})",
            },
        ),
        Graph(
            title="Hints lost and repaired", unit=PER_MINUTE, colours=HINTS,
            says="Redis carries hints only: one that is lost delays a job by seconds. Many of them "
                 "mean that Redis was away, or forgot.",
            of={
                "{{result}}":
                    f"""60 * sum by (result) ({rate("taskforge_hints_total", 'result="lost"')})""",
                "{{reason}}":
                    f"60 * sum by (reason) ({rate('taskforge_hints_repaired_total')})",
            },
        ),
    ]),
]  # fmt: skip
