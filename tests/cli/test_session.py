"""Sessions between commands, against a real API."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from taskforge.cli.client_http import Http
from taskforge.cli.session import Session, SessionFile
from taskforge.core.people import Role
from taskforge.flows import accounts

PASSWORD = "a long enough password"


@pytest.fixture
async def account(deps):
    return await accounts.create_user(
        deps, username="vera", email="vera@example.com", password=PASSWORD, role=Role.VIEWER
    )


@pytest.fixture
def user(run, api, account, tmp_path):
    """Run a command as somebody who has no key, and keeps sessions in a folder."""

    def user(*words, **options):
        environment = {"TASKFORGE_URL": api.url, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        return run(*words, **{**environment, **options})

    return user


@pytest.fixture
def file(tmp_path):
    return SessionFile(tmp_path / "config" / "taskforge")


@pytest.fixture
def signed_in(user, file, api):
    """A session, in the file."""
    done = user("login", "--username", "vera", "--password-stdin", given=PASSWORD + "\n")
    assert done.exit_code == 0, done.stderr
    return file.get(api.url)


def grow_old(file, url):
    with file.locked():
        file.put(url, msgspec.structs.replace(file.get(url), expires_at=time.time()))


def test_a_session_serves_the_commands_that_follow(user, signed_in):
    assert user("job", "list").exit_code == 0


def test_only_its_owner_may_read_a_session(signed_in, tmp_path):
    kept = [*(tmp_path / "config" / "taskforge").iterdir()]

    assert {path.stat().st_mode & 0o077 for path in kept} == {0}


def test_an_old_access_token_is_traded_without_a_word(user, signed_in, file, api):
    grow_old(file, api.url)

    done = user("job", "list")

    assert (done.exit_code, done.stderr) == (0, "")
    assert file.get(api.url).refresh_token != signed_in.refresh_token


def test_a_command_that_is_killed_before_it_keeps_the_answer_does_no_harm(
    user, signed_in, file, api
):
    grow_old(file, api.url)
    before = file.get(api.url)
    assert user("job", "list").exit_code == 0
    with file.locked():
        file.put(api.url, before)

    assert [user("job", "list").exit_code for _ in range(2)] == [0, 0]


def test_a_token_that_the_server_refuses_is_traded(user, signed_in, file, api):
    with file.locked():
        file.put(api.url, msgspec.structs.replace(signed_in, access_token="e.e.e"))

    assert user("job", "list").exit_code == 0


def test_many_commands_at_once_trade_a_session_once(signed_in, file, api):
    grow_old(file, api.url)
    with ThreadPoolExecutor(6) as pool:
        sessions = [Session(Http(api.url), file) for _ in range(6)]

        headers = list(pool.map(Session.headers, sessions))

    assert {one["Authorization"] for one in headers} == {f"Bearer {file.get(api.url).access_token}"}


def test_a_session_that_has_ended_asks_to_sign_in(user, signed_in, file, api):
    ended = msgspec.structs.replace(signed_in, access_token="e.e.e", refresh_token="gone")
    with file.locked():
        file.put(api.url, ended)

    done = user("job", "list")

    assert done.exit_code == 4
    assert "taskforge login" in done.stderr
    assert file.get(api.url) is None


def test_logging_out_ends_the_session_here_and_there(user, signed_in, file, api):
    done = user("logout")

    again = user("job", "list", TASKFORGE_TOKEN=signed_in.access_token)
    assert done.exit_code == 0
    assert file.get(api.url) is None
    assert again.exit_code == 4


def test_a_damaged_file_is_no_session(user, signed_in, tmp_path):
    (tmp_path / "config" / "taskforge" / "sessions.json").write_bytes(b"\xff{")

    assert user("job", "list").exit_code == 4


def test_a_wrong_password_is_not_permitted(user, account):
    done = user("login", "--username", "vera", "--password-stdin", given="wrong\n")

    assert done.exit_code == 4
    assert "wrong" in done.stderr


def test_without_a_terminal_nobody_is_asked(user, account):
    done = user("login", "--username", "vera")

    assert done.exit_code == 2
    assert "--password-stdin" in done.stderr


def test_what_a_role_does_not_allow_is_not_permitted(user, signed_in):
    done = user("job", "submit", "data_processing", "-p", "{}")

    assert done.exit_code == 4
    assert "operator" in done.stderr


def test_a_key_of_the_environment_does_not_go_where_a_file_says(run, tmp_path):
    (tmp_path / ".env").write_text("TASKFORGE_URL=https://example.com\n")

    done = run("job", "list", TASKFORGE_API_KEY="secret")

    assert done.exit_code == 4
    assert "set TASKFORGE_URL in the environment too" in done.stderr


@pytest.fixture
async def demo(deps, settings, api, tmp_path):
    """What `taskforge up` leaves behind in the folder that it was started from."""
    await accounts.ensure_demo_users(deps)
    place = tmp_path / ".taskforge"
    place.mkdir()
    (place / "up.env").write_text(f"TASKFORGE_URL='{api.url}'\n")


def test_the_local_up_is_used_as_the_demo_operator(run, demo, tmp_path):
    config = str(tmp_path / "config")
    payload = json.dumps({"dataset": "sales_q1", "operation": "profile"})

    first = run("job", "submit", "custom", "-p", payload, XDG_CONFIG_HOME=config)
    second = run("job", "list", XDG_CONFIG_HOME=config)

    assert first.exit_code == second.exit_code == 0
    assert "demo account 'operator'" in first.stderr


@pytest.mark.parametrize("environment", [{"ENVIRONMENT": "production"}, {"TASKFORGE_URL": "x"}])
def test_nothing_else_is_tried_with_the_demo_account(run, demo, api, environment, tmp_path):
    given = {"XDG_CONFIG_HOME": str(tmp_path / "config"), **environment}
    if "TASKFORGE_URL" in given:
        given["TASKFORGE_URL"] = api.url.replace("127.0.0.1", "localhost")

    done = run("job", "list", **given)

    assert done.exit_code == 4
    assert "demo" not in done.stderr
