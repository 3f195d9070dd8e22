"""The description is whole, valid, and the same as the committed one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
from openapi_spec_validator import validate

from tests.api.openapi.conftest import operations

COMMITTED = Path(__file__).parents[3] / "web" / "openapi.json"
OPEN = {"register", "signIn", "getInstallation", "isAlive", "isReady"}
SESSION_ONLY = {
    "changeMe", "makeWebhookSecret", "endPreviousWebhookSecret", "makeDefaultApiKey",
    "revokeDefaultApiKey", "listApiKeys", "makeApiKey",
    "revokeApiKey", "listSessions", "endSession", "listUsers", "changeUser",
}  # fmt: skip


def test_the_committed_description_is_fresh(tmp_path):
    made = tmp_path / "openapi.json"

    line = [sys.executable, "-m", "taskforge", "openapi", "--built-in", "--output", str(made)]
    subprocess.run(line, check=True, env={"PATH": os.environ["PATH"]}, cwd=tmp_path)  # noqa: S603 - ours

    assert COMMITTED.read_text() == made.read_text(), "`just openapi` makes it anew"


def test_it_is_openapi(document):
    validate(document)

    assert document["openapi"].startswith("3.1")
    assert document["servers"]


def test_every_operation_has_a_plain_name_a_tag_and_words(document):
    tags = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) >= 49
    for method, path, operation in operations(document):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"]), path
        assert len(operation["tags"]) == 1, (method, path)
        assert operation["tags"][0] in tags, (method, path)
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
    assert {operation["tags"][0] for _, _, operation in operations(document)} == tags


def test_every_parameter_and_answer_is_explained(document):
    for _, path, operation in operations(document):
        for parameter in operation.get("parameters", []):
            words = parameter.get("description", parameter.get("$ref"))
            assert words != parameter.get("name"), (path, parameter["name"])
        for status, answer in operation["responses"].items():
            assert answer.get("description") or answer["$ref"], (path, status)


def test_every_refusal_is_a_shared_problem_document(document):
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] in "45" and path != "/health/ready":
                name = answer["$ref"].removeprefix("#/components/responses/")
                problem = document["components"]["responses"][name]
                (content,) = problem["content"].items()
                assert content[0] == "application/problem+json"
                assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert content[1]["example"]["status"] == int(status)
        if not path.startswith("/health"):
            assert "429" in operation["responses"], (method, path)


def test_headers_stand_where_they_come(document):
    answers = {
        (operation["operationId"], status): set(answer.get("headers", ()))
        for _, _, operation in operations(document)
        for status, answer in operation["responses"].items()
        if status < "4"
    }

    for (name, status), headers in answers.items():
        assert "X-Request-ID" in headers, (name, status)
        assert ("RateLimit" in headers) == (name not in {"isAlive", "isReady"}), (name, status)
    assert "Location" in answers["submitJob", "201"] & answers["createUpload", "201"]
    assert "Idempotent-Replayed" in answers["submitJob", "200"]
    assert "ETag" in answers["getJob", "200"] & answers["getJob", "304"]
    assert "Content-Range" in answers["getJobArtifact", "206"]
    for name in ("Limited", "Unavailable"):
        assert "Retry-After" in document["components"]["responses"][name]["headers"]


def test_whatever_makes_something_may_be_repeated(document):
    key = {"$ref": "#/components/parameters/Idempotency-Key"}
    making = {
        it["operationId"]: it for _, _, it in operations(document) if "201" in it["responses"]
    }

    assert {name for name, it in making.items() if key not in it.get("parameters", ())} == {
        "makeSocketTicket"  # good once, for seconds
    }
    for name, it in making.items():
        if name != "makeSocketTicket":
            assert "Idempotent-Replayed" in it["responses"]["200"]["headers"], name
            assert {"400", "409", "422"} < set(it["responses"]), name


def test_each_operation_says_which_credentials_open_it(document):
    usual = [{"bearer": []}, {"apiKey": []}]
    asked = {
        operation["operationId"]: operation.get("security", usual)
        for _, _, operation in operations(document)
    }

    assert document["security"] == usual
    assert {name for name, it in asked.items() if it == []} == OPEN
    assert {name for name, it in asked.items() if it == [{"bearer": []}]} == SESSION_ONLY
    assert asked["refreshTokens"] == [{"session": []}, {}]
    assert asked["followEvents"] == [*usual, {"ticket": []}]


def test_components_have_plain_names_and_are_all_in_use(document):
    text = msgspec.json.encode(document).decode()
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert used == set(document["components"]["schemas"])
    assert [name for name in used if not re.fullmatch(r"([A-Z][a-z]*)+[0-9]?", name)] == []


def test_every_kind_of_object_and_every_choice_of_words_has_a_name(document):
    nameless = []

    def look(place, value):
        if isinstance(value, list):
            for number, inner in enumerate(value):
                look(f"{place}/{number}", inner)
        elif isinstance(value, dict):
            inside = not re.fullmatch(r"/components/schemas/\w+", place)
            if inside and ("enum" in value or isinstance(value.get("properties"), dict)):
                nameless.append(place)
            for key, inner in value.items():
                if key not in ("example", "examples", "mapping", "default", "const"):
                    look(f"{place}/{key}", inner)

    look("", document)

    assert nameless == []


def test_webhooks_are_described(document):
    assert set(document["webhooks"]) == {
        "job.success", "job.failed", "job.dead_letter", "job.cancelled",
    }  # fmt: skip
    for event, methods in document["webhooks"].items():
        call = methods["post"]
        body = call["requestBody"]["content"]["application/json"]
        assert body["schema"] == {"$ref": "#/components/schemas/WebhookBody"}
        assert (body["example"]["type"], body["example"]["data"]["status"]) == (event, event[4:])
        assert [it["name"] for it in call["parameters"]] == [
            "webhook-id", "webhook-timestamp", "webhook-signature",
        ]  # fmt: skip
        assert {"2XX", "410", "429"} < set(call["responses"])
