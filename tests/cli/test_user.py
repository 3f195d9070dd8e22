"""Accounts and keys, made next to the database."""

import asyncio
import json

import asyncpg
import httpx
import pytest

PASSWORD = "a long enough password"


@pytest.fixture
def near(run, process_environment):
    """Run a command where the database is."""

    def near(*words, given=None):
        return run(*words, given=given, **process_environment)

    return near


@pytest.fixture
def create(near):
    def create(name, *words, password=PASSWORD, email="ada@example.com"):
        return near(
            *("user", "create", name, "--email", email, "--password-stdin", *words), given=password
        )

    return create


def test_an_account_is_made_and_signs_in(create, api):
    done = create("ada", "--role", "admin", "--json")

    answer = httpx.post(
        f"{api.url}/api/v1/auth/login",
        json={"username": "ada", "password": PASSWORD},
        trust_env=False,
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["role"] == "admin"
    assert answer.json()["user"]["role"] == "admin"


def test_what_is_made_next_to_the_database_is_in_the_audit_trail(create, near, database_url):
    async def trail():
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch("SELECT action, actor_id, after FROM audit ORDER BY id")
        await connection.close()
        return [(row["action"], row["actor_id"], json.loads(row["after"])) for row in rows]

    create("ada", "--role", "admin")
    near("key", "create", "ada")

    made, keyed = asyncio.run(trail())
    assert made == ("user.created", None, {"username": "ada", "role": "admin"})
    assert keyed[:2] == ("api_key.created", None)
    assert keyed[2]["name"] == "default"


def test_a_name_that_is_taken_is_a_conflict(create):
    create("ada")

    assert create("ADA", email="other@example.com").exit_code == 5


@pytest.mark.parametrize(
    ("name", "email", "password"),
    [
        ("a b", "ada@example.com", PASSWORD),
        ("ada", "nowhere", PASSWORD),
        ("ada", "ada@example.com", "short"),
        ("ada", "ada@example.com", ""),
        ("ada\0", "ada@example.com", PASSWORD),
    ],
)
def test_what_cannot_be_an_account_is_usage(create, name, email, password):
    done = create(name, email=email, password=password)

    assert done.exit_code == 2
    assert PASSWORD not in done.stderr


def test_a_key_serves_the_client_and_ends_with_the_next(create, near, run, api):
    create("ada", "--role", "operator")

    first, second = (near("key", "create", "ada").stdout.strip() for _ in range(2))

    old = run("job", "list", TASKFORGE_URL=api.url, TASKFORGE_API_KEY=first)
    new = run("job", "list", TASKFORGE_URL=api.url, TASKFORGE_API_KEY=second)
    assert (old.exit_code, new.exit_code) == (4, 0)


def test_a_key_of_nobody_is_not_found(near):
    assert near("key", "create", "nobody").exit_code == 3


def test_the_seed_is_told(near):
    done = near("seed", "--json")

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["accounts"] == ["admin", "operator", "viewer"]
    assert near("seed").stdout == "nothing was missing\n"


def test_a_database_that_is_away_is_unreachable(run, tmp_path):
    done = run("seed", DATABASE_URL=f"postgresql://x@/x?host={tmp_path}")

    assert done.exit_code == 6
    assert "taskforge doctor" in done.stderr
