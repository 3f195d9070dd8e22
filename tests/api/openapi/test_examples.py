"""Whoever copies an example out of the description has something that works."""

from taskforge.core.job import JobOrder
from taskforge.core.jsonguard import convert
from taskforge.handlers.registry import load
from tests.api.openapi.conftest import faults, operations


def test_every_example_fits_its_schema(document):
    wrong = [
        (place, fault)
        for place, schema, example in examples_in(document)
        for fault in faults(document, schema, example)
    ]

    assert wrong == []


def test_every_json_request_and_answer_has_an_example(document):
    known = {place for place, _, _ in examples_in(document)}
    for method, path, operation in operations(document):
        name = operation["operationId"]
        if "requestBody" in operation:
            assert f"{name} request" in known, (method, path)
        for status, answer in operation["responses"].items():
            if "application/json" in answer.get("content", {}):
                assert f"{name} {status}" in known, (method, path)


def test_the_example_of_each_order_is_one_that_the_server_takes(document):
    registry, shown = load(plugins=False), set()
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Order") and "payload" in schema.get("properties", {}):
            (example,) = schema["examples"]
            order = convert(example, JobOrder)
            registry.check_payload(order.type, order.payload)
            shown.add(order.type)

    assert shown == set(registry.names())


def test_no_answer_shows_a_made_up_word_where_a_value_is_missing(document):
    shown = [str(example) for place, _, example in examples_in(document) if "request" not in place]

    assert [text for text in shown if "'text': 'text'" in text or ": 'text'" in text] == []


def examples_in(document):
    """Place, schema and value of each."""
    parts = document["components"]
    for place, holder in holders(document):
        for content in holder.get("content", {}).values():
            if "example" in content:
                yield place, content["schema"], content["example"]
    for name, part in (parts["headers"] | parts["parameters"]).items():
        if "example" in part:
            yield name, part["schema"], part["example"]
    for name, schema in parts["schemas"].items():
        yield from ((name, schema, example) for example in schema.get("examples", ()))


def holders(document):
    """Everything with content, by its place."""
    for _, _, operation in operations(document):
        name = operation["operationId"]
        yield f"{name} request", operation.get("requestBody", {})
        for status, answer in operation["responses"].items():
            yield f"{name} {status}", answer
    for event, call in document["webhooks"].items():
        yield event, call["post"]["requestBody"]
    yield from document["components"]["responses"].items()
