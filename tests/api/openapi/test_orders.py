"""Orders are a union told apart by `type`, of whatever job types there are."""

from typing import Annotated, Any

import pytest
from msgspec import Meta
from openapi_spec_validator import validate

from taskforge.handlers.base import Payload, declared, job_type
from taskforge.handlers.describe import describe
from taskforge.handlers.registry import load
from tests.api.openapi.conftest import faults

ORDERS = {"$ref": "#/components/schemas/JobOrder"}
PROFILE = {"operation": "profile", "dataset": "sales_q1"}


class Loud(Payload, frozen=True):
    """What to shout."""

    text: Annotated[str, Meta(max_length=10)]


class Foreign(Payload, frozen=True):
    """A schema that leads out of itself."""

    text: Annotated[str, Meta(extra_json_schema={"$ref": "#/definitions/Elsewhere"})]


def told(name: str, payload: Any):
    @job_type(name, payload, title=name)
    async def run(ask: Any, ctx: Any) -> None:
        """Do nothing."""

    found = declared(run)
    assert found is not None
    return {name: describe(found)}


@pytest.mark.parametrize(
    ("order", "taken"),
    [
        ({"type": "data_processing", "payload": PROFILE}, True),
        ({"type": "custom", "payload": PROFILE}, True),
        ({"type": "security_scan"}, True),
        ({"type": "data_processing"}, False),
        ({"type": "data_processing", "payload": {"operation": "guess"}}, False),
        ({"type": "web_scraping", "payload": PROFILE}, False),
        ({"type": "data_processing", "payload": PROFILE, "colour": 1}, False),
        ({"type": "data_processing", "payload": PROFILE, "max_retries": 26}, False),
        ({"type": "shout", "payload": {"text": "hey"}}, False),
    ],
    ids=[
        "good", "same payload by another name", "payload of defaults", "no payload",
        "wrong payload", "payload of another type", "unknown field", "over a limit", "no such type",
    ],
)  # fmt: skip
def test_the_union_takes_what_the_server_takes(document, order, taken):
    assert (faults(document, ORDERS, order) == []) is taken


def test_each_built_in_type_has_a_variant_and_equal_payloads_are_one_component(document):
    schemas = document["components"]["schemas"]
    mapping = schemas["JobOrder"]["discriminator"]["mapping"]

    assert list(mapping) == sorted(load(plugins=False).names())
    assert schemas["JobOrder"]["oneOf"] == [{"$ref": where} for where in mapping.values()]
    payload = {"$ref": "#/components/schemas/DataProcessingPayload"}
    assert schemas["CustomOrder"]["properties"]["payload"] == payload
    assert schemas["DataProcessingOrder"]["properties"]["payload"] == payload
    assert schemas["BulkOrder"]["properties"]["jobs"]["items"] == ORDERS


def test_a_plug_in_is_in_the_union_with_its_payload(described):
    document = described(told("shout", Loud))

    validate(document)
    assert faults(document, ORDERS, {"type": "shout", "payload": {"text": "hey"}}) == []
    assert faults(document, ORDERS, {"type": "shout", "payload": {"text": "h" * 11}})
    shown = document["components"]["schemas"]["ShoutPayload"]
    assert (shown["description"], shown["required"]) == ("What to shout.", ["text"])


def test_a_plug_in_takes_no_name_that_is_taken(document, described):
    names = ["job", "bulk", "key", "job_detail", "a", "x_1"]
    mine = described({name: it for name in names for it in told(name, Loud).values()})

    validate(mine)
    for name in names:
        assert faults(mine, ORDERS, {"type": name, "payload": {"text": "hey"}}) == []
    for other in ("BulkOrder", "KeyOrder", "JobDetail"):
        assert mine["components"]["schemas"][other] == document["components"]["schemas"][other]


def test_a_schema_that_leads_out_of_itself_is_not_spelled_out(described):
    document = described(told("foreign", Foreign))

    validate(document)
    assert faults(document, ORDERS, {"type": "foreign", "payload": {"text": "hey"}}) == []


def test_without_job_types_orders_stay_as_the_decoder_has_them(described):
    document = described({})

    validate(document)
    assert "payload" in document["components"]["schemas"]["JobOrder"]["properties"]
