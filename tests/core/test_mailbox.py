"""Messages are read for people, however broken they are."""

from email.message import EmailMessage

import pytest

from taskforge.core.mailbox import BODY_LIMIT, PARTS_LIMIT, caught, read_parts


def test_a_message_is_taken_apart():
    message = EmailMessage()
    message["Subject"] = "Grüße\r\n".strip()
    message.set_content("Käse")
    message.add_alternative("<b>Käse</b>", subtype="html")
    message.add_attachment(b"a,b", maintype="text", subtype="csv", filename="ä.csv")

    parts = read_parts(message.as_bytes())

    assert (parts.text, parts.html) == ("Käse\n", "<b>Käse</b>\n")
    assert [(it.filename, it.media_type, it.size_bytes) for it in parts.attachments] == [
        ("ä.csv", "text/csv", 3)
    ]
    assert ("Subject", "Grüße") in [(it.name, it.value) for it in parts.headers]
    assert not parts.truncated


def test_a_body_without_end_is_cut():
    parts = read_parts(b"Subject: x\r\n\r\n" + b"word " * 100_000)

    assert len(parts.text or "") == BODY_LIMIT
    assert parts.truncated


DEEP = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3_000)
)


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\x00\xff\xfe",
        b"\r\n\r\n\r\n",
        b"Subject: =?nope?b?%%%?=\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff",
        b"Subject: =?utf-8?b?////?=\r\n\r\n",
        b"Content-Type: text/plain; charset=\"unicode_escape\"\r\n\r\n\\N{x",
        b"Content-Type: text/plain; charset=zlib\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\n",
        b"Content-Type: text/csv; name*=nope'x'%ff%00\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
        DEEP,
        b"A: b\r\n" * 5_000,
    ],
)  # fmt: skip
def test_nothing_that_was_sent_breaks_the_reader(source):
    parts = read_parts(source)
    kept = caught("a\x00", ["b\udcff@x"], source)

    texts = [parts.text or "", parts.html or "", kept[0].subject, kept[0].sender, kept[0].recipient]
    assert not any("\x00" in text for text in texts)
    for text in texts:
        text.encode()


def test_no_more_parts_are_listed_than_there_is_room_for():
    message = EmailMessage()
    message.set_content("x")
    for n in range(PARTS_LIMIT + 5):
        message.add_attachment(b"x", maintype="text", subtype="csv", filename=f"{n}.csv")

    parts = read_parts(message.as_bytes())

    assert len(parts.attachments) == PARTS_LIMIT - 1
    assert parts.truncated
