"""What an encrypted page loads without encryption; runs in the sandbox, for pages are hostile."""

from typing import Any

from parsel import Selector

from taskforge.handlers.base import Report

ACTIVE = {"script": "src", "iframe": "src", "link": "href", "object": "data", "embed": "src"}
PASSIVE = {"img": "src", "audio": "src", "video": "src", "source": "src", "form": "action"}
LINKS = frozenset({"stylesheet", "preload", "modulepreload", "manifest"})
"""Relations whose address a browser loads; others only point."""
MOST = 50
"""Of each kind."""


def find_mixed(report: Report, text: str) -> dict[str, list[str]]:
    """Addresses of `http:` that a page loads, each once and in order.

    Args:
        report: not used; the work is short.
        text: HTML.

    Returns:
        `active` (scripts, frames, style sheets) and `passive` (pictures, forms), as `tag address`.
    """
    del report
    page = Selector(text=text, type="html") if text.strip() else None
    return {"active": _found(page, ACTIVE), "passive": _found(page, PASSIVE)}


def _found(page: Selector | None, wanted: dict[str, str]) -> list[str]:
    if page is None:
        return []
    seen: dict[str, None] = {}
    for tag, attribute in wanted.items():
        for element in page.xpath(f"//{tag}[@{attribute}]"):
            attributes: dict[str, Any] = element.attrib
            address = str(attributes[attribute]).strip()
            relations = set(str(attributes.get("rel", "")).lower().split())
            loads = tag != "link" or relations & LINKS
            if address.lower().startswith("http://") and loads:
                seen.setdefault(f"{tag} {address[:200]}")
    return list(seen)[:MOST]
