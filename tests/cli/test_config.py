"""`taskforge config`."""

import json

import msgspec
import pytest

from taskforge.config import Settings

GOOD = {
    "SECRET_KEY": "k3Y9" + "abcdefgh" * 4,
    "JWT_SECRET_KEY": "jW7z" + "stuvwxyz" * 4,
    "MAIL_SINK": "true",
    "ALLOWED_HOSTS": "api.example.com",
}


def test_good_settings_pass_in_silence(run):
    result = run("config", "check", ENVIRONMENT="production", **GOOD)

    assert (result.exit_code, result.output) == (0, "")


def test_every_fault_is_told_at_once(run):
    result = run("config", "check", RATE_LIMIT_WINDOW="soon", LOG_LEVEL="loud")

    assert result.exit_code == 2
    assert "RATE_LIMIT_WINDOW: " in result.stderr
    assert "LOG_LEVEL: " in result.stderr


def test_production_refuses_default_secrets_with_78(run):
    result = run("config", "check", "--json", ENVIRONMENT="production", ADMIN_PASSWORD="x")

    faults = json.loads(result.stdout)["faults"]
    assert result.exit_code == 78
    assert [fault.partition(":")[0] for fault in faults] == [
        "SECRET_KEY",
        "JWT_SECRET_KEY",
        "ADMIN_PASSWORD",
        "ALLOWED_HOSTS",
        "MAIL_SINK",
    ]


@pytest.mark.parametrize(
    "words",
    ["api", "worker", "scheduler", "migrate", "seed", "doctor", "config show", "shell db"],
)
def test_nothing_runs_with_settings_that_production_refuses(run, words):
    result = run(*words.split(), ENVIRONMENT="production", **{**GOOD, "SECRET_KEY": "short"})

    assert result.exit_code == 78
    assert result.stderr.startswith("SECRET_KEY: shorter than 32 bytes")


@pytest.mark.parametrize("word", ["prod", "Production", "staging"])
def test_what_is_neither_development_nor_test_ends_as_production_does(run, word):
    result = run("config", "check", ENVIRONMENT=word)

    assert result.exit_code == 78
    assert "ENVIRONMENT: " in result.stderr


def test_names_that_are_nearly_settings_are_pointed_out(run, tmp_path):
    (tmp_path / ".env").write_text("SECRET_KYE=x\nPOSTGRES_USER=y\nJOB_TOKEN=z\n")

    result = run("config", "check", "--json", DATABSE_URL="postgresql://x", LOG_LEVEL_FILE="/x")

    checked = json.loads(result.stdout)
    assert (result.exit_code, checked["ok"]) == (0, True)
    assert checked["hints"] == [
        "DATABSE_URL: no setting; is DATABASE_URL meant?",
        "LOG_LEVEL_FILE: not read; only secrets may come from files",
        "SECRET_KYE: no setting; is SECRET_KEY meant?",
    ]


def test_settings_and_what_others_read_raise_no_hint(run):
    others = ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "DATABASE", "OTEL_LOG_LEVEL", "JOB_NAME"]
    names = [field.encode_name for field in msgspec.structs.fields(Settings)]

    result = run("config", "check", "--json", **dict.fromkeys(names + others, ""))

    assert json.loads(result.stdout)["hints"] == []


def test_secrets_are_hidden_wherever_they_come_from(run, tmp_path):
    (tmp_path / "key").write_text("c" * 40 + "\n")
    result = run(
        "config",
        "show",
        "--json",
        SECRET_KEY="a" * 40,
        JWT_SECRET_KEY_FILE=str(tmp_path / "key"),
        DATABASE_URL="postgresql://me:hush@db/x",
        REDIS_URL="redis://:quiet@cache/0",
    )

    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert rows["DATABASE_URL"]["value"] == "postgresql://me:***@db/x"
    assert rows["JWT_SECRET_KEY"] == {
        "name": "JWT_SECRET_KEY",
        "value": "(hidden)",
        "origin": "environment: JWT_SECRET_KEY_FILE",
    }
    assert not {"hush", "quiet", "a" * 40, "c" * 40} & set(result.output.split())
    assert "hush" not in result.output
    assert "quiet" not in result.output


def test_each_value_names_its_origin_and_the_strongest_wins(run, tmp_path):
    (tmp_path / ".env").write_text("LOG_LEVEL=debug\nWORKER_THREADS=3\n")
    (tmp_path / ".taskforge").mkdir()
    (tmp_path / ".taskforge" / "up.env").write_text("WORKER_THREADS='4'\nLEASE_SECONDS='5'\n")

    result = run("config", "show", "--json", LOG_LEVEL="error")

    rows = {row["name"]: (row["value"], row["origin"]) for row in json.loads(result.stdout)}
    assert rows["LOG_LEVEL"] == ("error", "environment")
    assert rows["WORKER_THREADS"] == (3, ".env")
    assert rows["LEASE_SECONDS"] == (5.0, "up.env")
    assert rows["LOG_FORMAT"] == ("auto", "default")


def test_a_secret_file_that_cannot_be_read_is_a_fault(run):
    result = run("config", "check", SECRET_KEY_FILE="/nonexistent/key")

    assert result.exit_code == 2
    assert "SECRET_KEY: " in result.stderr


def test_production_wants_to_be_told_where_mail_goes(run):
    told = {**GOOD, "MAIL_SINK": ""}

    silent = run("config", "check", ENVIRONMENT="production", **told)
    server = run(
        "config", "check", ENVIRONMENT="production", **{**told, "SMTP_URL": "smtp://m.example.com"}
    )

    assert (silent.exit_code, server.exit_code) == (78, 0)
    assert "MAIL_SINK: not set" in silent.stderr
