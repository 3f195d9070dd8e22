"""Short addresses for sockets."""

import os

import pytest

from taskforge.local.errors import CannotStart
from taskforge.local.sockets import socket_root


def test_a_short_plain_name_is_its_own_address(tmp_path):
    assert socket_root(tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize("name", ["long" * 30, "with space", "comma,", "100%", "née"])
def test_any_other_name_gets_a_link(tmp_path, name):
    place = tmp_path / name
    place.mkdir()

    link = socket_root(place)

    assert link.resolve() == place
    assert socket_root(place) == link
    assert len(os.fsencode(link)) < 70
    link.unlink()


def test_a_link_to_another_place_is_not_followed(tmp_path):
    place = tmp_path / "with space"
    place.mkdir()
    link = socket_root(place)
    link.unlink()
    link.symlink_to(tmp_path)

    assert socket_root(place).resolve() == place
    link.unlink()


def test_a_folder_in_the_way_is_named(tmp_path):
    place = tmp_path / "with space"
    place.mkdir()
    link = socket_root(place)
    link.unlink()
    link.mkdir()

    with pytest.raises(CannotStart, match=link.name):
        socket_root(place)
    link.rmdir()
