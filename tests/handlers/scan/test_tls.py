import asyncio
import socket
import ssl
import time
import warnings
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from taskforge.core.failures import BlockedByPolicy, TargetError
from taskforge.handlers.scan.certificate import covers
from taskforge.handlers.scan.permit import PLACE, PREFIX, token_for


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def server_context(authority, *names, oldest=None, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    if oldest:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = oldest
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def silent(reader, writer):
    await reader.read()


@pytest.fixture
async def tls(scans, listen):
    await scans.reach("localhost")
    scans.ctx.settings["SCAN_ALLOWED_TARGETS"] = "localhost"

    async def scan(context, **options):
        async with listen(silent, context=context) as port:
            return await scans("tls", f"localhost:{port}", **options)

    return scan


async def test_the_demo_host_is_a_server_of_the_jobs_own(scans, rules):
    result = await scans("tls")

    assert result["backend"] == "built-in weak server"
    assert rules(result)["tls.expired"] == "critical"
    assert {"tls.weak_key", "tls.wrong_name", "tls.untrusted", "tls.old_version"} <= set(
        rules(result)
    )
    assert result["facts"]["tls_versions"]["TLSv1"] == "offered"


async def test_a_good_server_with_an_unknown_authority_is_only_untrusted(tls, rules, authority):
    now = datetime.now(UTC)
    context = server_context(
        authority, "localhost", not_before=now - timedelta(days=1),
        not_after=now + timedelta(days=90),
    )  # fmt: skip
    result = await tls(context)

    assert rules(result)["tls.untrusted"] == "high"
    assert set(rules(result)) <= {"tls.untrusted", "tls.static_keys"}
    assert result["facts"]["tls_versions"] == {
        "TLSv1": "refused", "TLSv1.1": "refused", "TLSv1.2": "offered", "TLSv1.3": "offered",
    }  # fmt: skip
    assert result["facts"]["cipher"]["version"] == "TLSv1.3"


async def test_a_trusted_authority_is_trusted(tls, rules, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    result = await tls(server_context(authority, "localhost"))

    assert "tls.untrusted" not in rules(result)
    assert "tls.untrusted" in {passed["rule"] for passed in result["passed"]}


async def test_expiry_names_and_old_versions_are_told(tls, rules, authority):
    then = datetime.now(UTC) - timedelta(days=3)
    context = server_context(
        authority, "other.example", oldest=ssl.TLSVersion.TLSv1,
        not_before=then - timedelta(days=30), not_after=then,
    )  # fmt: skip

    result = await tls(context)

    broken = rules(result)
    assert broken["tls.expired"] == "critical"
    assert broken["tls.wrong_name"] == "high"
    assert broken["tls.old_version"] == "medium"
    assert result["facts"]["certificate"]["names"] == ["other.example"]
    versions = [f["evidence"] for f in result["findings"] if f["rule"] == "tls.old_version"]
    assert versions == ["TLSv1 is offered", "TLSv1.1 is offered"]


async def test_a_certificate_that_ends_soon_is_told(tls, rules, authority):
    context = server_context(
        authority, "localhost", not_after=datetime.now(UTC) + timedelta(days=5)
    )

    assert rules(await tls(context))["tls.expires_soon"] == "medium"


async def test_a_port_without_tls_fails_the_job(tls):
    with pytest.raises(TargetError, match="no TLS version"):
        await tls(None)


async def test_a_foreign_host_is_blocked_and_told_how_to_be_allowed(scans):
    with pytest.raises(BlockedByPolicy, match=r"SCAN_ALLOWED_TARGETS.*taskforge-verification"):
        await scans("tls", "example.test")


async def test_a_published_token_opens_the_way(scans, rules, listen, authority, dns_server):
    secret = "s" * 32
    dns_server.table["shop.taskforge.test."] = {
        "TXT": [f'"{PREFIX}{token_for("shop.taskforge.test", secret)}"']
    }
    scans.ctx.settings["SCAN_SECRET"] = secret

    # Proved, so the permit is given; the name has no address, so nothing is reached.
    with pytest.raises(TargetError):
        await scans("tls", "shop.taskforge.test")
    assert any(
        fields.get("reason") == "its token is in the DNS" for _, _, fields in scans.ctx.logged
    )


async def test_a_token_of_another_host_opens_nothing(scans, dns_server):
    dns_server.table["shop.taskforge.test."] = {
        "TXT": [f'"{PREFIX}{token_for("other.taskforge.test", "s" * 32)}"']
    }
    scans.ctx.settings["SCAN_SECRET"] = "s" * 32

    with pytest.raises(BlockedByPolicy) as caught:
        await scans("tls", "shop.taskforge.test")

    assert token_for("shop.taskforge.test", "s" * 32) in str(caught.value)
    assert PLACE in str(caught.value)


async def test_a_full_scan_goes_on_where_tls_may_not(scans, dns_server):
    dns_server.table["shop.taskforge.test."] = {"SOA": ["ns. host. 1 2 3 4 5"], "NS": ["ns."]}

    result = await scans("full", "shop.taskforge.test")

    reasons = {skipped["check"]: skipped["reason"] for skipped in result["skipped"]}
    assert reasons["tls versions"].startswith("blocked_by_policy")
    assert result["facts"]["dns"]["zone"] == "shop.taskforge.test"
    assert result["summary"]["skipped"] == len(reasons)


async def test_a_handshake_that_hangs_is_cancelled_at_once(scans):
    quiet = socket.create_server(("127.0.0.1", 0))
    with quiet:
        await scans.reach("localhost")
        scans.ctx.settings["SCAN_ALLOWED_TARGETS"] = "localhost"
        task = asyncio.create_task(scans("tls", f"localhost:{quiet.getsockname()[1]}"))
        quiet.setblocking(False)
        peer, _ = await asyncio.get_running_loop().sock_accept(quiet)
        with peer:
            assert await asyncio.get_running_loop().sock_recv(peer, 1)  # it waits for the answer
            before = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - before < 1


@pytest.mark.parametrize(
    ("name", "host", "is_covered"),
    [
        ("example.com", "EXAMPLE.com", True),
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "example.com", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8:0::1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_name_covers_a_host(name, host, is_covered):
    assert covers(name, host) is is_covered
