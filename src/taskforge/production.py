"""What a process in production refuses to start with (S-50); `config.load` asks here.

It judges the values by the names of their fields, so that it needs nothing of `config.py`.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlsplit

DEV_SECRET = "development-only-secret-never-use-in-production"  # noqa: S105 - refused here
MIN_SECRET_BYTES = 32
MIN_CHARACTERS = 8
"""Different ones in a secret; 32 random hexadecimal digits practically never have fewer."""
MAKE_ONE = "make one with `openssl rand -hex 32`"
FIRST_GUESSES = frozenset(
    {"admin", "changeme", "password", "postgres", "redis", "root", "secret", "taskforge", "test"}
)
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
METADATA_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
    )
)
"""Where clouds tell machines their credentials."""
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})
_PLAINTEXT = (
    "goes over the network without TLS; {remedy}, or set ALLOW_PLAINTEXT_BACKENDS=true if that"
    " network is private"
)

Given = Mapping[str, Any]
"""The settings: values by the names of their fields."""


def refusals(given: Given) -> list[str]:
    """Every reason not to start, each one beginning with the name of a setting."""
    found = [*_weak_secrets(given), *_equal_secrets(given), *_open_doors(given)]
    if not given["allow_plaintext_backends"]:
        found += _plaintext(given)
    return found + [
        f"{name.upper()}: {why}"
        for name in ("outbound_allowed_hosts", "scan_allowed_targets")
        for why in _holes(given[name], given)
    ]


def _weak_secrets(given: Given) -> Iterator[str]:
    for name in ("secret_key", "jwt_secret_key", "probe_token"):
        value: str = given[name]
        if why := _weakness(value) if value or name != "probe_token" else "":
            yield f"{name.upper()}: {why}; {MAKE_ONE}"
    for name in ("database_url", "redis_url"):
        if _password(given[name]).lower() in FIRST_GUESSES:
            yield f"{name.upper()}: its password is one of the first that are tried; {MAKE_ONE}"


def _weakness(secret: str) -> str:
    if secret in ("", DEV_SECRET):
        return "not set"
    if len(secret.encode()) < MIN_SECRET_BYTES:
        return f"shorter than {MIN_SECRET_BYTES} bytes"
    repeats = secret in (secret + secret)[1:-1]
    return "easy to guess" if repeats or len(set(secret)) < MIN_CHARACTERS else ""


def _equal_secrets(given: Given) -> Iterator[str]:
    """One that leaks must not open another door."""
    secrets = {
        "SECRET_KEY": given["secret_key"],
        "JWT_SECRET_KEY": given["jwt_secret_key"],
        "PROBE_TOKEN": given["probe_token"],
        "DATABASE_URL": _password(given["database_url"]),
        "REDIS_URL": _password(given["redis_url"]),
    }
    for one, other in combinations(secrets, 2):
        if secrets[one] == secrets[other] and secrets[one] not in ("", DEV_SECRET):
            yield f"{other}: the same secret as in {one}; {MAKE_ONE}"


def _open_doors(given: Given) -> Iterator[str]:
    if given["admin_password"]:
        yield "ADMIN_PASSWORD: not in production; use `taskforge user create NAME --role admin`"
    if given["log_level"] == "debug":
        yield "LOG_LEVEL: debug tells more than logs may keep; say info"
    hosts = _listed(given["allowed_hosts"])
    if not hosts or "*" in hosts:
        yield "ALLOWED_HOSTS: say by which names clients reach the API, such as api.example.com"
    for origin in _listed(given["cors_origins"]):
        if origin.startswith("http://"):
            yield f"CORS_ORIGINS: {origin} has no TLS; say https://"


def _plaintext(given: Given) -> Iterator[str]:
    database, redis = given["database_url"], given["redis_url"]
    options = _options(database)
    mode = options.get("sslmode") or options.get("ssl")
    if mode not in _ENCRYPTED and not _is_here(database):
        yield f"DATABASE_URL: {_PLAINTEXT.format(remedy='add ?sslmode=verify-full')}"
    if redis.startswith("redis:") and not _is_here(redis):
        yield f"REDIS_URL: {_PLAINTEXT.format(remedy='say rediss://')}"
    if _options(redis).get("ssl_cert_reqs") == "none":
        yield "REDIS_URL: ssl_cert_reqs=none trusts every certificate; take it out"


def _holes(text: str, given: Given) -> Iterator[str]:
    """What would let jobs and webhooks through the wall around the installation (S-30)."""
    ours = {*_places(given["database_url"], "5432"), *_places(given["redis_url"], "6379")}
    for entry in _listed(text):
        host, port = _host_and_port(entry)
        if "*" in host:
            yield f"{entry} stands for any host; name each one"
        elif host in METADATA_NAMES or _is_metadata(host):
            yield f"{entry} is where clouds keep the credentials of machines; take it out"
        elif any(host == name and port in ("", its) for name, its in ours):
            yield f"{entry} leads to our own database or Redis; name another host or port"


def _is_metadata(host: str) -> bool:
    address = _address(host)
    return address is not None and any(address in network for network in METADATA_NETWORKS)


def _is_here(url: str) -> bool:
    """Whether a server is on this machine: at a socket, or at a loopback address."""
    addresses = [(host, _address(host)) for host, _ in _places(url, "")]
    return all(host == "localhost" or (it and it.is_loopback) for host, it in addresses)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _places(url: str, port: str) -> list[tuple[str, str]]:
    """Hosts and ports that an address names: several, as libpq has it; none for a socket."""
    query = parse_qs(_split(url).query).get("host", [])
    named = query or [_split(url).netloc.rpartition("@")[2]]
    places = [_host_and_port(place) for text in named for place in text.split(",")]
    return [(host, its or port) for host, its in places if host and not host.startswith("/")]


def _host_and_port(place: str) -> tuple[str, str]:
    """`host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address; no port is ""."""
    place = place.lower()
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, port.removeprefix(":")
    if place.count(":") > 1:
        return place, ""
    host, _, port = place.partition(":")
    return host, port


def _password(url: str) -> str:
    account = _split(url).netloc.rpartition("@")[0]
    return unquote(account.partition(":")[2]) or _options(url).get("password", "")


def _options(url: str) -> dict[str, str]:
    return dict(parse_qsl(_split(url).query))


def _split(url: str) -> SplitResult:
    """The parts of an address; of one that cannot be read, which is told elsewhere, none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
