"""An OpenAI-compatible endpoint on loopback, with real faults; the model's name says which."""

import asyncio
import json

STATUSES = {"401": "Unauthorized", "403": "Forbidden", "404": "Not Found", "429": "Too Many",
            "400": "Bad Request", "500": "Server Error", "302": "Found"}  # fmt: skip


class Provider:
    """What it was asked is kept in `asked`: pairs of headers and body."""

    def __init__(self):
        self.asked = []
        self.answers = {}
        """By model, answers to give in turn; else it repeats the last turn in capitals."""
        self.headers = {}
        self.left = asyncio.Event()
        """Set when a client has closed its connection in the middle."""

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            headers = {name.lower(): value for name, value in headers.items()}
            headers["path"] = head.split()[1]
            body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
            self.asked.append((headers, body))
            await self._answer(body, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()

    async def _answer(self, body, writer):
        model = body["model"]
        if model in STATUSES:
            said = json.dumps({"error": {"message": f"fault {model}, as asked"}}).encode()
            extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            head = (
                f"HTTP/1.1 {model} {STATUSES[model]}\r\n{extra}content-type: application/json\r\n"
            )
            writer.write(f"{head}content-length: {len(said)}\r\n\r\n".encode() + said)
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
        length = b"content-length: 100000\r\n" if model == "abort" else b""
        writer.write(length + b"connection: close\r\n\r\n")
        await getattr(self, f"_{model.replace('-', '_')}", self._shout)(body, writer)
        await writer.drain()

    async def _shout(self, body, writer):
        given = self.answers.get(body["model"])
        text = given.pop(0) if given else body["messages"][-1]["content"].upper()
        words = text.split(" ")
        for number, word in enumerate(words):
            await send(writer, delta={"content": f" {word}" if number else word})
        await send(writer, delta={}, finish_reason="stop")
        usage = {"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 9}
        await send(writer, usage=usage)
        writer.write(b"data: [DONE]\n\n")

    async def _without_counts(self, _, writer):
        await send(writer, delta={"content": "hello"})
        await send(writer, delta={}, finish_reason="length")
        writer.write(b"data: [DONE]\n\n")

    async def _silent(self, _, writer):
        await self._until_left(writer)

    async def _stuck(self, _, writer):
        await send(writer, delta={"content": "so far"})
        await self._until_left(writer)

    async def _trickle(self, _, writer):
        while True:
            await send(writer, delta={"content": "drip "})
            await asyncio.sleep(0.02)

    async def _endless(self, _, writer):
        while True:
            await send(writer, delta={"content": "x" * 10_000})

    async def _cut(self, _, writer):
        await send(writer, delta={"content": "only the begi"})

    async def _abort(self, _, writer):
        await send(writer, delta={"content": "only the begi"})

    async def _fails_late(self, _, writer):
        await send(writer, delta={"content": "well"})
        writer.write(b'data: {"error": {"message": "out of memory"}}\n\n')

    async def _junk(self, _, writer):
        writer.write(b"data: {broken\n\n")

    async def _odd(self, _, writer):
        writer.write(b'data: {"choices": [{"delta": 5}, 7], "usage": "much"}\n\n')

    async def _list(self, _, writer):
        writer.write(b"data: [1, 2]\n\n")

    async def _page(self, _, writer):
        writer.write(b"<html>" + b"not what you asked for " * 1_000)

    async def _until_left(self, writer):
        await writer.drain()
        while not writer.is_closing():
            writer.write(b": still here\n\n")  # a comment of the event stream
            await writer.drain()
            await asyncio.sleep(0.02)
        raise ConnectionResetError


async def send(writer, *, usage=None, **choice):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunk["choices"] = [{"index": 0, "finish_reason": None, **choice}] if choice else []
    if usage:
        chunk["usage"] = usage
    writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    await writer.drain()
