"""A page as the header rules see it."""

from typing import NamedTuple

from taskforge.core.outbound import HttpReply
from taskforge.handlers.scan.finding import Severity


class Cookie(NamedTuple):
    """A cookie that a page sets (RFC 6265)."""

    name: str
    attributes: dict[str, str]
    """Names in lower case."""

    @property
    def is_session(self) -> bool:
        """Whether its name says that it holds a session or a token."""
        lowered = self.name.lower()
        return any(word in lowered for word in ("sess", "sid", "auth", "token", "jwt", "login"))

    @property
    def is_removed(self) -> bool:
        """Whether the page takes it away."""
        return self.attributes.get("max-age", "").startswith(("0", "-"))


class Page(NamedTuple):
    """A reply."""

    reply: HttpReply

    @property
    def url(self) -> str:
        """Of the last request."""
        return self.reply.url

    @property
    def is_https(self) -> bool:
        """Whether it came over TLS."""
        return self.url.startswith("https:")

    @property
    def is_html(self) -> bool:
        """Whether browsers render it."""
        return "html" in self.first("content-type").lower()

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order; the name in lower case."""
        return [value for key, value in self.reply.headers if key == name]

    def first(self, name: str) -> str:
        """The first value of a header, stripped; empty when there is none."""
        return (self.reply.header(name) or "").strip()

    def cookies(self) -> list[Cookie]:
        """The cookies that it sets, without those that it takes away."""
        cookies: list[Cookie] = []
        for value in self.all("set-cookie"):
            pair, *rest = value.split(";")
            attributes: dict[str, str] = {}
            for part in rest:
                key, _, said = part.partition("=")
                attributes[key.strip().lower()] = said.strip()
            cookies.append(Cookie(pair.partition("=")[0].strip(), attributes))
        return [cookie for cookie in cookies if not cookie.is_removed]


class Flaw(NamedTuple):
    """How a page breaks a rule."""

    evidence: str
    spot: str = ""
    """Which of several places on the page: a cookie's name, a resource."""
    severity: Severity | None = None
    """In place of the rule's."""
