"""What goes over the wire: header, bodies, files; and reports of other jobs."""

from uuid import uuid4

import pytest
from msgspec import structs

from taskforge.core.failures import BlockedByPolicy, InvalidInput, TargetError
from tests.handlers.mail.conftest import parsed

ANN = "ann@example.com"


async def test_a_message_has_text_html_and_a_full_header(sink, send, ctx):
    await send(
        subject="Grüße an {{ name }}",
        recipients=[{"email": ANN, "name": 'Ann "the" Ä, Bell'}],
        variables={"message": "Zeile 1\n.\nZeile 3"},
        reply_to="Help <help@example.com>",
        headers={"X-Campaign": "spring é"},
        list_unsubscribe="https://example.com/leave?who={{ email }}&" + "x" * 200,
        priority="high",
    )

    message = parsed(sink.messages[0].source)
    assert message["Subject"] == 'Grüße an Ann "the" Ä, Bell'
    assert message["To"].addresses[0].display_name == 'Ann "the" Ä, Bell'
    assert message["From"] == "TaskForge <taskforge@example.com>"
    assert message["Reply-To"] == "Help <help@example.com>"
    assert message["X-Campaign"] == "spring é"
    assert message["X-Priority"] == "1"
    assert message["X-TaskForge-Job"] == str(ctx.job_id)
    assert message["Date"].datetime.tzinfo is not None
    assert message["Message-ID"].startswith(f"<{ctx.job_id}.")
    assert message["Message-ID"].endswith("@example.com>")
    assert message["List-Unsubscribe"].startswith(
        "<https://example.com/leave?who=ann%40example.com&xxx"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Zeile 1\n.\nZeile 3" in message.get_body(("plain",)).get_content()
    assert "Zeile 3" in message.get_body(("html",)).get_content()
    assert sink.messages[0].source.isascii()
    assert max(map(len, sink.messages[0].source.split(b"\r\n"))) <= 998


async def test_a_text_is_sent_as_it_is(sink, send):
    await send(subject="x", to=ANN, text="{{ name }} {% for %}\n.\n..\r\nend\n")

    message = parsed(sink.messages[0].source)
    assert not message.is_multipart()
    assert message.get_content() == "{{ name }} {% for %}\n.\n..\nend\n"


async def test_html_of_a_job_is_sent_only_where_the_operator_says_so(sink, send, ctx):
    payload = {"subject": "x", "to": ANN, "html": "<h1>Hi</h1><script>x</script><p>there"}
    with pytest.raises(BlockedByPolicy, match="MAIL_HTML"):
        await send(**payload)
    ctx.settings["MAIL_HTML"] = "true"

    result = await send(**payload)

    message = parsed(sink.messages[0].source)
    assert message.get_body(("html",)).get_content().strip() == payload["html"]
    assert message.get_body(("plain",)).get_content().split() == ["Hi", "there"]
    assert result["preview"]["html"] == payload["html"]


def given(ctx, name, content, kind):
    """An upload of a kind that its name does not tell."""
    upload = ctx.give_upload(name.replace("/", "_"), content)
    ctx.uploads[upload] = structs.replace(ctx.uploads[upload], name=name, media_type=kind)
    return upload


async def test_files_come_along_whole(sink, send, ctx):
    rows = b"a,b\n1,2\n" * 20_000
    upload = given(ctx, "../../Q1 sales<>.exe", rows, "csv")
    async with ctx.artifact("notes.txt", "text/plain") as file:
        await file.write("Käse\n.\n".encode())

    result = await send(
        subject="x",
        to=[ANN, "ben@example.com"],
        attachments=[
            {"upload": str(upload)},
            {"job_id": str(ctx.job_id), "artifact": "notes.txt"},
        ],
    )

    for kept in sink.messages:
        message = parsed(kept.source)
        first, second = message.iter_attachments()
        assert first.get_filename() == "Q1 sales_.exe.csv"
        assert first.get_content_type() == "text/csv"
        assert first.get_payload(decode=True) == rows
        assert second.get_payload(decode=True) == "Käse\n.\n".encode()
        assert message.get_body(("html",)) is not None
    assert result["preview"]["attachments"] == ("Q1 sales_.exe.csv", "notes.txt")


@pytest.mark.parametrize("kind", ["zip", "text/html", "application/x-msdownload"])
async def test_files_of_other_kinds_are_not_sent(sink, send, ctx, kind):
    upload = given(ctx, "x", b"x", kind)

    with pytest.raises(InvalidInput, match="not sent by mail"):
        await send(subject="x", to=ANN, attachments=[{"upload": str(upload)}])

    assert sink.messages == []


async def test_files_that_are_too_large_are_refused(sink, send, ctx):
    upload = ctx.give_upload("x.csv", b"x" * 5_500_000)

    with pytest.raises(InvalidInput, match="at most 10,485,760"):
        await send(subject="x", to=ANN, attachments=[{"upload": str(upload)}] * 2)
    with pytest.raises(InvalidInput, match="MiB in all"):
        await send(
            subject="x",
            recipients=[f"u{n}@example.com" for n in range(60)],
            attachments=[{"upload": str(upload)}],
        )

    assert sink.messages == []


async def test_a_file_that_is_gone_is_a_clear_fault(sink, send):
    with pytest.raises(InvalidInput, match="no upload"):
        await send(subject="x", to=ANN, attachments=[{"upload": str(uuid4())}])


RESULT = {
    "version": 1,
    "warnings": [],
    "groups": 3,
    "title": "<b>Sales</b>",
    "preview": {"columns": ["region", "sum"], "rows": [[f"r<{n}>", n] for n in range(40)]},
    "findings": [{"id": "F1", "grade": None}, {"id": "F2", "grade": "B", "more": 1}],
    "odd": {"columns": "no", "rows": 3},
}


def report(job_id):
    return {"subject": "Report", "to": ANN, "template": "report", "variables": {"job_id": job_id}}


async def test_a_report_shows_another_jobs_result_as_tables(sink, send, ctx):
    job_id = uuid4()
    ctx.results[job_id] = {
        "type": "data_processing", "status": "success", "duration_seconds": 1.5, "error": None,
        "result": RESULT,
    }  # fmt: skip

    result = await send(**report(str(job_id)))

    html = result["preview"]["html"]
    assert "r&lt;0&gt;" in html.replace("&#x2f;", "/")
    assert "<b>Sales" not in html
    assert "15 more rows" in html
    assert "F2 | B | 1" in result["preview"]["text"]
    assert "Duration: 1.50 s" in result["preview"]["text"]


async def test_a_report_on_a_job_that_has_not_ended_waits_for_a_retry(sink, send, ctx):
    job_id = uuid4()
    ctx.results[job_id] = {"type": "x", "status": "running", "result": None, "error": None}

    with pytest.raises(TargetError, match="is running"):
        await send(**report(str(job_id)))


async def test_a_report_on_no_job_is_a_clear_fault(sink, send):
    with pytest.raises(InvalidInput, match="no job"):
        await send(**report(str(uuid4())))


async def test_a_long_result_is_cut_where_everybody_can_see_it(serve, send, ctx):
    peer = await serve()
    peer.answers = {f"u{n}@example.com": "550 5.7.1 " + "no " * 200 for n in range(499)}

    result = await send(
        subject="x",
        text="y" * 20_000,
        recipients=[f"u{n}@example.com" for n in range(500)],
    )

    assert any("deliveries.json" in warning for warning in result["warnings"]) == (
        len(result["deliveries"]) < 500
    )
    assert any("beginning of the message" in warning for warning in result["warnings"])
    assert result["summary"] == {
        "accepted": 1, "rejected": 499, "deferred": 0, "skipped": 0, "total": 500,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Plain: a subject, with (this) & that!", "Ann Bell"),
        ("x", ""),
        ("=?utf-8?q?=41?=", "=?utf-8?q?=41?="),
        ("long " * 30, "Name " * 15 + "x"),
        ("Ünï", "Ännä"),
        ("tail ", "a.b, (c) \\ \"d\" <e@f.de>"),
        ("x" * 190, "x" * 90),
    ],
)  # fmt: skip
async def test_subjects_and_names_arrive_as_they_were_given(sink, send, subject, name):
    await send(subject=subject, recipients=[{"email": ANN, "name": name}], text="x")

    message = parsed(sink.messages[0].source)
    expected = "A" if "=41" in subject else subject.strip()
    assert message["Subject"].strip() == expected
    assert message["To"].addresses[0].addr_spec == ANN
    assert message["To"].addresses[0].display_name in (name.strip(), "A")
    assert message.get_content() == "x\n"
