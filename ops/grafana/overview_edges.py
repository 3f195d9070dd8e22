"""The overview's rows about what touches the outside: API, sockets, webhooks, servers."""

from ops.grafana.board import Line
from ops.grafana.colours import ANSWERS, BAD, BUSY, CALLS, CONNECTIONS, EVENTS, QUANTILES, RECEIVERS
from ops.grafana.panels import Column, Graph, Lanes, Sheet
from ops.grafana.promql import OURS, latest, quantiles, rate

HTTP = "taskforge_http_request_seconds"
SHORT = 'route!~"/api/v1/events|/api/v1/jobs/{job_id}|/ws|/api/v1/ws"'
"""Without the routes that are open for as long as the client likes."""
PER_SECOND, PER_MINUTE = "suffix: /s", "suffix: /min"
WEBHOOKS_PAGE = {"Open the webhooks": "${taskforge}/webhooks"}
SYSTEM_PAGE = {"Open the system's page": "${taskforge}/settings/system"}

API = [
    Line(height=8, panels=[
        Graph(
            title="Requests, by answer", unit="reqps", colours=ANSWERS, stacked=True, width=12,
            says="4xx: the client's fault; 5xx: ours.",
            of={"{{status_class}}": f"sum by (status_class) ({rate(HTTP + '_count')})"},
        ),
        Graph(
            title="Time to answer", unit="s", colours=QUANTILES, width=12,
            says="From the head of a request to the end of its answer; without event streams, and "
                 "without the job's page, where a client may wait for the end of the job.",
            of=quantiles(HTTP, SHORT),
        ),
    ]),
    Line(height=9, panels=[
        Sheet(
            title="Routes", key="route", key_title="Route", sort="Requests", width=12,
            says="Over the chosen time. A route that answers slowly or with 5xx is the place to "
                 "look first.",
            columns=[
                Column(title="Requests", unit="reqps",
                       of=f"sum by (route) (rate({HTTP}_count[$__range]))"),
                Column(title="p95", unit="s", limits=(0.5, 2),
                       of=f"histogram_quantile(0.95, sum by (route, le) "
                          f"(rate({HTTP}_bucket{{{SHORT}}}[$__range]))) >= 0"),
                Column(title="5xx", unit="percentunit", limits=(0.001, 0.05),
                       of=f'(sum by (route) (rate({HTTP}_count{{status_class="5xx"}}[$__range]))'
                          f" or 0 * sum by (route) (rate({HTTP}_count[$__range])))"
                          f" / (sum by (route) (rate({HTTP}_count[$__range])) > 0)"),
            ],
        ),
        Graph(
            title="Refused", unit=PER_MINUTE, width=6,
            says="Requests over a rate limit, by policy, and requests with wrong credentials, by "
                 "reason. A sudden rise of the latter: somebody guesses.",
            of={
                "limit: {{policy}}":
                    f"60 * sum by (policy) ({rate('taskforge_rate_limited_total')})",
                "{{reason}}": f"60 * sum by (reason) ({rate('taskforge_auth_failures_total')})",
            },
        ),
        Graph(
            title="Passwords", unit="s", colours=QUANTILES, width=6,
            says="To hash or compare one, with the wait for a thread. It is meant to be slow; when "
                 "it grows, many sign in at once.",
            of=quantiles("taskforge_password_hash_seconds"),
        ),
    ]),
]  # fmt: skip

LIVE = [
    Line(height=8, panels=[
        Graph(
            title="Connections", colours=CONNECTIONS, stacked=True, width=6,
            says="That are open, of all API processes.",
            of={"{{transport}}": "sum by (transport) (taskforge_ws_connections)"},
        ),
        Graph(
            title="Events", unit=PER_SECOND, colours=EVENTS, width=6,
            says="Published: what Redis took. Sent: times the clients that wanted it. Lost: Redis "
                 "never had them. Who watches such a job is told from the database within 5 s; "
                 "others see it with their next read.",
            of={
                "published": f"sum({rate('taskforge_events_published_total')})",
                "sent to clients": f"sum({rate('taskforge_ws_frames_total')})",
                "lost": f"sum({rate('taskforge_events_lost_total')})",
                "told from the database": f"sum({rate('taskforge_events_repaired_total')})",
            },
        ),
        Graph(
            title="Lag", unit="s", colours=QUANTILES, limit=5, width=6,
            says="From Redis having an event to its being handed to the clients' queues.",
            of=quantiles("taskforge_events_lag_seconds"),
        ),
        Graph(
            title="Gaps and endings", unit=PER_MINUTE, width=6,
            says="Resyncs, by reason: these clients read everything anew. And connections that "
                 "ended, by close code.",
            of={
                "gap: {{reason}}": f"60 * sum by (reason) ({rate('taskforge_ws_gaps_total')})",
                "{{code}}": f"60 * sum by (code) ({rate('taskforge_ws_closed_total')})",
            },
        ),
    ]),
]  # fmt: skip

WEBHOOKS = [
    Line(height=8, panels=[
        Graph(
            title="Calls", unit=PER_MINUTE, colours=CALLS, stacked=True, width=6,
            says="retrying: it failed and comes again; failed: given up after three days.",
            of={"{{result}}":
                f"60 * sum by (result) ({rate('taskforge_webhook_deliveries_total')})"},
            links=WEBHOOKS_PAGE,
        ),
        Graph(
            title="Time of a call", unit="s", colours=QUANTILES, width=6,
            says="Until the receiver has answered; 15 s at most.",
            of=quantiles("taskforge_webhook_delivery_seconds"), links=WEBHOOKS_PAGE,
        ),
        Graph(
            title="Not delivered yet", width=6, links=WEBHOOKS_PAGE,
            says="Deliveries that have not ended; counted up to 10,000. Those that wait for their "
                 "next try are among them.",
            of={"pending": f"max({latest('taskforge_outbox_pending')})"},
            colours={"pending": BUSY},
        ),
        Graph(
            title="Receivers", colours=RECEIVERS, stacked=True, width=6, links=WEBHOOKS_PAGE,
            says="failing: the last call failed. disabled: switched off after 50 failures in a "
                 "row, or because it said 410.",
            of={"{{state}}": f"max by (state) ({latest('taskforge_webhook_endpoints')})"},
        ),
    ]),
]  # fmt: skip

SERVERS = [
    Line(height=8, panels=[
        Lanes(
            title="Reached by all processes of a role", words=("reached", "away"), width=12,
            says="Red: at least one process of the role got no answer, or found tables older than "
                 "its code.",
            of={"{{dependency}}, {{job}}":
                "min by (dependency, job) (taskforge_dependency_up)"},
            links=SYSTEM_PAGE,
        ),
        Graph(
            title="PostgreSQL's size", unit="bytes", colours={"database": BUSY}, width=6,
            says="The whole database. It grows with the jobs that are kept: RETENTION_DAYS.",
            of={"database": f"max({latest('taskforge_database_size_bytes')})"},
        ),
        Graph(
            title="Redis' memory", unit="bytes", colours={"Redis": BAD}, width=6,
            says="used_memory. Streams and hints are capped; what grows is the number of "
                 "principals with a rate limit, for a minute.",
            of={"Redis": f"max({latest('taskforge_redis_memory_bytes')})"},
        ),
    ]),
    Line(height=8, panels=[
        Graph(
            title="Processors", unit="percentunit",
            says="Of one core, by process, without the children that jobs start.",
            of={"{{job}} {{instance}}": rate("process_cpu_seconds_total", OURS)},
        ),
        Graph(
            title="Memory", unit="bytes",
            says="Resident, by process, without the children that jobs start.",
            of={"{{job}} {{instance}}": f"process_resident_memory_bytes{{{OURS}}}"},
        ),
        Graph(
            title="Processes, by version", stacked=True,
            says="Two versions at once are a roll-out; for long, one that is stuck.",
            of={"{{role}} {{version}}": "count by (role, version) (taskforge_build_info)"},
        ),
    ]),
]  # fmt: skip
