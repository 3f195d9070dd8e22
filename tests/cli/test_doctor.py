"""`taskforge doctor`, next to real servers."""

import asyncio
import json

import asyncpg
import pytest
from redis import Redis

from support.front import Answer, front
from taskforge.cli.doctor_servers import clock
from taskforge.cli.output import ExitCode
from taskforge.db.revisions import head

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def empty_url(make_database):
    return await make_database(empty=True)


def found(result):
    return {one["name"]: one for one in json.loads(result.stdout)}


def test_it_is_content_with_what_works_and_says_what_could_be_better(run, process_environment):
    result = run("doctor", "--json", TASKFORGE_URL=NOWHERE, **process_environment)

    findings = found(result)
    assert result.exit_code == ExitCode.OK
    assert [one for one in findings.values() if not one["ok"]] == []
    assert findings.keys() >= {
        "Python", "embedded servers", "data directory", "secrets", "database", "Redis", "API",
        "clock of PostgreSQL", "clock of Redis", "dashboard",
    }  # fmt: skip
    assert findings["database"]["detail"].endswith(f"revision {head()}")
    assert "taskforge api" in findings["API"]["remedy"]
    # The servers of the suite are made to forget.
    assert "fsync" in findings["durability"]["detail"]
    assert findings["persistence"]["remedy"] == "CONFIG SET appendonly yes"


def test_a_redis_that_drops_keys_is_pointed_out(run, process_environment, redis_url):
    client = Redis.from_url(redis_url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        findings = found(run("doctor", "--json", TASKFORGE_URL=NOWHERE, **process_environment))
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()

    assert findings["Redis"]["ok"]
    assert "noeviction" in findings["Redis"]["remedy"]


def test_what_is_missing_is_told_with_the_command_that_helps(run, empty_url, redis_url):
    more = {"TASKFORGE_URL": NOWHERE}
    behind = run("doctor", DATABASE_URL=empty_url, REDIS_URL=redis_url, **more)
    away = run("doctor", DATABASE_URL=empty_url, REDIS_URL="unix:///nonexistent/sock", **more)
    url = "postgresql:///x?host=/nonexistent"
    nothing = run("doctor", DATABASE_URL=url, REDIS_URL=redis_url, **more)

    assert behind.exit_code == ExitCode.CONFLICT
    assert "✗ database" in behind.stdout
    assert "→ taskforge migrate" in behind.stdout
    assert "✗ Redis" in away.stdout
    assert away.stdout.count("→ just up, or set DATABASE_URL and REDIS_URL") == 1
    assert nothing.exit_code == ExitCode.UNREACHABLE


async def test_a_database_of_a_later_release_is_no_reason_to_migrate(run, make_database, redis_url):
    url = await make_database()
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    environment = {"DATABASE_URL": url, "REDIS_URL": redis_url, "TASKFORGE_URL": NOWHERE}

    result = await asyncio.to_thread(run, "doctor", "--json", **environment)

    assert found(result)["database"]["ok"]
    assert "release" in found(result)["database"]["remedy"]


def test_an_api_that_runs_is_found_and_a_stranger_in_its_place_too(run, api, process_environment):
    ours = found(run("doctor", "--json", TASKFORGE_URL=api.url, **process_environment))
    with front(lambda _path, _headers: Answer(404)) as url:
        theirs = found(run("doctor", "--json", TASKFORGE_URL=url, **process_environment))

    assert ours["API"]["remedy"] == ""
    assert "somebody else" in theirs["API"]["detail"]


def test_secrets_that_others_may_read_or_everybody_knows_are_pointed_out(
    run, tmp_path, process_environment
):
    known = {**process_environment, "SECRET_KEY": "", "DATA_DIR": str(tmp_path)}
    (tmp_path / ".env").write_text("LOG_LEVEL=info\n")
    (tmp_path / ".env").chmod(0o644)
    exposed = found(run("doctor", "--json", TASKFORGE_URL=NOWHERE, **known))
    (tmp_path / ".env").chmod(0o600)
    kept = found(run("doctor", "--json", TASKFORGE_URL=NOWHERE, **known))

    assert exposed["secrets"]["remedy"] == "chmod 600 .env"
    assert "SECRET_KEY" in kept["secrets"]["remedy"]


@pytest.mark.parametrize(
    ("skew", "ok", "advised"),
    [(0.0, True, False), (-1.9, True, False), (2.1, True, True), (-31.0, False, True)],
)
def test_clocks_may_differ_by_little(skew, ok, advised):
    finding = clock("PostgreSQL", skew)

    assert (finding.ok, bool(finding.remedy)) == (ok, advised)
