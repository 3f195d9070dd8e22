"""What the client makes of a server's answers, and of servers that give none."""

import socket
import threading
from contextlib import ExitStack

import pytest

from support.front import Answer, front
from taskforge.cli.client_http import Http, checked_url, is_local
from taskforge.cli.output import exit_code
from taskforge.core.errors import Limited, Malformed, TaskForgeError, Unavailable

PROBLEM = b"""{"title":"Conflict","status":409,"detail":"It has ended.","code":"conflict",
"errors":[{"message":"too late","pointer":"/at"},{"message":"It has ended."}]}"""


@pytest.fixture
def server():
    """A server that gives one answer to everything."""
    with ExitStack() as exits:

        def answers(status=200, body=b"{}", **headers):
            return Http(exits.enter_context(front(lambda *_: Answer(status, body, headers))))

        yield answers


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((400, 2), (401, 4), (403, 4), (404, 3), (409, 5), (413, 2), (415, 2), (422, 2)),
        *((429, 6), (500, 6), (502, 6), (503, 6), (302, 2), (418, 2)),
    ],
)
def test_each_refusal_has_its_exit_code(server, status, code):
    with pytest.raises(TaskForgeError) as caught:
        server(status, b"<html>", Location="http://127.0.0.1:1/").send("GET", "/")

    assert exit_code(caught.value) == code
    assert str(status) in caught.value.detail


def test_a_problem_document_is_a_sentence_and_its_faults(server):
    with pytest.raises(TaskForgeError) as caught:
        server(409, PROBLEM).send("GET", "/")

    assert caught.value.detail == "It has ended.\n  /at: too late"
    assert caught.value.code == "conflict"


def test_how_long_to_wait_is_kept(server):
    with pytest.raises(Limited) as caught:
        server(429, b"", **{"Retry-After": "7"}).send("GET", "/")

    assert caught.value.retry_after == 7


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_answer_of_ours_is_unavailable(server, body):
    here = server(200, body)

    with pytest.raises(Unavailable, match="cannot be read"):
        here.read(here.send("GET", "/"), dict[str, int])


def test_a_server_that_is_not_there_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(Unavailable, match="taskforge up"):
        Http(f"http://127.0.0.1:{port}").send("GET", "/")


def test_a_server_that_hangs_up_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up():
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unavailable, match="does not answer"):
            Http(f"http://127.0.0.1:{listener.getsockname()[1]}").send("GET", "/")
        thread.join()


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://x", "http://", "http://x:port", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Malformed, match="TASKFORGE_URL"):
        checked_url(url)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:8000", True),
        ("http://192.168.0.1", False),
        ("http://localhost.example.com", False),
    ],
)
def test_this_machine_is_known(url, local):
    assert is_local(url) is local
