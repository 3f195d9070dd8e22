"""The pages of a crawl by host and folder, for the viewer."""

from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

ROOM = 40_000
"""Bytes of JSON, roughly."""
MAX_NAME = 60
NODE_BYTES = 60
"""Of a node, without its texts."""


class Node(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A host, a folder or a page."""

    name: str
    pages: int = 0
    """In it and below."""
    url: str = ""
    """Of the page itself, where there is one."""
    status: int = 0
    children: dict[str, "Node"] = {}


class Tree:
    """Grows with each page, up to `ROOM`; what finds no place counts for its folder."""

    def __init__(self) -> None:
        self._top = Node(name="")
        self._room = ROOM

    def add(self, url: str, status: int) -> None:
        """Add a page."""
        parts = urlsplit(url)
        steps = [parts.netloc, *(step for step in parts.path.split("/") if step)]
        if parts.query:
            steps.append(f"?{parts.query}")
        node, whole = self._top, True
        node.pages += 1
        for step in steps:
            inner = node.children.get(step)
            if inner is None:
                name = unquote(step)[:MAX_NAME]
                if not self._fits(name):
                    whole = False
                    break
                inner = node.children[step] = Node(name=name)
            node = inner
            node.pages += 1
        if whole and self._fits(url):
            node.url, node.status = url, status

    def _fits(self, text: str) -> bool:
        size = len(msgspec.json.encode(text)) + NODE_BYTES
        fits = size <= self._room
        self._room -= size if fits else 0
        return fits

    def shown(self) -> list[dict[str, Any]]:
        """A tree per host: `{name, pages, url?, status?, children?}`."""
        return [_shown(node) for node in self._top.children.values()]


def _shown(node: Node) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": node.name, "pages": node.pages}
    if node.url:
        shown |= {"url": node.url, "status": node.status}
    if node.children:
        shown["children"] = [_shown(child) for child in node.children.values()]
    return shown
