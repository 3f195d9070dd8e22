"""What production refuses: each fault alone, and all of them together (S-50, T-70)."""

import subprocess
import sys

import pytest

from taskforge.config import BadSettings, Settings, load

KEY, JWT_KEY, TOKEN = "k3Y9" + "abcdefgh" * 4, "jW7z" + "stuvwxyz" * 4, "pR0b" + "ijklmnop" * 4
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": KEY,
    "JWT_SECRET_KEY": JWT_KEY,
    "MAIL_SINK": "false",
    "ALLOWED_HOSTS": "api.example.com",
    "CORS_ORIGINS": "https://app.example.com, https://app.example.com:8443",
    "DATABASE_URL": "postgresql://taskforge:q7-unlike-others@db.example.com/x?sslmode=verify-full",
    "REDIS_URL": "rediss://:w8-unlike-others@cache.example.com:6380/0",
}
"""Settings that nobody minds."""
ONE_FAULT = {
    "no key": ("SECRET_KEY: not set", {"SECRET_KEY": ""}),
    "no token key": ("JWT_SECRET_KEY: not set", {"JWT_SECRET_KEY": ""}),
    "the default key": ("SECRET_KEY: not set", {"SECRET_KEY": Settings().secret_key}),
    "a key of 31 bytes": ("SECRET_KEY: shorter", {"SECRET_KEY": KEY[:31]}),
    "a token of 16 characters": ("PROBE_TOKEN: shorter", {"PROBE_TOKEN": TOKEN[:16]}),
    "one letter": ("SECRET_KEY: easy", {"SECRET_KEY": "s" * 40}),
    "a repetition": ("JWT_SECRET_KEY: easy", {"JWT_SECRET_KEY": "correct horse " * 3}),
    "few letters": ("SECRET_KEY: easy", {"SECRET_KEY": "abcabcabcaabbccabcabcabcbbaaccabccba"}),
    "equal keys": ("JWT_SECRET_KEY: the same secret as in SECRET_KEY", {"JWT_SECRET_KEY": KEY}),
    "the key as a token": ("PROBE_TOKEN: the same", {"PROBE_TOKEN": KEY}),
    "the key at the database": (
        "DATABASE_URL: the same secret as in SECRET_KEY",
        {"DATABASE_URL": f"postgresql://me:{KEY}@localhost/x"},
    ),
    "one password for both servers": (
        "REDIS_URL: the same secret as in DATABASE_URL",
        {"REDIS_URL": "rediss://:q7%2Dunlike-others@cache.example.com"},
    ),
    "a password that all try": (
        "DATABASE_URL: its password",
        {"DATABASE_URL": "postgresql://postgres:postgres@localhost/x"},
    ),
    "any host": ("ALLOWED_HOSTS: say", {"ALLOWED_HOSTS": ""}),
    "any host, in words": ("ALLOWED_HOSTS: say", {"ALLOWED_HOSTS": "api.example.com,*"}),
    "any origin": ("CORS_ORIGINS: '*'", {"CORS_ORIGINS": "*"}),
    "an origin with a path": ("CORS_ORIGINS: ", {"CORS_ORIGINS": "https://app.example.com/"}),
    "an origin without TLS": ("CORS_ORIGINS: http://", {"CORS_ORIGINS": "http://app.example.com"}),
    "an administrator's password": ("ADMIN_PASSWORD: not", {"ADMIN_PASSWORD": "hush, hush"}),
    "debugging": ("LOG_LEVEL: debug", {"LOG_LEVEL": "debug"}),
    "a database without TLS": (
        "DATABASE_URL: goes over the network without TLS",
        {"DATABASE_URL": "postgresql://db.example.com/x?sslmode=prefer"},
    ),
    "one of two databases elsewhere": (
        "DATABASE_URL: goes",
        {"DATABASE_URL": "postgresql://localhost,db.example.com/x"},
    ),
    "a database elsewhere by option": (
        "DATABASE_URL: goes",
        {"DATABASE_URL": "postgresql://localhost/x?host=10.0.0.7:5432"},
    ),
    "Redis without TLS": ("REDIS_URL: goes", {"REDIS_URL": "redis://cache.example.com"}),
    "Redis that looks local": ("REDIS_URL: goes", {"REDIS_URL": "redis://127.0.0.1.example.com"}),
    "Redis with anybody's certificate": (
        "REDIS_URL: ssl_cert_reqs=none",
        {"REDIS_URL": "rediss://cache.example.com?ssl_cert_reqs=none"},
    ),
    "jobs may go anywhere": ("OUTBOUND_ALLOWED_HOSTS: *", {"OUTBOUND_ALLOWED_HOSTS": "a.test,*"}),
    "jobs may ask for credentials": (
        "OUTBOUND_ALLOWED_HOSTS: 169.254.169.254:80",
        {"OUTBOUND_ALLOWED_HOSTS": "169.254.169.254:80"},
    ),
    "jobs may ask by name": (
        "OUTBOUND_ALLOWED_HOSTS: Metadata",
        {"OUTBOUND_ALLOWED_HOSTS": "Metadata.google.internal"},
    ),
    "jobs may reach the database": (
        "OUTBOUND_ALLOWED_HOSTS: db.example.com",
        {"OUTBOUND_ALLOWED_HOSTS": "db.example.com:5432"},
    ),
    "scans may reach Redis": (
        "SCAN_ALLOWED_TARGETS: cache.example.com",
        {"SCAN_ALLOWED_TARGETS": "cache.example.com"},
    ),
    "mail goes nobody knows where": ("MAIL_SINK: not set", {"MAIL_SINK": ""}),
}
FINE = {
    "as it is": {},
    "servers on this machine": {
        "DATABASE_URL": "postgresql://127.0.0.2/x",
        "REDIS_URL": "redis://[::1]:6379/0",
    },
    "servers at sockets": {
        "DATABASE_URL": "postgresql:///x?host=/run/postgresql",
        "REDIS_URL": "unix:///run/valkey.sock",
    },
    "a private network": {
        "DATABASE_URL": "postgresql://taskforge:q7-unlike-others@postgres/x",
        "REDIS_URL": "redis://redis",
        "ALLOW_PLAINTEXT_BACKENDS": "true",
    },
    "a receiver beside the database": {"OUTBOUND_ALLOWED_HOSTS": "db.example.com:8080"},
    "hosts below one": {"ALLOWED_HOSTS": "*.example.com, localhost, [::1]"},
}
WORST = {
    "ENVIRONMENT": "production",
    "JWT_SECRET_KEY": "x" * 40,
    "PROBE_TOKEN": "x" * 40,
    "ADMIN_PASSWORD": "x",
    "CORS_ORIGINS": "http://app.example.com",
    "LOG_LEVEL": "debug",
    "DATABASE_URL": "postgresql://postgres:postgres@db.example.com/x",
    "REDIS_URL": "redis://cache.example.com",
    "OUTBOUND_ALLOWED_HOSTS": "*",
    "RATE_LIMIT_WINDOW": "soon",
}


def faults(environ):
    with pytest.raises(BadSettings) as caught:
        load(environ)
    return caught.value.faults


@pytest.mark.parametrize(("told", "change"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_one_bad_setting_is_enough(told, change):
    found = faults(GOOD | change)

    assert len(found) == 1
    assert found[0].startswith(told)


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_a_careful_installation_starts(change):
    assert load(GOOD | change).environment == "production"


def test_all_faults_are_told_at_once():
    assert [fault.partition(":")[0] for fault in faults(WORST)] == [
        "RATE_LIMIT_WINDOW",
        "SECRET_KEY",
        "JWT_SECRET_KEY",
        "PROBE_TOKEN",
        "DATABASE_URL",
        "PROBE_TOKEN",
        "ADMIN_PASSWORD",
        "LOG_LEVEL",
        "ALLOWED_HOSTS",
        "CORS_ORIGINS",
        "DATABASE_URL",
        "REDIS_URL",
        "OUTBOUND_ALLOWED_HOSTS",
        "MAIL_SINK",
    ]


def test_no_fault_repeats_a_secret():
    secrets = {"SECRET_KEY": "short-and-secret", "REDIS_URL": "redis://:hush-hush@far.example.com"}

    told = "\n".join(faults(GOOD | secrets | {"JWT_SECRET_KEY": "short-and-secret"}))

    assert "short-and-secret" not in told
    assert "hush-hush" not in told


def test_what_cannot_be_read_is_told_once(tmp_path):
    environ = GOOD | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "none")}

    assert [fault.partition(":")[0] for fault in faults(environ)] == ["SECRET_KEY"]


@pytest.mark.parametrize("url", ["postgresql://[::1/x", "redis://[::1"])
def test_an_address_that_cannot_be_read_is_a_fault(url):
    name = "REDIS_URL" if url.startswith("redis") else "DATABASE_URL"

    assert [fault.partition(":")[0] for fault in faults(GOOD | {name: url})] == [name]


def test_development_minds_none_of_it():
    calm = {name: value for name, value in WORST.items() if name != "RATE_LIMIT_WINDOW"}

    assert load(calm | {"ENVIRONMENT": "development"}).log_level == "debug"


def test_a_process_that_is_refused_says_why_and_ends_with_78(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "taskforge", "api"],
        env={**WORST, "COLUMNS": "200"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 78
    assert done.stderr.splitlines() == faults(WORST)
