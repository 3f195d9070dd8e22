"""What a declaration may say, what it is refused for, and what clients are told of it."""

import json
import re
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from taskforge.core.priority import Priority
from taskforge.core.retry import RetryPolicy
from taskforge.handlers.base import Estimate, JobType, Payload, declared, job_type
from taskforge.handlers.describe import describe
from taskforge.handlers.registry import Registry, load


class Parcel(Payload, frozen=True):
    """What to send."""

    to_city: str
    """A city with a post office."""
    weight_kg: Annotated[float, Meta(gt=0, title="Weight", description="Of all of it.")] = 1.0


class Sent(msgspec.Struct):
    """How it went."""

    days: int
    """On its way."""


class Letter(Payload, frozen=True, tag_field="kind", tag="letter"):
    """Words."""

    words: str


class Card(Letter, frozen=True, tag_field="kind", tag="card"):
    """Words and a picture."""

    picture: Literal["sea", "hills"]
    """What is on it."""


def parcels(payload: Any = Parcel, **options: Any) -> JobType:
    """A job type with these options, as the registry keeps it."""

    @job_type("parcel", payload, title="Parcel", **options)
    async def parcel(_ask, _ctx):
        """Send a parcel.

        By post.
        """

    found = declared(parcel)
    assert found
    return found


FULL: dict[str, Any] = {
    "icon": "package-2",
    "version": 3,
    "timeout_seconds": 30,
    "max_retries": 1,
    "retry": RetryPolicy(base_seconds=5),
    "priority": Priority.LOW,
    "concurrency": 2,
    "viewer": "table",
    "result": Sent,
    "examples": [{"to_city": "Oslo"}],
    "summarise": lambda ask: f"to {ask.to_city}",
    "estimate": lambda ask: Estimate(seconds=ask.weight_kg),
}


def test_everything_that_a_declaration_says_is_told():
    told = json.loads(msgspec.json.encode(describe(parcels(**FULL))))

    assert told["description"] == "Send a parcel.\n\nBy post."
    assert {name: told[name] for name in ("icon", "version", "viewer", "priority", "examples")} == {
        "icon": "package-2", "version": 3, "viewer": "table", "priority": "low",
        "examples": [{"to_city": "Oslo"}],
    }  # fmt: skip
    assert told["limits"] == {
        "timeout_seconds": 30, "max_retries": 1, "concurrency": 2,
        "retry": {"base_seconds": 5, "max_seconds": 86_400, "jitter": 0.1},
    }  # fmt: skip
    assert told["result_schema"]["$defs"]["Sent"]["properties"]["days"] == {
        "type": "integer", "title": "Days", "description": "On its way.",
    }  # fmt: skip


def test_without_options_the_defaults_are_told():
    told = describe(parcels())

    assert (told.viewer, told.priority, told.result_schema) == ("json", Priority.NORMAL, None)
    assert (told.limits.concurrency, told.limits.retry) == (None, None)


def test_each_field_of_a_payload_has_a_title_and_the_words_below_it():
    schema = describe(parcels()).payload_schema["$defs"]["Parcel"]

    assert schema["additionalProperties"] is False
    assert schema["required"] == ["to_city"]
    city, weight = schema["properties"]["to_city"], schema["properties"]["weight_kg"]
    assert (city["title"], city["description"]) == ("To city", "A city with a post office.")
    assert (weight["title"], weight["description"]) == ("Weight", "Of all of it.")


def test_a_union_is_told_apart_by_its_tag():
    schema = describe(parcels(Letter | Card)).payload_schema

    assert schema["discriminator"]["propertyName"] == "kind"
    assert set(schema["discriminator"]["mapping"]) == {"letter", "card"}
    card = schema["$defs"]["Card"]["properties"]
    assert (card["words"]["title"], card["picture"]["description"]) == ("Words", "What is on it.")


def test_a_result_may_be_a_schema_of_ones_own():
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}

    assert describe(parcels(result=schema)).result_schema == schema


def nothing(_ask):
    return None


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ({"viewer": "hologram"}, "Invalid enum value 'hologram' - at `$.viewer`"),
        ({"icon": "No Such Icon"}, "at `$.icon`"),
        ({"version": 0}, "at `$.version`"),
        ({"timeout_seconds": 90_000}, "<= 86400 - at `$.timeout_seconds`"),
        ({"max_retries": 26}, "<= 25 - at `$.max_retries`"),
        ({"priority": "urgent"}, "Invalid enum value 'urgent' - at `$.priority`"),
        ({"concurrency": 0}, ">= 1 - at `$.concurrency`"),
        ({"concurency": 1}, "unknown field `concurency` (there are description, icon,"),
        ({"examples": [{"to_city": "Oslo"}, {}]}, "example 1: ValidationError('Object missing"),
        ({"examples": [{"to_city": "Oslo"}], "summarise": nothing}, "summarise must return a str"),
        (
            {"examples": [{"to_city": "Oslo"}], "estimate": lambda ask: ask.height},
            "example 0: AttributeError",
        ),
        ({"examples": [{"to_city": "Oslo"}], "estimate": lambda _ask: 3}, "an Estimate or None"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:30],
)
def test_a_declaration_that_is_wrong_says_what_would_be_right(option, why):
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        parcels(**option)

    assert "job type 'parcel'" in str(caught.value)


@pytest.mark.parametrize("payload", [dict, Sent, Letter | int, "Parcel"])
def test_a_payload_that_is_no_payload_struct_is_refused(payload):
    with pytest.raises(ValueError, match="must be a Payload struct"):
        parcels(payload)


def test_the_registry_knows_which_types_are_limited():
    registry = Registry({"parcel": parcels(concurrency=2), "letter": parcels(Letter)}, [])

    assert registry.concurrency == {"parcel": 2}


@pytest.mark.parametrize("name", sorted(load().types))
def test_a_built_in_type_says_all_that_a_form_needs(name):
    told = describe(load().get(name))

    assert told.description
    assert told.examples
    assert msgspec.json.decode(msgspec.json.encode(told), type=type(told)).name == name
    for struct in told.payload_schema["$defs"].values():
        for field, shown in struct.get("properties", {}).items():
            assert "title" in shown or "enum" in shown, field
