"""`serving` with the main text of pages; apart, since what finds it takes long to import."""

from typing import Any

from trafilatura import extract

from taskforge.handlers.base import Report
from taskforge.handlers.web.documents import Document
from taskforge.handlers.web.serving import serve_with


def serve(report: Report, folder: str, payload: Any) -> None:
    """See `serving.serve`."""
    serve_with(folder, payload, main_text)


def main_text(document: Document, url: str) -> str:
    """The main text of a page as Markdown, without menus and footers; empty if there is none."""
    found = extract(
        document.text, url=url, output_format="markdown", include_comments=False,
        include_links=False, with_metadata=False,
    )  # fmt: skip
    return found or ""
