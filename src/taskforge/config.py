"""Settings: all of the environment, read once per process (SPEC §8).

Sources, strongest first: the environment, `NAME_FILE` for secrets, `.env` in the working
directory, and `up.env` in the data directory, where `taskforge up` writes the addresses and
secrets of the embedded stack, so that every other command finds it.
"""

import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

from taskforge.production import DEV_SECRET, refusals

SECRETS = frozenset(
    {"SECRET_KEY", "JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PROBE_TOKEN", "ADMIN_PASSWORD",
     "AI_API_KEY", "AI_BACKENDS", "SMTP_URL", "OTEL_EXPORTER_OTLP_HEADERS"}
)  # fmt: skip
JOB_SETTINGS = frozenset(
    {"AI_BASE_URL", "AI_API_KEY", "AI_MODELS", "AI_BACKENDS", "DATA_DIR", "ENVIRONMENT",
     "MAIL_FROM", "MAIL_HTML", "MAIL_SENDERS", "MAIL_TEMPLATES_DIR", "OSV_URL",
     "SCAN_ALLOWED_TARGETS", "SCAN_NAMESERVERS", "SMTP_URL"}
)  # fmt: skip
"""What handlers may read by `ctx.setting`, beside variables that begin with `JOB_`."""
Days = Annotated[float, Meta(ge=0, le=36_500)]
_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"https?://(?:{_NAME})(?::[0-9]{{1,5}})?", re.ASCII)
_USUAL_PORTS = {"http": ":80", "https": ":443"}
_HOST = re.compile(rf"(?:\*\.)?(?:{_NAME})|\*", re.ASCII)


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """One field for each variable; the name is the variable's in lower case."""

    environment: Literal["development", "test", "production"] = "development"
    secret_key: str = DEV_SECRET
    jwt_secret_key: str = DEV_SECRET
    database_url: str = "postgresql://postgres@127.0.0.1:5432/taskforge"
    """`postgresql://…`; the driver is picked here, never by the user."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    """`redis://`, `rediss://` or `unix://`."""
    database_pool_size: Annotated[int, Meta(ge=1, le=200)] = 8
    """Connections per process; a worker unit adds one for its heartbeat (R-85)."""
    allow_plaintext_backends: bool = False
    """Whether production may reach PostgreSQL and Redis on other machines without TLS: where the
    network between them is private, such as that of a compose project."""

    rate_limit_requests: Annotated[int, Meta(ge=1)] = 120
    rate_limit_window: Annotated[int, Meta(ge=1, le=86_400)] = 60
    """Seconds."""
    rate_limit_bulk_items: Annotated[int, Meta(ge=1)] = 10_000
    """Orders in bulk calls within the window; in proportion for a limit of one's own."""
    trusted_proxy_hops: Annotated[int, Meta(ge=0, le=10)] = 0
    """How many proxies stand before the API and append to X-Forwarded-For."""

    live_connections_per_user: Annotated[int, Meta(ge=1)] = 20
    """Sockets and event streams that one account may hold open in one API process (R-76)."""
    live_connections_per_address: Annotated[int, Meta(ge=1)] = 100
    """The same for one client address."""

    schedules_per_user: Annotated[int, Meta(ge=1)] = 1_000
    """Schedules that one account may keep (S-17)."""

    admin_username: str = "admin"
    admin_email: str = "admin@example.com"
    admin_password: str = ""
    """When set, `taskforge seed` makes this account; refused in production (S-10, S-50)."""
    allow_registration: bool = True
    cors_origins: str = ""
    """Exact origins, separated by commas; none by default."""
    allowed_hosts: str = ""
    """Names by which clients reach the API, separated by commas: `api.example.com`, or
    `*.example.com` for all below it; any when empty."""
    probe_token: str = ""
    """When set, `/metrics` and the details of `/health/ready` ask for it as a bearer token."""
    metrics_host: str = "127.0.0.1"
    """Where workers and schedulers answer `/metrics` and `/health`; in a container 0.0.0.0."""
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    """Unset: the first free one from 9191 on; 0: nowhere."""
    docs_public: bool = True
    """Whether the API's description and its page are served; problem types always are."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    """`auto`: coloured text on a terminal, JSON elsewhere."""

    retry_base_seconds: Annotated[float, Meta(gt=0)] = 60.0
    retry_max_seconds: Annotated[float, Meta(gt=0)] = 86_400.0
    worker_threads: Annotated[int, Meta(ge=1, le=1_000)] = 16
    """Jobs that one worker unit runs at once."""
    priority_share_percent: Annotated[int, Meta(ge=0, le=20)] = 5
    """Of all starts, for each queue that waits below a flood; 0 is strict priority."""
    lease_seconds: Annotated[float, Meta(ge=1, le=3_600)] = 30.0
    """A worker that is silent for so long has lost its jobs; it beats three times as often."""
    drain_seconds: Annotated[float, Meta(ge=0, le=3_600)] = 20.0
    """How long a leaving worker lets its jobs finish before it hands them back."""
    retention_days: Days = 30.0
    """Ended jobs are kept so long, with all that belongs to them; 0 is for ever. So are mails of
    the sink, what jobs keep for each other, and statistics. Idempotency keys: 24 hours (R-43)."""
    retention_days_success: Days | None = None
    """For jobs that ended so, instead; 0 is for ever."""
    retention_days_failed: Days | None = None
    retention_days_dead_letter: Days | None = None
    retention_days_cancelled: Days | None = None
    audit_retention_days: Annotated[float, Meta(gt=0, le=36_500)] = 365.0
    """The audit trail has a clock of its own: it outlives what it tells of."""
    webhook_retention_days: Annotated[float, Meta(gt=0, le=36_500)] = 30.0
    """Webhook deliveries that have ended are kept so long, and receivers since their last call."""

    datasets_dir: Path = Path("datasets")
    artifacts_dir: Path = Path("artifacts")
    data_dir: Path = Path(".taskforge")
    taskforge_job_modules: str = ""
    """Modules with job types, separated by commas, beside the entry points."""

    outbound_allowed_hosts: str = ""
    """`host` or `host:port`, by commas, that jobs and webhooks may reach though private (S-30)."""
    scan_allowed_targets: str = ""
    """Hosts that `security_scan` may probe actively (ports, tls), separated by commas (S-33)."""
    scan_nameservers: str = ""
    """Whom `security_scan` asks for DNS: `address[:port]`, by commas; or the system's."""
    osv_url: str = ""
    """Where `security_scan` looks vulnerabilities up, such as the OSV API; nowhere when empty."""
    trace_hosts: str = ""
    """Who hears of the trace of a call: `host`, `host:port`, `*.example.com` or `*`, by commas."""

    smtp_url: str = ""
    """`smtp://user:password@host:587` or `smtps://…:465`; empty: the sink, whose messages the
    mailbox shows and which sends nothing."""
    mail_sink: bool = True
    """Whether an empty SMTP_URL means the sink; otherwise it means that `email` is not configured.
    Production has to say so."""
    mail_from: str = "TaskForge <taskforge@example.com>"
    """The sender unless a job names another."""
    mail_senders: str = ""
    """Further addresses, or `@domain`, that a job may name as its sender, separated by commas."""
    mail_templates_dir: Path | None = None
    """Folder with the installation's own mail templates."""
    mail_html: bool = False
    """Whether jobs may bring HTML bodies of their own; templates may always."""

    ai_base_url: str = ""
    """An OpenAI-compatible endpoint; its models are called `default/<name>`."""
    ai_api_key: str = ""
    ai_models: str = ""
    """Models that jobs may ask of it, separated by commas."""
    ai_backends: str = ""
    """Further endpoints as JSON: `{"name": {"base_url", "api_key", "models", "prices"}}`."""

    def job_modules(self) -> list[str]:
        """The extra modules, in the order given."""
        return _listed(self.taskforge_job_modules)

    def origins(self) -> list[str]:
        """The allowed CORS origins."""
        return _listed(self.cors_origins)

    def hosts(self) -> list[str]:
        """The names by which clients may reach the API; none: any."""
        return _listed(self.allowed_hosts.lower())

    def outbound_hosts(self) -> frozenset[str]:
        """Hosts that may have private addresses."""
        return frozenset(host.lower() for host in _listed(self.outbound_allowed_hosts))

    def scan_targets(self) -> frozenset[str]:
        """Hosts that may be probed actively, and may have private addresses for that."""
        return frozenset(host.lower() for host in _listed(self.scan_allowed_targets))

    def for_jobs(self, name: str) -> str:
        """A setting as handlers read it: its text, empty when not set.

        Raises:
            KeyError: handlers may not read it.
        """
        if name == "SCAN_SECRET":  # makes the tokens by which owners prove a host (S-33)
            key = hmac.digest(self.secret_key.encode(), b"taskforge scan ownership", "sha256")
            return key.hex()
        if name in JOB_SETTINGS:
            value = getattr(self, name.lower())
            return "" if value is None else str(value)
        if not name.startswith("JOB_"):
            raise KeyError(name)
        return find(name, layers())[0] or ""


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


class BadSettings(Exception):
    """Settings that cannot be used; `faults` has one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: stands in for `os.environ`; with it, no file is read unless `dotenv` is given.
        dotenv: the `.env` file; by default the one in the working directory.

    Raises:
        BadSettings: with every fault, not the first alone.
    """
    sources = layers(environ, dotenv=dotenv)
    faults: list[str] = []
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.encode_name
        try:
            raw, _ = find(name, sources)
            if raw:
                fields[name] = msgspec.convert(raw, field.type, strict=False, dec_hook=_construct)
        except (msgspec.ValidationError, OSError) as error:
            faults.append(f"{name}: {error}")
    settings = msgspec.convert(fields, Settings)
    told = {fault.partition(":")[0] for fault in faults}  # what cannot be read has its default now
    faults += [fault for fault in _faults(settings) if fault.partition(":")[0] not in told]
    if settings.environment == "production" and not {"SMTP_URL", "MAIL_SINK"} & fields.keys():
        # Only here is it known that the default was not meant.
        faults.append("MAIL_SINK: not set; say true (mail goes to the mailbox and nowhere else) or"
                      " false (no mail), or set SMTP_URL")  # fmt: skip
    if faults:
        raise BadSettings(faults)
    return settings


Layer = tuple[str, Mapping[str, str]]
"""A source of settings: its name for people, and what it says."""


def layers(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> list[Layer]:
    """The sources of settings, strongest first; arguments as for `load`."""
    if environ is not None and dotenv is None:
        return [("environment", environ)]
    process = os.environ if environ is None else environ
    local = dotenv_values(dotenv or ".env")
    place = Path(process.get("DATA_DIR") or local.get("DATA_DIR") or ".taskforge")
    files = {".env": local, "up.env": dotenv_values(place / "up.env")}
    said = [(name, {k: v for k, v in file.items() if v}) for name, file in files.items()]
    return [("environment", process), *said]


def find(name: str, sources: list[Layer]) -> tuple[str | None, str]:
    """The text that a setting is given as, and where; an empty one counts as not given.

    Raises:
        OSError: the file of a `NAME_FILE` cannot be read.
    """
    for origin, values in sources:
        if values.get(name):
            return values[name], origin
        path = values.get(f"{name}_FILE") if name in SECRETS else None
        if path:
            return Path(path).read_text().strip(), f"{origin}: {name}_FILE"
    return None, "default"


def _construct(kind: type[Any], raw: Any) -> Any:
    return kind(raw)  # Path, the one type of a setting that msgspec does not know


def _faults(settings: Settings) -> list[str]:
    faults: list[str] = []
    for name in ("database_url", "redis_url"):
        try:
            urlsplit(getattr(settings, name))
        except ValueError as error:
            faults.append(f"{name.upper()}: {error}")
    if not settings.database_url.startswith(("postgresql://", "postgres://")):
        faults.append("DATABASE_URL: must start with postgresql://")
    if not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        faults.append("REDIS_URL: must start with redis://, rediss:// or unix://")
    if settings.retry_base_seconds > settings.retry_max_seconds:
        faults.append("RETRY_BASE_SECONDS: must not exceed RETRY_MAX_SECONDS")
    faults += [
        f"CORS_ORIGINS: {origin!r} is not an origin as browsers send it, such as"
        " https://app.example.com: lower case, no path, no usual port, no *"
        for origin in settings.origins()
        if not _ORIGIN.fullmatch(origin) or origin.endswith(_USUAL_PORTS[origin.partition(":")[0]])
    ]
    faults += [
        f"ALLOWED_HOSTS: {host!r} is not a host name, without a port, or *. and one"
        for host in settings.hosts()
        if not _HOST.fullmatch(host)
    ]
    if settings.environment == "production":
        faults += refusals(msgspec.structs.asdict(settings))
    return faults
