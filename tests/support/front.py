"""Something that stands where the API is expected: a proxy, or another server altogether."""

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What it says."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


@contextmanager
def front(answer: Callable[[str, Mapping[str, str]], Answer]) -> Iterator[str]:
    """Serve on a free port; the address.

    Args:
        answer: takes the path and the headers (in lower case) of a GET request.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answer(self.path, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(given.status)
            self.send_header("Content-Length", str(len(given.body)))
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
