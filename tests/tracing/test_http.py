"""Spans of requests, in both directions."""

import pytest

from support.faultyweb import faulty_web
from taskforge.api.traced import Traced
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.outside.http.client import SafeHttp

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{PARENT}-01"


def application(status: int = 200, route: str | None = "/jobs/{id}", error=None):
    """Answers as told; the route is in the scope, where Litestar leaves it."""

    async def serve(scope, receive, send):
        scope["path_template"] = route
        if error:
            raise error
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Traced(serve)


async def ask(app, *headers, path="/jobs/1", method="GET", kind="http"):
    async def receive():
        return {"type": "http.request"}

    async def send(_message):
        pass

    pairs = [(b"traceparent", value.encode("latin-1")) for value in headers]
    scope = {"type": kind, "path": path, "query_string": b"token=secret", "headers": pairs}
    await app({**scope, **({"method": method} if kind == "http" else {})}, receive, send)


async def test_a_request_goes_on_with_the_trace_of_its_client_and_is_named_by_its_route(
    trace, spans
):
    trace()

    await ask(application(), GOOD)

    [span] = await spans("GET /jobs/{id}")
    assert (span.kind, span.trace_id, span.parent_id) == ("SERVER", TRACE, PARENT)
    assert span.facts == {
        "http.request.method": "GET",
        "url.path": "/jobs/1",
        "http.route": "/jobs/{id}",
        "http.response.status_code": 200,
    }
    assert not span.failed


@pytest.mark.parametrize(
    "headers",
    [
        [""],
        ["garbage"],
        [GOOD.upper()],
        [GOOD, GOOD],
        [GOOD, GOOD.replace("b7", "b8")],
        [f"00-{'0' * 32}-{PARENT}-01"],
        [f"00-{TRACE}-{'0' * 16}-01"],
        [f"ff-{TRACE}-{PARENT}-01"],
        [f"{GOOD}-more"],
        [f"{GOOD},{GOOD}"],
        [GOOD[:-1]],
        [f"00-{TRACE}g-{PARENT}-01"],
        [f"00-{TRACE}-{PARENT}-01" + " " * 60_000],
        ["\x00\xff" * 1_000],
        [f"cc-{TRACE}-{PARENT}-01-" + "x" * 60_000],
    ],
    ids=lambda headers: " + ".join(it[:40] for it in headers),
)
async def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(trace, spans, headers):
    trace()

    await ask(application(), *headers)

    [span] = await spans("GET /jobs/{id}")
    assert (span.parent_id, span.links) == ("", [])
    assert span.trace_id != TRACE


async def test_a_later_version_of_traceparent_is_read_as_far_as_it_is_known(trace, spans):
    trace()

    await ask(application(), f"cc-{TRACE}-{PARENT}-01-what-comes-later")

    [span] = await spans("GET /jobs/{id}")
    assert (span.trace_id, span.parent_id) == (TRACE, PARENT)


async def test_without_the_w3c_format_no_client_is_believed(trace, spans):
    trace(OTEL_PROPAGATORS="b3,baggage")

    await ask(application(), GOOD)

    [span] = await spans("GET /jobs/{id}")
    assert span.parent_id == ""


async def test_a_client_that_drops_its_trace_drops_ours(trace, spans, collector):
    trace()

    await ask(application(), GOOD[:-1] + "0")
    await ask(application(route="/last"))

    await spans("GET /last")
    assert collector.named("GET /jobs/{id}") == []


@pytest.mark.parametrize(
    ("told", "name", "error"),
    [
        ({"status": 404, "route": None}, "GET", None),
        ({"status": 422}, "GET /jobs/{id}", None),
        ({"status": 503}, "GET /jobs/{id}", "503"),
    ],
)
async def test_a_failure_is_one_of_the_server(trace, spans, told, name, error):
    trace()

    await ask(application(**told))

    [span] = await spans(name)
    assert (span.failed, span.facts.get("error.type")) == (error is not None, error)


async def test_an_application_that_breaks_is_told_by_its_error(trace, spans):
    trace()

    with pytest.raises(ZeroDivisionError):
        await ask(application(error=ZeroDivisionError()))

    [span] = await spans("GET /jobs/{id}")
    assert span.failed
    assert span.facts["error.type"] == "ZeroDivisionError"


async def test_names_are_few_whatever_strangers_ask_for(trace, spans):
    trace()

    await ask(application(404, None), path="/" + "x" * 9_000, method="BREW")

    [span] = await spans("HTTP")
    assert span.facts["http.request.method"] == "_OTHER"
    assert len(span.facts["url.path"]) == 256


async def test_a_handshake_ends_with_its_answer_and_keeps_its_token(trace, spans):
    trace()

    await ask(application(route="/ws"), GOOD, path="/ws", kind="websocket")

    [span] = await spans("GET /ws")
    assert span.facts["http.response.status_code"] == 101
    assert span.trace_id == TRACE
    assert "secret" not in str(span.facts)


async def test_a_handshake_that_breaks_is_told_as_a_failure(trace, spans):
    trace()

    with pytest.raises(ZeroDivisionError):
        await ask(application(route="/ws", error=ZeroDivisionError()), kind="websocket")

    [span] = await spans("GET /ws")
    assert span.failed


async def test_probes_and_scrapes_leave_no_spans(trace, spans, collector):
    trace()

    for path in ("/health/live", "/health/ready", "/metrics"):
        await ask(application(route=path), path=path)
    await ask(application())

    await spans("GET /jobs/{id}")
    assert len(collector.spans) == 1


@pytest.fixture
async def web():
    async with faulty_web() as it:
        yield it


@pytest.fixture
def guarded(web):
    def loopback(host, port, *_args):
        return [(2, 1, 6, "", ("127.0.0.1", web.port))]

    hosts = {f"{name}:{web.port}" for name in ("friend.test", "a.partner.test", "stranger.test")}
    return SafeHttp(frozenset(hosts), look_up=loopback)


def told_of(head):
    found = [line for line in head.split("\r\n") if line.startswith("traceparent: ")]
    return found[0].removeprefix("traceparent: ") if found else None


async def test_only_friends_are_told_which_trace_a_call_belongs_to(trace, spans, web, guarded):
    engine = trace()
    web.page("/?key=secret")

    for host in ("friend.test", "a.partner.test", "stranger.test"):
        await guarded.fetch(f"http://{host}:{web.port}/?key=secret")

    [span] = await spans("GET")
    friend, partner, stranger = map(told_of, web.heads)
    assert friend == f"00-{span.trace_id}-{span.span_id}-03"
    assert partner
    assert stranger is None
    assert (span.kind, span.facts) == (
        "CLIENT",
        {
            "http.request.method": "GET",
            "server.address": "friend.test",
            "server.port": web.port,
            "url.full": f"http://friend.test:{web.port}/REDACTED",
            "http.response.status_code": 200,
        },
    )
    assert engine.current() is None


async def test_a_redirect_to_a_stranger_does_not_take_the_trace_along(
    trace, until, web, guarded, collector
):
    trace()
    web.redirect("/go", f"http://stranger.test:{web.port}/end")
    web.page("/end", status="404 No")

    await guarded.fetch(f"http://friend.test:{web.port}/go", limits=HttpLimits(redirects=1))

    await until(lambda: len(collector.spans) == 2)
    first, second = collector.named("GET")
    assert [told_of(head) is not None for head in web.heads] == [True, False]
    assert (first.failed, first.facts["http.response.status_code"]) == (False, 302)
    assert (second.failed, second.facts["error.type"]) == (True, "404")
    assert second.facts["http.request.resend_count"] == 1


async def test_what_a_job_says_of_its_own_trace_stands(trace, web, guarded):
    trace()
    web.page("/")

    await guarded.fetch(f"http://friend.test:{web.port}/", headers={"Traceparent": GOOD})

    assert told_of(web.heads[0]) == GOOD


async def test_a_call_without_a_reply_is_told_by_its_reason(trace, spans, web, guarded):
    trace()
    web.pages["/"] = b""

    with pytest.raises(HttpFailed):
        await guarded.fetch(f"http://stranger.test:{web.port}/")

    [span] = await spans("GET")
    assert span.failed
    assert span.facts["error.type"] in {"connect", "protocol"}
