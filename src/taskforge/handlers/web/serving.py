"""The child process that reads pages for one job: parsing and selectors, bounded in CPU (S-35).

One child serves a whole crawl, since starting one takes longer than reading ten pages. Worker and
child share a folder: the question lies in the file `ask`, the answer in `answer`, and its length
comes through a pipe. Both files are written over in place, for making them anew takes longer than
all the rest where disks are slow. A question that takes more than its share of processor time
ends the child; the worker knows which one it was, and starts another.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from taskforge.handlers.base import Report
from taskforge.handlers.web.documents import Document
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.reading import PageReader, ReadText
from taskforge.handlers.web.records import (
    ANSWER,
    ANSWERED,
    ASK,
    ASKED,
    LENGTH_BYTES,
    Addresses,
    Ask,
    Page,
    Reading,
    Sitemap,
)
from taskforge.handlers.web.scope import Boundary, canonical
from taskforge.handlers.web.sitemaps import read_sitemap

PAGE_CPU_SECONDS = 2.0


def serve(report: Report, folder: str, payload: Any) -> None:
    """Answer until the worker closes its pipe.

    Args:
        report: not used.
        folder: shared with the worker; holds the two pipes.
        payload: a `WebPayload` as plain values.
    """
    serve_with(folder, payload, _no_text)


def serve_with(folder: str, payload: Any, read_text: ReadText) -> None:
    """`serve`, with a way to find the main text of a page."""
    # The default: the process ends. A handler in Python would wait for libxml2 to come back.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    answer_to = _answering(msgspec.convert(payload, WebPayload), read_text)
    place = Path(folder)
    decoder = msgspec.msgpack.Decoder(Ask)
    with (
        open(place / ASKED, "rb", buffering=0) as asked,
        open(place / ANSWERED, "wb", buffering=0) as answered,
        open(place / ASK, "rb", buffering=0) as asks,
        open(place / ANSWER, "wb", buffering=0) as answers,
    ):
        while length := asked.read(LENGTH_BYTES):
            ask = decoder.decode(os.pread(asks.fileno(), int.from_bytes(length), 0))
            signal.setitimer(signal.ITIMER_PROF, PAGE_CPU_SECONDS)
            answer = msgspec.msgpack.encode(answer_to(ask))
            signal.setitimer(signal.ITIMER_PROF, 0)
            os.pwrite(answers.fileno(), answer, 0)
            answered.write(len(answer).to_bytes(LENGTH_BYTES))


def _answering(ask: WebPayload, read_text: ReadText) -> Callable[[Ask], Reading]:
    boundary = Boundary(ask)
    pages = PageReader(ask, boundary, read_text)

    def answer_to(asked: Ask) -> Reading:
        match asked:
            case Page():
                return pages.read(asked)
            case Sitemap():
                return read_sitemap(asked, boundary)
            case Addresses():
                made = [url for url in map(canonical, asked.urls) if url]
                return Reading(links=[url for url in made if boundary.holds(url)])

    return answer_to


def _no_text(document: Document, url: str) -> str:
    return ""
