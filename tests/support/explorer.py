"""Schemathesis on a running service: it asks for all that the description allows, and for more.

What it answers is a list of findings, each with the request that shows it; empty is what we want.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

Headers = Mapping[str, str]
SPARED: dict[str, str] = {}
"""Accounts that must live on, by id or name, and who takes the blow for each."""

_TAKEN = ["2xx", "3xx", "401", "403", "404", "409", "429"]
_REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
BEYOND_SCHEMAS = [
    "submitJob",  # whether a dataset, a model or a mailbox exists
    "checkPayload",
    "register",  # whether a password is a weak one
    "signIn",
    "changeMe",
    "makeApiKey",  # whether a job type exists
    "createUpload",  # whether the file is one of those that jobs read
    "redeliverMany",  # whether a span ends after it begins
    "createSchedule",  # whether its moments ever come, and its job could be submitted
    "changeSchedule",
    "changeFailure",  # whether a state or a note is named
    "createOperation",  # whether jobs are named or filtered, and the action is for any of them
    "previewTimetable",  # whether a cron expression ever comes true
    "pauseQueue",  # whether the end lies ahead
    "listDeliveries",
    "listAudit",
    "listFailures",  # of lists only the length is published, not what is in them
    "listJobs",
    "makeDefaultApiKey",  # whether the idempotency key was used elsewhere
    "makeWebhookSecret",
]
"""Operations that may refuse, with 422, what fits their schema: by what no schema can say."""


class Found(NamedTuple):
    """What became of an exploration."""

    requests: int
    findings: list[str]


def plan(
    *,
    seed: int,
    phases: dict[str, Any],
    examples: int = 1,
    seconds: int | None = None,
    uncovered: Sequence[str] = (),
) -> dict[str, Any]:
    """What to try, in the words of `schemathesis.toml`.

    Args:
        seed: of all that is drawn.
        phases: by name, with the options of each; others are left out.
        examples: cases drawn for each operation in each phase.
        seconds: go on drawing for so long.
        uncovered: operations, by id, that the coverage phase leaves out.
    """
    wanted: dict[str, Any] = {
        "seed": seed,
        "continue-on-failure": True,
        "request-timeout": 30,
        "max-stream-events": 1,
        "cache": {"enabled": False},
        "generation": {
            "max-examples": examples,
            "database": "none",
            "no-shrink": seconds is None,
            "allow-x00": False,  # refused in every text; tests/api/fuzz/test_hostile.py sends it
        },
        "phases": {"enabled": False}
        | {name: {"enabled": True} | it for name, it in phases.items()},
        "checks": {
            # 400 is the answer to a cursor that nobody gave out, however well it is formed.
            "positive_data_acceptance": {"expected-statuses": [*_TAKEN, "400"]},
        },
        "operations": [
            {
                "include-operation-id": BEYOND_SCHEMAS,
                "checks": {"positive_data_acceptance": {"expected-statuses": [*_TAKEN, "4xx"]}},
            },
            *(
                {"include-operation-id": name, "phases": {"coverage": {"enabled": False}}}
                for name in uncovered
            ),
            {  # its schema is of the data of each event, as generators of clients read it
                "include-operation-id": "followEvents",
                "checks": {"response_schema_conformance": {"enabled": False}},
            },
            {  # each order is refused by itself, in an answer of 200
                "include-operation-id": "submitJobs",
                "checks": {"negative_data_rejection": {"expected-statuses": [*_REFUSED, "200"]}},
            },
        ],
    }
    return wanted | ({} if seconds is None else {"max-time": seconds})


def explore(
    url: str,
    wanted: dict[str, Any],
    *,
    credential: Callable[[], Headers] | None,
    part: Callable[[str], bool] = lambda _: True,
) -> Found:
    """Try it all.

    Args:
        url: of the service.
        wanted: a plan.
        credential: makes the headers that say who asks; again whenever they do not help any more.
        part: which operations, by id.
    """
    schema = schemathesis.openapi.from_url(
        f"{url}/api/openapi.json", config=SchemathesisConfig.from_dict(wanted)
    ).include(lambda it: part(it.operation.definition.raw["operationId"]))
    if credential is not None:
        _sign_in(schema, credential)
    requests, findings = 0, dict[str, str]()
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            findings[f"{event.label} {event.value}"] = f"{event.label}: {event.value!r}"
        elif isinstance(event, events.ScenarioFinished):
            requests += len(event.recorder.interactions)
            findings |= dict(_findings(event))
    return Found(requests, list(findings.values()))


def _sign_in(schema: Any, credential: Callable[[], Headers]) -> None:
    class Account:
        def get(self, _case: Any, _context: Any) -> Headers:
            return credential()

        def set(self, case: Any, data: Headers, _context: Any) -> None:
            case.headers = {**(case.headers or {}), **data}

    schema.auth.auth(refresh_interval=600, retry_on=[401])(Account)


def _findings(event: events.ScenarioFinished) -> Iterator[tuple[str, str]]:
    """Failures, the same one of an operation once."""
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE and check.failure_info:
                failure = check.failure_info.failure
                case = event.recorder.cases[case_id].value
                answer = event.recorder.interactions[failure.case_id or case_id].response
                text = answer.content[:600].decode(errors="replace") if answer else ""
                lines = [failure.message, check.failure_info.code_sample, text, ""]
                title = f"{case.operation.label}: {failure.title}"
                yield f"{title} {answer and answer.status_code}", "\n".join([title, *lines])


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Do not wait for jobs that nobody runs, and turn blows at our own accounts aside."""
    wait = str((case.query or {}).get("wait"))
    if wait.isdecimal() and 1 < int(wait) <= 60:
        case.query["wait"] = 1
    for container in (case.path_parameters, case.body):
        if isinstance(container, dict):
            for name in ("user_id", "username"):
                value = container.get(name)
                if isinstance(value, str) and value in SPARED:
                    container[name] = SPARED[value]
