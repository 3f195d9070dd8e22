"""Whether a host may be probed: by the operator's list, or by proof of ownership (S-33)."""

import hashlib
import hmac

from dns.name import from_text

from taskforge.core.failures import BlockedByPolicy, JobError
from taskforge.core.outbound import HttpLimits
from taskforge.handlers.scan.names import names_for, texts
from taskforge.handlers.scan.scene import Scene

ALLOWED = "SCAN_ALLOWED_TARGETS"
SECRET = "SCAN_SECRET"  # noqa: S105 - the name of a setting
"""What ownership tokens are made with, derived from the installation's SECRET_KEY."""
PLACE = "/.well-known/taskforge-verification"
PREFIX = "taskforge-verification="
PROOF = HttpLimits(connect_seconds=3, first_byte_seconds=5, total_seconds=8, body_bytes=4_096,
                   cut=True)  # fmt: skip


def token_for(host: str, secret: str) -> str:
    """What the owner of a host publishes; other hosts and other installations have another."""
    digest = hmac.new(secret.encode(), f"scan:{host}".encode(), hashlib.sha256)
    return digest.hexdigest()[:40]


async def require_permit(scene: Scene, port: int | None) -> str:
    """Why the host may be probed, for the log.

    Args:
        scene: the scan.
        port: the one that is meant; None when several are.

    Raises:
        BlockedByPolicy: it may not; the message says how to allow it.
    """
    host = scene.target.host
    listed = {each.strip().lower() for each in scene.ctx.setting(ALLOWED).split(",")}
    if host in listed or (port is not None and f"{scene.target.shown_host}:{port}" in listed):
        return f"listed in {ALLOWED}"
    token = token_for(host, scene.ctx.setting(SECRET))
    if await _published_on_site(scene, token):
        return f"its token is at {PLACE}"
    if await _published_in_dns(scene, token):
        return "its token is in the DNS"
    raise BlockedByPolicy(
        f"{host} may not be probed: an operator has to list it in {ALLOWED}, or its owner to"
        f" publish the line {PREFIX}{token} at https://{scene.target.shown_host}{PLACE} or as a"
        " DNS TXT record of the host."
    )


async def _published_on_site(scene: Scene, token: str) -> bool:
    # Plain HTTP too: the certificate may be what the scan is wanted for.
    for scheme in ("https", "http"):
        url = f"{scheme}://{scene.target.shown_host}{PLACE}"
        try:
            reply = await scene.ctx.http.fetch(url, limits=PROOF)
        except JobError:
            continue
        lines = reply.body.decode(errors="replace").split()
        if reply.status == 200 and _among(token, lines):
            return True
    return False


async def _published_in_dns(scene: Scene, token: str) -> bool:
    if scene.target.is_address:
        return False
    try:
        return _among(token, await texts(names_for(scene), from_text(scene.target.host)))
    except JobError:
        return False


def _among(token: str, lines: list[str]) -> bool:
    wanted = (PREFIX + token).encode()
    return any(hmac.compare_digest(line.strip().encode(), wanted) for line in lines)
