"""A web site of its own process, for the crawl to be measured against: `python -m ops.bench.site`.

Page n links to the ten pages from 10n + 1 on, without end.
"""

import asyncio
import sys

FILLER = "<p>" + "All work and no play makes a dull page. " * 40 + "</p>"


def _page(path: str) -> bytes:
    number = int("".join(filter(str.isdigit, path)) or 0)
    links = "".join(f'<a href="/p/{10 * number + n}">{n}</a>' for n in range(1, 11))
    return f"<html><title>Page {number}</title><h1>{number}</h1>{links}{FILLER}</html>".encode()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ", 2)[1]
            found = path == "/" or path.startswith("/p/")
            body = _page(path) if found else b"nothing here"
            kind = "text/html; charset=utf-8" if found else "text/plain"
            status = "200 OK" if found else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
