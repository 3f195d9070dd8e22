"""The data directory of `up`."""

import os

import pytest

from taskforge.config import load
from taskforge.local.errors import CannotStart
from taskforge.local.place import holder, owned, write_up_env


def test_a_second_owner_is_refused_with_the_first_ones_pid(tmp_path):
    with (
        owned(tmp_path),
        pytest.raises(CannotStart, match=f"already runs in .* \\(process {os.getpid()}\\)"),
        owned(tmp_path),
    ):
        pytest.fail("two owners")


def test_a_directory_is_free_after_its_owner(tmp_path):
    assert holder(tmp_path) is None
    with owned(tmp_path):
        assert holder(tmp_path) == os.getpid()

    assert holder(tmp_path) is None
    with owned(tmp_path):
        pass


def test_secrets_are_made_once_and_addresses_each_time(tmp_path):
    write_up_env(tmp_path, {"REDIS_URL": "unix:///one?db=0"})
    first = _load(tmp_path)
    write_up_env(tmp_path, {"DATABASE_URL": "postgresql://taskforge@/x?host=/two"})
    second = _load(tmp_path)

    assert (tmp_path / "up.env").stat().st_mode & 0o777 == 0o600
    assert first.secret_key == second.secret_key != second.jwt_secret_key
    assert len(first.secret_key) == 64
    assert first.redis_url == "unix:///one?db=0" != second.redis_url
    assert second.database_url == "postgresql://taskforge@/x?host=/two"


def _load(place):
    return load({"DATA_DIR": str(place)}, dotenv=place / "none.env")
