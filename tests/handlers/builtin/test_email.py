"""The documented examples, and what becomes of a job that is sent to the sink."""

import pytest

from taskforge.core.errors import Invalid
from taskforge.handlers.registry import load
from taskforge.outside.sink import ADDRESS, open_sink

JOB = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def registry():
    return load()


@pytest.fixture
async def caught(ctx):
    messages = []

    async def keep(batch):
        messages.extend(batch)

    async with open_sink(keep) as port:
        ctx.settings = {"MAIL_FROM": "t@example.com", "SMTP_URL": f"sink://{ADDRESS}:{port}"}
        yield messages


@pytest.mark.parametrize("number", range(3))
async def test_every_example_runs_and_is_told_in_one_line(ctx, registry, caught, number):
    job_type = registry.get("email")
    assert len(job_type.examples) == 3

    _, ask = registry.check_payload("email", job_type.examples[number])
    result = await job_type.run(ask, ctx)

    assert result["version"] == 1
    assert result["transport"] == result["backend"] == "sink"
    assert result["summary"]["accepted"] == len(caught) > 0
    assert "Nothing left this machine" in result["warnings"][0]
    assert len(job_type.summarise(ask)) <= 120
    assert ctx.told[-1].current == ctx.told[-1].total


async def test_a_checked_payload_fits_again(registry):
    plain, _ = registry.check_payload("email", registry.get("email").examples[1])

    again, ask = registry.check_payload("email", plain)

    assert again == plain
    assert [one.name for one in ask.everyone()] == ["Ben", "Cleo", "Nobody"]


async def test_the_type_says_how_it_is_shown_and_what_it_takes(registry):
    job_type = registry.get("email")
    described = registry.descriptions["email"]

    assert job_type.viewer == "mail"
    assert "stored before the next message" in described.description
    assert {"to", "subject", "template", "recipients", "variables"} <= set(
        described.payload_schema["$defs"]["EmailJob"]["properties"]
    )


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, "`subject` is missing"),
        ({"subject": "x"}, "at least one recipient"),
        ({"subject": "x", "to": "nobody"}, "no e-mail address"),
        ({"subject": "x", "to": "a@b.de\r\nBcc: c@d.de"}, "control characters"),
        ({"subject": "x\nBcc: c@d.de", "to": "a@b.de"}, "one line"),
        ({"subject": "x\x00", "to": "a@b.de"}, "one line"),
        ({"subject": "x\u2028y", "to": "a@b.de"}, "one line"),
        ({"subject": "{{ word }}", "to": "a@b.de"}, "`word` has no value"),
        ({"subject": "{{ 7 * 7 }}", "to": "a@b.de"}, "takes one name"),
        ({"subject": "{{ w }}", "to": "a@b.de", "variables": {"w": "a\r\nb"}}, "one line"),
        ({"subject": "{{ w }}", "to": "a@b.de", "variables": {"w": ["a"]}}, "neither a text"),
        ({"subject": "x" * 201, "to": "a@b.de"}, "length <= 200"),
        ({"subject": "x", "to": ["a@b.de"] * 51}, "length <= 50"),
        ({"subject": "x", "recipients": ["a@b.de"] * 501}, "length <= 500"),
        ({"subject": "x", "to": "a@b.de", "template": "nope"}, "no template 'nope'"),
        ({"subject": "x", "to": "a@b.de", "template": "../etc"}, "right form"),
        ({"subject": "x", "to": "a@b.de", "template": "plain"}, "needs the variables message"),
        ({"subject": "x", "to": "a@b.de", "template": "report"}, "needs the variables job_id"),
        (
            {"subject": "x", "to": "a@b.de", "template": "report", "variables": {"job_id": "7"}},
            "is the id of a job",
        ),
        (
            {"subject": "x", "template": "report", "variables": {"job_id": JOB},
             "recipients": [{"email": "a@b.de", "variables": {"job_id": JOB}}]},
            "about one job",
        ),
        ({"subject": "x", "to": "a@b.de", "variables": {"action_url": "javascript:x"}}, "https://"),
        ({"subject": "x", "to": "a@b.de", "variables": {"details": "x"}}, "an object of names"),
        ({"subject": "x", "to": "a@b.de", "text": "y", "template": "plain"}, "Give either"),
        ({"subject": "x", "to": "a@b.de", "headers": {"Bcc": "c@d.de"}}, "begin with `X-`"),
        ({"subject": "x", "to": "a@b.de", "headers": {"X-TaskForge-Job": "1"}}, "begin with"),
        ({"subject": "x", "to": "a@b.de", "headers": {"X-A": "b\r\nBcc: c"}}, "one line"),
        ({"subject": "x", "to": "a@b.de", "list_unsubscribe": "http://x.org"}, "right form"),
        ({"subject": "x", "to": "a@b.de", "attachments": [{}]}, "Give either `upload`"),
        ({"subject": "x", "to": "a@b.de", "attachments": [{"artifact": "a"}]}, "go together"),
        ({"subject": "x", "to": "a@b.de", "from": "me@here"}, "no e-mail address"),
        ({"subject": "x", "to": "ü@b.de"}, "no e-mail address"),
        ({"subject": "x", "recipients": [{"email": "a@b.de", "bcc": ["nobody"]}]}, "no e-mail"),
        ({"subject": "x", "to": "a@b.de", "inline": {}}, "not a field"),
        ({"subject": "x", "to": "a@b.de", "variables": {"m": "x" * 70_000}}, "bytes of JSON"),
        (
            {"subject": "x", "recipients": [
                {"email": f"a{n}@b.de", "cc": ["c@d.de"] * 10} for n in range(50)
            ]},
            "at most 500 addresses",
        ),
    ],
)  # fmt: skip
async def test_a_payload_that_cannot_be_sent_is_refused_at_submission(registry, payload, words):
    with pytest.raises(Invalid, match=words):
        registry.check_payload("email", payload)


async def test_a_fault_in_a_recipient_is_pointed_at(registry):
    with pytest.raises(Invalid) as caught:
        registry.check_payload(
            "email", {"subject": "x", "recipients": ["a@b.de", {"email": "nobody"}]}
        )

    assert caught.value.faults[0].pointer == "/payload/recipients/1"


async def test_500_recipients_are_checked_within_a_moment(registry):
    payload = {
        "subject": "Hello {{ name }}",
        "recipients": [{"email": f"u{n}@example.com", "name": f"U {n}"} for n in range(500)],
    }

    _, ask = registry.check_payload("email", payload)

    assert len(ask.everyone()) == 500
