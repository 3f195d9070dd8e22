"""When a process traces, and what it is spared when it does not."""

import os
import subprocess
import sys
import time

import pytest
from structlog.testing import capture_logs

from taskforge.tracing import start
from taskforge.tracing.jobs import sending_many
from taskforge.tracing.spans import NOTHING, add_trace, switch
from taskforge.tracing.start import is_wanted, obstacle, start_tracing, stop_tracing

HERE = "http://127.0.0.1:4318"
ON = {"OTEL_EXPORTER_OTLP_ENDPOINT": HERE}
IMPORTED = """
import sys
from taskforge.config import load
from taskforge.tracing.start import start_tracing
from taskforge.worker import main
start_tracing(load({"SECRET_KEY": "s" * 40, "JWT_SECRET_KEY": "j" * 40}), "worker")
# redis-py imports the SDK's metrics wherever they are installed; the rest is ours alone.
unwanted = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf")
print([name for name in sys.modules if name.startswith(unwanted)])
"""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "forge", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (ON, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{HERE}/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": HERE}, False),
        ({**ON, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ON, "OTEL_SDK_DISABLED": "True"}, False),
        ({**ON, "OTEL_SDK_DISABLED": "false"}, True),
    ],
)
def test_the_standard_variables_turn_it_on(given, wanted):
    assert is_wanted(given) is wanted


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (ON, None),
        ({**ON, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, None),
        ({**ON, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "port 4318"),
        (
            {
                **ON,
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
            },
            "'grpc'",
        ),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "'zipkin'"),
    ],
)
def test_what_is_not_spoken_is_told(given, reason):
    told = obstacle(given)

    assert reason in told if reason else told is None


def test_a_package_that_is_missing_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(start, "PACKAGES", ("opentelemetry.sdk", "opentelemetry.nowhere.at.all"))

    assert "taskforge[otel]" in str(obstacle(ON))


def test_off_neither_the_tracer_nor_its_exporter_is_imported(tmp_path):
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", IMPORTED],
        env={"PATH": os.environ["PATH"], "OTEL_SERVICE_NAME": "forge"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "[]\n"


def test_off_every_span_is_the_same_one_that_does_nothing(settings):
    start_tracing(settings, "api")

    with sending_many([], 3) as span:
        assert span is NOTHING
        assert span.traceparent is None
        assert add_trace(None, "info", {"event": "job.started"}) == {"event": "job.started"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_EXPORTER_OTLP_HEADERS_FILE", "no/such/file"),
    ],
)
def test_what_is_wrong_with_a_variable_stops_nothing(variables, settings, name, value):
    for key, text in {**ON, name: value}.items():
        variables.setenv(key, text)

    with capture_logs() as logs:
        start_tracing(settings, "worker")

    assert switch.engine is None
    assert [line["event"] for line in logs] == ["tracing.unavailable"]
    assert logs[0]["reason"]


def test_dotenv_counts_the_environment_wins_and_headers_may_come_by_a_file(variables, tmp_path):
    secret = tmp_path / "headers"
    secret.write_text("authorization=Bearer%20abc\n")
    dotenv = [
        "OTEL_SERVICE_NAME=from-the-file",
        f"OTEL_EXPORTER_OTLP_ENDPOINT={HERE}",
        f"OTEL_EXPORTER_OTLP_HEADERS_FILE={secret}",
        "OTEL_TRACES_SAMPLER=",
    ]
    (tmp_path / ".env").write_text("\n".join(dotenv))
    variables.setenv("OTEL_SERVICE_NAME", "forge")

    found = {name: it for name, it in start.variables().items() if not name.endswith("_FILE")}

    assert found == {
        "OTEL_SERVICE_NAME": "forge",
        "OTEL_EXPORTER_OTLP_ENDPOINT": HERE,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc",
    }


async def test_spans_go_to_the_collector_with_the_headers_and_the_names_that_were_given(
    trace, collector, spans
):
    trace(
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20abc",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=lab,service.version=7",
    )

    with sending_many([], 3):
        pass

    [span] = await spans("send")
    assert collector.headers[0]["authorization"] == "Bearer abc"
    assert span.resource["service.name"] == "taskforge-api"
    assert span.resource["service.version"] == "7"
    assert span.resource["deployment.environment.name"] == "lab"
    assert span.resource["service.instance.id"]
    assert span.resource["telemetry.sdk.language"] == "python"


async def test_the_end_of_a_process_waits_for_the_spans_but_not_for_a_collector_that_hangs(
    trace, collector, spans
):
    trace(OTEL_BSP_SCHEDULE_DELAY="60000")
    with sending_many([], 3):
        pass
    stop_tracing()
    assert len(collector.named("send")) == 1

    trace(OTEL_BSP_SCHEDULE_DELAY="60000")
    collector.open.clear()
    with sending_many([], 3):
        pass
    began = time.monotonic()
    stop_tracing()

    assert time.monotonic() - began < start.FLUSH_SECONDS + 1
