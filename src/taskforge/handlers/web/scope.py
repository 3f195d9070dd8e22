"""Canonical addresses, and which of them belong to a crawl; runs in the child process."""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import tldextract

from taskforge.core.outbound import URL_LIMIT
from taskforge.handlers.web.patterns import glob_matcher
from taskforge.handlers.web.payload import Scope, WebPayload, tidied

# Its list of public suffixes as shipped: nothing is fetched, nothing is written.
_suffixes = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


@lru_cache(maxsize=4_096)
def canonical(url: str) -> str | None:
    """The canonical form of an absolute address; None if a crawl cannot go there."""
    try:
        # Checked before the work: canonical forms of huge addresses take long.
        if len(url) > URL_LIMIT or not url.lower().startswith(("http://", "https://")):
            return None
        made = tidied(url)
        parts = urlsplit(made)
        whole = parts.hostname and parts.username is None and (parts.port or 0) >= 0
    except ValueError:
        return None
    return made if whole and len(made) <= URL_LIMIT else None


def absolute(base: str, link: str) -> str | None:
    """The canonical address of a link on a page; None if a crawl cannot go there."""
    link = link.strip()
    try:
        if link.startswith("/") and not link.startswith(("//", "/\\")):
            return canonical(_origin(base) + link)  # most links; joining them takes longer
        return canonical(urljoin(base, link))
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _origin(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}"


@lru_cache(maxsize=4_096)
def site_of(host: str) -> str:
    """The name that was registered, such as `example.co.uk` for `www.example.co.uk`."""
    try:
        ip_address(host)
    except ValueError:
        return _suffixes(host).top_domain_under_public_suffix or host
    return host


class Boundary:
    """The scope of one crawl.

    Args:
        ask: what the job asks for.
    """

    def __init__(self, ask: WebPayload) -> None:
        parts = urlsplit(tidied(ask.url))
        self._scope = ask.scope
        self._origins = (f"https://{parts.netloc}/", f"http://{parts.netloc}/")
        self._host = parts.hostname or ""
        folder = parts.path.rpartition("/")[0]
        self._folders = tuple(origin[:-1] + folder + "/" for origin in self._origins)
        self._hosts = {self._host, *(host.lower() for host in ask.hosts)}
        self._included = glob_matcher(ask.include) if ask.include else None
        self._excluded = glob_matcher(ask.exclude) if ask.exclude else None

    def holds(self, url: str) -> bool:
        """Whether a canonical address belongs to the crawl."""
        if not self._near(url):
            return False
        if self._included is not None and not self._included(url):
            return False
        return self._excluded is None or not self._excluded(url)

    def leaves(self, url: str) -> bool:
        """Whether a canonical address is on another site, and not just left out of this crawl."""
        return urlsplit(url).hostname not in self._hosts and not self._near(url)

    def _near(self, url: str) -> bool:
        match self._scope:
            case Scope.HOST:
                return url.startswith(self._origins)
            case Scope.PATH:
                return url.startswith(self._folders)
            case Scope.DOMAIN:
                return site_of(urlsplit(url).hostname or "") == site_of(self._host)
            case Scope.LIST:
                return (urlsplit(url).hostname or "") in self._hosts
