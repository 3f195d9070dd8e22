"""Which server mail goes to, and how safely."""

import pytest

from taskforge.core.failures import BlockedByPolicy, NotConfigured, TargetError
from taskforge.handlers.mail.server import server_of

ANN = "ann@example.com"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", ("smtp", "mail.example.com", 587, None, None, True)),
        ("smtp://u%40x:p%3Aw@h.de:25", ("smtp", "h.de", 25, "u@x", "p:w", True)),
        ("smtps://h.de/", ("smtps", "h.de", 465, None, None, False)),
        ("smtp://h.de?starttls=off", ("smtp", "h.de", 587, None, None, False)),
        ("sink://127.0.0.1:40", ("sink", "127.0.0.1", 40, None, None, False)),
    ],
)
def test_an_address_says_where_and_how(url, expected):
    assert server_of(url, production=False) == expected


@pytest.mark.parametrize(
    "url",
    ["", "http://h.de", "smtp://", "smtp://h.de:x", "smtp://h.de?starttls=no", "smtp://h.de?x=1",
     "smtp://h.de/box", "sink://h.de:25"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_a_fault_of_the_settings(url):
    with pytest.raises(NotConfigured, match="SMTP_URL"):
        server_of(url, production=False)


def test_an_address_with_a_password_is_never_told():
    with pytest.raises(NotConfigured) as caught:
        server_of("smtp://u:hunter2@h.de:99999", production=False)

    assert "hunter2" not in str(caught.value)


def test_production_sends_in_clear_text_to_itself_alone():
    with pytest.raises(NotConfigured, match="starttls=off"):
        server_of("smtp://h.de?starttls=off", production=True)

    assert server_of("smtp://localhost?starttls=off", production=True).starttls is False


@pytest.mark.parametrize("implicit", [False, True])
async def test_mail_goes_through_tls_that_is_verified(
    serve, send, server_tls, trusted, implicit, ctx
):
    url = "smtps://localhost:{port}" if implicit else "smtp://localhost:{port}"
    options = {} if implicit else {"require_starttls": True}
    peer = await serve(url, tls=server_tls, implicit=implicit, **options)

    result = await send(subject="x", to=ANN)

    assert peer.got == [ANN]
    assert result["transport"] == "smtp"


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    serve, send, server_tls, implicit, ctx
):
    url = "smtps://localhost:{port}" if implicit else "smtp://localhost:{port}"
    peer = await serve(url, tls=server_tls, implicit=implicit)

    with pytest.raises(TargetError, match="certificate is not trusted"):
        await send(subject="x", to=ANN)

    assert peer.got == []


async def test_a_server_without_starttls_gets_nothing_unless_told_so(serve, send):
    peer = await serve("smtp://127.0.0.1:{port}")

    with pytest.raises(NotConfigured, match="starttls=off"):
        await send(subject="x", to=ANN)

    assert peer.got == []


async def test_we_sign_in_where_an_account_is_given(serve, send, server_tls, trusted):
    peer = await serve("smtp://ann:right@localhost:{port}", tls=server_tls)

    await send(subject="x", to=ANN)

    assert peer.got == [ANN]


async def test_an_account_that_is_refused_is_a_fault_of_the_settings(
    serve, send, server_tls, trusted
):
    await serve("smtp://ann:wrong@localhost:{port}", tls=server_tls)

    with pytest.raises(NotConfigured, match="refused the account") as caught:
        await send(subject="x", to=ANN)

    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("allowed", ["ann@example.com", "x@y.de, @example.com"])
async def test_a_sender_that_is_allowed_may_be_named(serve, send, ctx, allowed):
    peer = await serve()
    ctx.settings["MAIL_SENDERS"] = allowed

    result = await send(subject="x", to=ANN, **{"from": "Ann <ann@example.com>"})

    assert result["preview"]["from"] == "Ann <ann@example.com>"
    assert b"From: Ann <ann@example.com>" in peer.sources[0]


@pytest.mark.parametrize("sender", ["boss@example.com", "ann@sub.example.org"])
async def test_a_sender_that_is_not_allowed_is_blocked(serve, send, ctx, sender):
    await serve()
    ctx.settings["MAIL_SENDERS"] = "ann@example.com, @example.org"

    with pytest.raises(BlockedByPolicy, match="MAIL_SENDERS"):
        await send(subject="x", to=ANN, **{"from": sender})


async def test_a_sender_of_the_settings_that_is_no_address_is_told(serve, send, ctx):
    await serve()
    ctx.settings["MAIL_FROM"] = "nobody"

    with pytest.raises(NotConfigured, match="MAIL_FROM"):
        await send(subject="x", to=ANN)
